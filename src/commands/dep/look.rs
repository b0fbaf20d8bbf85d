//! `tix dep tree` and `tix dep cycles`.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{Cycles, Tree};
use crate::app::board::{self, Damage, Look};
use crate::app::context::{Context, Globals};
use crate::app::frame::{AsOf, Extent};
use crate::app::here::seen_or_here;
use crate::app::queue::Survey;
use crate::app::unknown::OnUnknown;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{
    DependencyState, Edge, KnownTicket, RelationOrder, Subtasks, WaitGraph, edges, fate,
};
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, Relation, TicketId};

/// The answer of `tree` in JSON: the ticket, and below each the next ones, depth first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TreeJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    /// The id of the ticket at the top.
    ticket: &'a TicketId,
    #[serde(flatten)]
    extent: Extent,
    /// The ticket itself first, and below each what it waits for (with `--reverse`: what waits for it) and its subtasks,
    /// depth first.
    nodes: Vec<TreeNode>,
    /// The files of the trunk that cannot be read; they are not in the tree.
    damaged: &'a [Damage],
}

/// A ticket in a tree.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TreeNode {
    /// How deep below the first one, which is at 0.
    depth: usize,
    /// The id, or the name that leads to none or to several.
    name: String,
    /// Where it is; missing if the name does not mean one ticket.
    lane: Option<Lane>,
    /// What it is about; missing when the ticket does not say, or the name does not mean one.
    title: Option<String>,
    /// Whether nobody needs to wait for it any more.
    done: bool,
    /// Whether it is a subtask of the one above (with `--reverse`: the one that the other is a subtask of), and nothing that
    /// waits.
    part: bool,
    /// What follows below it was shown before.
    repeated: bool,
}

/// The answer of `cycles` in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CyclesJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// Each waits for the next, and the last for the first.
    cycles: &'a [Vec<&'a TicketId>],
    /// The files of the trunk that cannot be read; they are left out.
    damaged: &'a [Damage],
}

/// Shows what a ticket waits for.
pub(super) fn tree(args: &Tree, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let globals = Globals { on_unknown: OnUnknown::Warn, ..globals.clone() };
    let ctx = Context::open(&globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let entry = seen_or_here(&ctx, seen.view, args.ticket.as_deref(), "dep")?;
        let survey = Survey::whole(&ctx, seen.view)?;
        let edges = edges(&survey.known, &seen.view.snapshot);
        let waits = WaitGraph::of(&edges);
        // A part names its whole, and below the whole stand its parts.
        let parts = WaitGraph::by(RelationOrder::Parts, &edges);
        let (waits, parts) =
            if args.reverse { (waits.reversed(), parts) } else { (waits, parts.reversed()) };
        let known = survey.known.iter().map(|known| (&known.entry.id, known)).collect();
        let unknown = if args.reverse { HashMap::new() } else { unknown(&edges) };
        let order = Subtasks::of(&survey.known, &seen.view.snapshot);
        let forest = Forest { known, waits, parts, order, unknown };
        let nodes = forest.walk(&entry.id);
        match out.format {
            Format::Json => out.json(&TreeJson {
                schema: "tix/dep-tree@1",
                as_of: AsOf::of(&ctx, seen),
                ticket: &entry.id,
                extent: Extent::all(nodes.len()),
                nodes,
                damaged: &survey.damaged,
            }),
            Format::Human => {
                let part = if args.reverse { ", parent" } else { ", subtask" };
                out.lines(&nodes.iter().map(|node| line(node, part)).collect::<String>());
            }
        }
        for damage in &survey.damaged {
            out.warn(&damage.to_string());
        }
        board::tell_age(&ctx, seen, "tix list --fetch");
        Ok(())
    })
}

/// For each ticket the names that it depends on but that do not mean one ticket.
fn unknown<'a>(edges: &'a [Edge<'a>]) -> HashMap<&'a TicketId, Vec<&'a str>> {
    let mut unknown: HashMap<&TicketId, Vec<&str>> = HashMap::new();
    for edge in edges.iter().filter(|e| e.relation == Relation::DependsOn && e.to.is_none()) {
        unknown.entry(&edge.from.id).or_default().push(&edge.name);
    }
    unknown
}

