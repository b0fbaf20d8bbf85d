//! `tix graph`: the tickets and their relations as a picture.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use serde::Serialize;

use crate::app::board::{self, Damage, Look};
use crate::app::context::{Context, Globals};
use crate::app::frame::{AsOf, Extent};
use crate::app::queue::Survey;
use crate::env::Env;
use crate::error::Failure;
use crate::lifecycle::{Edge, KnownTicket, edges};
use crate::names::RepoPath;
use crate::out::{Format, Out};
use crate::text::safe;
use crate::ticket::{Lane, Relation};

/// Print the tickets and their relations as a graph
///
/// Shows the queued and active tickets that are related to another one, and what they are related to. The web pages of
/// the usual hosts draw Mermaid: put the output between ```mermaid and ``` in a Markdown file. For Graphviz: tix graph
/// --format dot | dot -Tsvg > graph.svg. With --json it prints the nodes and edges.
#[derive(Debug, clap::Args)]
pub struct GraphArgs {
    /// The language of the graph
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "mermaid")]
    format: Language,
    /// Show tickets that are done or closed too, and those without any relation
    #[arg(long)]
    all: bool,
    /// Ask the remote first
    #[arg(long)]
    fetch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GraphJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    as_of: AsOf,
    #[serde(flatten)]
    extent: Extent,
    /// The tickets that are related to another one, and the names that do not mean one; `total` counts these.
    nodes: &'a [GraphNode],
    /// The relations between them.
    edges: &'a [Arrow],
    /// The files of the trunk that cannot be read; they are not in the graph.
    damaged: &'a [Damage],
}

struct Graph {
    nodes: Vec<GraphNode>,
    edges: Vec<Arrow>,
}

/// A ticket, or a name that does not mean one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GraphNode {
    /// The id, or the name that does not mean one ticket.
    id: String,
    /// Missing if the name does not mean one ticket.
    lane: Option<Lane>,
    /// What it is about; missing when the ticket does not say, or the name does not mean one.
    title: Option<String>,
}

/// A relation: `from` is the ticket that says so.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Arrow {
    /// The id of the ticket that says so.
    from: String,
    /// The id of the other ticket, or the name that does not mean one.
    to: String,
    /// The relation, by its key in the front matter.
    relation: Relation,
    #[serde(skip)]
    ends: (usize, usize),
}

pub fn run(args: &GraphArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    board::look(&ctx, Look::from(args.fetch), |seen| {
        let survey = Survey::whole(&ctx, seen.view)?;
        let mut edges = edges(&survey.known, &seen.view.snapshot);
        if !args.all {
            edges.retain(|edge| {
                std::iter::once(edge.from).chain(edge.to).any(|entry| is_live(entry.lane))
            });
        }
        let graph = graph(&survey.known, &edges, args.all);
        match (out.format, args.format) {
            (Format::Json, _) => out.json(&GraphJson {
                schema: "tix/graph@1",
                as_of: AsOf::of(&ctx, seen),
                extent: Extent::all(graph.nodes.len()),
                nodes: &graph.nodes,
                edges: &graph.edges,
                damaged: &survey.damaged,
            }),
            (Format::Human, Language::Mermaid) => out.answer(&mermaid(&graph)),
            (Format::Human, Language::Dot) => out.answer(&dot(&graph)),
        }
        if graph.nodes.is_empty() {
            out.narrate("no ticket is related to another; show them all: tix graph --all");
        }
        for damage in &survey.damaged {
            out.warn(&damage.to_string());
        }
        board::tell_age(&ctx, seen, "tix graph --fetch");
        Ok(())
    })
}

fn is_live(lane: Lane) -> bool {
    matches!(lane, Lane::Queue | Lane::Active)
}

fn graph(known: &[KnownTicket<'_>], edges: &[Edge<'_>], all: bool) -> Graph {
    let ends = edges.iter().flat_map(|e| std::iter::once(e.from).chain(e.to));
    let related: BTreeSet<&RepoPath> = ends.map(|entry| &entry.path).collect();
    let mut nodes = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for KnownTicket { entry, head } in
        known.iter().filter(|k| all || related.contains(&k.entry.path))
    {
        places.insert(entry.id.as_str(), nodes.len());
        let title = head.title.clone();
        nodes.push(GraphNode { id: entry.id.to_string(), lane: Some(entry.lane), title });
    }
    let mut arrows = Vec::new();
    for edge in edges {
        let to = edge.to.map_or(edge.name.as_str(), |entry| entry.id.as_str());
        let end = *places.entry(to).or_insert_with(|| {
            nodes.push(GraphNode { id: to.to_owned(), lane: edge.to.map(|e| e.lane), title: None });
            nodes.len() - 1
        });
        let Some(start) = places.get(edge.from.id.as_str()) else { continue };
        arrows.push(Arrow {
            from: edge.from.id.to_string(),
            to: to.to_owned(),
            relation: edge.relation,
            ends: (*start, end),
        });
    }
    Graph { nodes, edges: arrows }
}

