//! The files that the branch of a held ticket has changed.

use serde::Serialize;

use super::board;
use super::context::Context;
use crate::error::Failure;
use crate::lifecycle::TicketEntry;
use crate::names::RefName;
use crate::ticket::Lane;

/// How many of them are told.
const FILES: usize = 1000;

/// A file that was changed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangedJson {
    /// `A` for a new file, `M` for another text, `D` for one that is gone.
    status: char,
    /// Where it is in the repository.
    path: String,
}

/// The files that the branch of a held ticket has changed since it left the base.
pub fn changed(ctx: &Context<'_>, entry: &TicketEntry) -> Result<Vec<ChangedJson>, Failure> {
    let branch = board::progress_ref(ctx, &entry.id).filter(|_| entry.lane == Lane::Active);
    let base = match &ctx.remote {
        Some(remote) => RefName::tracking(remote, ctx.base.short()),
        None => Some(ctx.base.clone()),
    };
    let at = |name: Option<RefName>| match name {
        Some(name) => ctx.objects.resolve(name.as_str()),
        None => Ok(None),
    };
    let (Some(tip), Some(base)) = (at(branch)?, at(base)?) else { return Ok(Vec::new()) };
    let Some(fork) = ctx.repo.merge_base(&base, &tip)? else { return Ok(Vec::new()) };
    let files = ctx.repo.git().differences(&[(fork, tip)])?.into_iter().flatten();
    let files = files.take(FILES).map(|file| ChangedJson {
        status: match (file.old.iter().any(Option::is_some), file.new.is_some()) {
            (false, _) => 'A',
            (true, false) => 'D',
            (true, true) => 'M',
        },
        path: file.path.to_string(),
    });
    Ok(files.collect())
}