struct Forest<'a> {
    known: HashMap<&'a TicketId, &'a KnownTicket<'a>>,
    waits: WaitGraph<'a>,
    parts: WaitGraph<'a>,
    /// The order of the parts.
    order: Subtasks<'a>,
    unknown: HashMap<&'a TicketId, Vec<&'a str>>,
}

impl<'a> Forest<'a> {
    /// Depth first, with a work list instead of recursion, because a chain may have any length.
    fn walk(&self, root: &'a TicketId) -> Vec<TreeNode> {
        let mut nodes = Vec::new();
        let mut shown: HashSet<&TicketId> = HashSet::new();
        let mut left = vec![(0, root, false)];
        while let Some((depth, id, part)) = left.pop() {
            let waits: HashSet<&TicketId> = self.waits.of_ticket(id).collect();
            let mut below: Vec<(&TicketId, bool)> =
                self.waits.of_ticket(id).map(|id| (id, false)).collect();
            let parts = self.parts.of_ticket(id).filter(|part| !waits.contains(part));
            let mut parts: Vec<&TicketId> = parts.collect();
            let order = self.order.parts(id);
            parts.sort_by_key(|id| order.iter().position(|part| part.entry.id == **id));
            below.extend(parts.into_iter().map(|id| (id, true)));
            let unknown = self.unknown.get(id).map(Vec::as_slice).unwrap_or_default();
            let leaf = below.is_empty() && unknown.is_empty();
            let repeated = !(shown.insert(id) || leaf);
            nodes.push(TreeNode { part, ..self.node(depth, id, repeated) });
            if repeated {
                continue;
            }
            let missing = |name: &&str| TreeNode {
                depth: depth + 1,
                name: (*name).to_owned(),
                lane: None,
                title: None,
                done: false,
                part: false,
                repeated: false,
            };
            nodes.extend(unknown.iter().map(missing));
            below.reverse();
            left.extend(below.into_iter().map(|(id, part)| (depth + 1, id, part)));
        }
        nodes
    }

    fn node(&self, depth: usize, id: &TicketId, repeated: bool) -> TreeNode {
        let known = self.known.get(id);
        TreeNode {
            depth,
            name: id.to_string(),
            lane: known.map(|k| k.entry.lane),
            title: known.and_then(|k| k.head.title.clone()),
            done: known.is_some_and(|k| fate(k.entry.lane, &k.head) == DependencyState::Done),
            part: false,
            repeated,
        }
    }
}

fn line(node: &TreeNode, part: &str) -> String {
    let mark = if node.done { "[x]" } else { "[ ]" };
    let place = node.lane.map_or("not on the trunk, or several", Lane::as_str);
    let title = node.title.as_deref().map(safe).unwrap_or_default();
    let more = if node.repeated { "  (see above)" } else { "" };
    let part = if node.part { part } else { "" };
    let blank = "  ".repeat(node.depth);
    format!("{blank}{mark} {}  {place}{part}  {title}", safe(&node.name)).trim_end().to_owned()
        + more
        + "\n"
}

pub(super) fn cycles(
    args: &Cycles,
    globals: &Globals,
    env: &Env,
    out: &Out,
) -> Result<(), Failure> {
    let globals = Globals { on_unknown: OnUnknown::Warn, ..globals.clone() };
    let ctx = Context::open(&globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let survey = Survey::whole(&ctx, seen.view)?;
        let edges = edges(&survey.known, &seen.view.snapshot);
        let cycles = WaitGraph::of(&edges).cycles();
        match out.format {
            Format::Json => out.json(&CyclesJson {
                schema: "tix/cycles@1",
                as_of: AsOf::of(&ctx, seen),
                extent: Extent::all(cycles.len()),
                cycles: &cycles,
                damaged: &survey.damaged,
            }),
            Format::Human => {
                let line = |cycle: &Vec<&TicketId>| {
                    let ids = cycle.iter().chain(cycle.first()).map(|id| id.as_str());
                    ids.collect::<Vec<_>>().join(" -> ") + "\n"
                };
                out.lines(&cycles.iter().map(line).collect::<String>());
                if cycles.is_empty() {
                    out.narrate("no ticket waits for itself");
                }
            }
        }
        for damage in &survey.damaged {
            out.warn(&damage.to_string());
        }
        board::tell_age(&ctx, seen, "tix dep cycles --fetch");
        if cycles.is_empty() { Ok(()) } else { Err(Failure::answered(Exit::No)) }
    })
}