/// The label of a node: the id, and the title below it.
fn label(node: &GraphNode, line_break: &str, escape: fn(&str) -> String) -> String {
    let id = escape(&safe(&node.id));
    match &node.title {
        Some(title) => format!("{id}{line_break}{}", escape(&safe(title))),
        None => id,
    }
}

fn mermaid(graph: &Graph) -> String {
    // Entities are what Mermaid takes for any sign; a title must not end its string or begin a tag.
    let escape: fn(&str) -> String = |text| {
        let entity = |c: char| match c {
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' | ';' => format!("#{};", u32::from(c)),
            c => c.to_string(),
        };
        text.chars().map(entity).collect()
    };
    let mut text = String::from("graph TD\n");
    for (n, node) in graph.nodes.iter().enumerate() {
        let class = class(node);
        text += &format!("  n{n}[\"{}\"]:::{class}\n", label(node, "<br/>", escape));
    }
    for Arrow { relation, ends: (from, to), .. } in &graph.edges {
        // Arrows lead from what comes first to what comes after it.
        let line = match relation {
            Relation::DependsOn => format!("n{to} --> n{from}"),
            Relation::Blocks => format!("n{from} --> n{to}"),
            Relation::Parent | Relation::Related | Relation::DuplicateOf => {
                format!("n{from} -. {} .-> n{to}", relation.key())
            }
        };
        text += &format!("  {line}\n");
    }
    let in_use = |class: &str| graph.nodes.iter().any(|node| self::class(node) == class);
    for (class, [fill, line, words]) in COLOURS.into_iter().filter(|(class, _)| in_use(class)) {
        let dashes = if class == MISSING { ",stroke-dasharray:4 3" } else { "" };
        text += &format!("  classDef {class} fill:{fill},stroke:{line},color:{words}{dashes}\n");
    }
    text
}

/// The class of a name that is not a ticket; its line is dashed.
const MISSING: &str = "missing";

/// The colours of each class, of its fill, its line and its words: readable on light and dark pages.
const COLOURS: [(&str, [&str; 3]); 5] = [
    ("queue", ["#e8eefc", "#3b5bdb", "#1c2541"]),
    ("active", ["#fff3d6", "#b26b00", "#3d2a00"]),
    ("completed", ["#dff5e1", "#2b7a36", "#12351a"]),
    ("archive", ["#ececec", "#777777", "#333333"]),
    (MISSING, ["#fbe3e4", "#b3261e", "#4a0f0c"]),
];

fn class(node: &GraphNode) -> &'static str {
    node.lane.map_or(MISSING, Lane::as_str)
}

fn dot(graph: &Graph) -> String {
    let escape: fn(&str) -> String = |text| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text =
        String::from("digraph tickets {\n  node [shape=box, style=\"rounded,filled\"];\n");
    for (n, node) in graph.nodes.iter().enumerate() {
        let class = class(node);
        let colours = COLOURS.iter().find(|(name, _)| *name == class).map(|(_, colours)| colours);
        let [fill, line, words] = colours.copied().unwrap_or(["white", "black", "black"]);
        let dashes = if class == MISSING { ", style=\"rounded,filled,dashed\"" } else { "" };
        text += &format!(
            "  n{n} [label=\"{}\", class=\"{class}\", fillcolor=\"{fill}\", color=\"{line}\", \
             fontcolor=\"{words}\"{dashes}];\n",
            label(node, "\\n", escape)
        );
    }
    for Arrow { relation, ends: (from, to), .. } in &graph.edges {
        let line = match relation {
            Relation::DependsOn => format!("n{to} -> n{from}"),
            Relation::Blocks => format!("n{from} -> n{to}"),
            Relation::Parent | Relation::Related | Relation::DuplicateOf => {
                format!("n{from} -> n{to} [style=dashed, label=\"{}\"]", relation.key())
            }
        };
        text += &format!("  {line};\n");
    }
    text + "}\n"
}
