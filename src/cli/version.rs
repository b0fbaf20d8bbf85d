//! `tix --version --json`.

use serde::Serialize;

/// Which tix this is, in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VersionJson {
    schema: &'static str,
    /// The version, as in `tix --version`.
    version: &'static str,
}

impl VersionJson {
    pub const OURS: VersionJson =
        VersionJson { schema: "tix/version@1", version: env!("CARGO_PKG_VERSION") };
}
