//! Finds void approvals.

use std::collections::BTreeMap;

use crate::app::context::Context;
use crate::app::work::with_work;
use crate::config::RecordPlace;
use crate::doctor::ReviewFacts;
use crate::error::Failure;
use crate::lifecycle::{Approval, TicketEntry};
use crate::names::Oid;
use crate::ticket::{Document, TicketId};

/// The reviews of these tickets whose approvals are not for the work at these tips.
pub fn outdated(
    ctx: &Context<'_>,
    branches: &[(&TicketEntry, &Oid)],
) -> Result<BTreeMap<TicketId, ReviewFacts>, Failure> {
    let mut reviews = BTreeMap::new();
    // Without stages nobody asks for approvals.
    if ctx.stages.is_empty() {
        return Ok(reviews);
    }
    let name = |(entry, tip): &(&TicketEntry, &Oid)| match ctx.record {
        RecordPlace::Branch => [tip.as_str().as_bytes(), b":", entry.path.as_bytes()].concat(),
        RecordPlace::Trunk => entry.oid.as_str().as_bytes().to_vec(),
    };
    let names: Vec<Vec<u8>> = branches.iter().map(name).collect();
    let mut read = Vec::new();
    ctx.objects.read_many(&names, |at, file| {
        let review = Document::parse(file.data).ok().and_then(|document| {
            let stage = document.status().ok()?.status;
            let mut approvals = Approval::all_of(&document);
            approvals.retain(|approval| ctx.stages.contains(&approval.stage));
            // Elsewhere they are not asked for: what they were for is over, or begins anew.
            ctx.stages.contains(&stage).then_some((stage, approvals))
        });
        read.extend(branches.get(at).zip(review));
    })?;
    for ((entry, tip), (stage, approvals)) in read {
        let outdated: Vec<Approval> = with_work(ctx, &entry.id, tip, |work| {
            approvals.into_iter().filter(|approval| !work.is_still(&approval.commit)).collect()
        });
        if !outdated.is_empty() {
            reviews.insert(entry.id.clone(), ReviewFacts { stage, outdated });
        }
    }
    Ok(reviews)
}
