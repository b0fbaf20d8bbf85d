//! What the integration tests share.

#[cfg(unix)]
pub mod net;
