//! What is done at a forge, by its own programs or by a tool: git hears nothing of that, so no hook will judge it.
//!
//! Requests for review go to protected branches by the forge's own rules and pass. What moves a branch past them is judged
//! by the repository and the branch that the call names; one that it does not name is the trunk.

use std::path::Path;

use serde_json::Value;

use super::super::shell::{ShellCall, ShellWord, WorldStep, has};
use super::super::{Heard, HookUse};
use super::effects::{Moment, UNSEEN};
use super::grammar::{FORGE, FORGE_API};
use super::intent::{Existing, Intent};
use super::judge::{GuardedPlace, Judge, JudgedAction, LineReason, Verdict, in_the_lanes};
use super::options::Options;
use super::state::{AssumedHead, LineState};
use crate::git::RemoteAddresses;

/// A movement of a branch at a forge.
#[derive(Default)]
pub struct ForgeMove {
    /// `owner/name`; `None` is the repository of this clone, or one that nobody can tell.
    pub repository: Option<String>,
    /// `None` is the default branch, or one that the call does not name.
    pub branch: Option<ShellWord>,
    pub deletes: bool,
    /// The files that it changes, where it names them.
    pub paths: Vec<String>,
}

/// Where a call names the branch that it moves.
#[derive(Clone, Copy)]
enum BranchIn {
    /// In the path, between the two parts of the endpoint.
    Path,
    Field(&'static str),
}

/// What moves branches, of GitHub's and GitLab's interfaces: how the path goes on behind the repository, how it ends, and
/// where the branch is named.
const ENDPOINTS: [(&str, &str, BranchIn); 12] = [
    ("git/refs/heads/", "", BranchIn::Path),
    ("git/refs", "", BranchIn::Field("ref")),
    ("merges", "", BranchIn::Field("base")),
    ("merge-upstream", "", BranchIn::Field("branch")),
    ("contents/", "", BranchIn::Field("branch")),
    ("branches/", "/rename", BranchIn::Path),
    ("branches/", "/rename", BranchIn::Field("new_name")),
    ("repository/files/", "", BranchIn::Field("branch")),
    ("repository/commits", "", BranchIn::Field("branch")),
    ("repository/commits/", "/cherry_pick", BranchIn::Field("branch")),
    ("repository/commits/", "/revert", BranchIn::Field("branch")),
    ("repository/branches/", "", BranchIn::Path),
];

/// The mutations of GraphQL that move a branch.
const MUTATIONS: [&str; 4] = ["createCommitOnBranch", "updateRef", "mergeBranch", "deleteRef"];

/// Under these names mutations and tools are told which branch they move.
const BRANCHES: [&str; 6] = ["branch", "branchName", "branch_name", "base", "ref", "qualifiedName"];

impl Judge<'_> {
    /// A call of a forge's own program that moves or checks out branches; `None` for all others.
    pub fn forge(&mut self, call: &ShellCall, state: &LineState) -> Option<WorldStep<LineState>> {
        let (program, arguments) = call.words.split_first()?;
        let name = program.text()?.rsplit('/').next()?;
        if !has(" gh glab hub ", name) {
            return None;
        }
        let options = Options::of_names(arguments, &FORGE);
        let words: Vec<&str> = options.operands.iter().map(ShellWord::start).collect();
        let what = format!("{name} {}", words.first().unwrap_or(&""));
        let mut behind = state.clone();
        match words.as_slice() {
            ["api", ..] => {
                let moves = api_moves(&Options::of_names(arguments, &FORGE_API), &self.text);
                for here in self.places(&call.dir, None, state) {
                    for moved in &moves {
                        self.forge_move(&here, moved, &what);
                    }
                }
            }
            ["repo", "sync", ..] => {
                for here in self.places(&call.dir, None, state) {
                    self.sync(&here, &options, &what);
                }
            }
            ["repo", "clone" | "fork", source, ..] => {
                let named = source.rsplit('/').next().map(ShellWord::known);
                let path = options.operands.get(3).cloned().or(named);
                let source = options.operands.get(2).cloned();
                let intent = Intent::MakeRepository { path, source };
                self.make(&call.dir, &intent, &mut behind);
            }
            ["repo", "create", name, ..] if options.has(&["-c", "--clone"]) => {
                let path = name.rsplit('/').next().map(ShellWord::known);
                self.make(&call.dir, &Intent::MakeRepository { path, source: None }, &mut behind);
            }
            ["issue", "develop", ..] if !options.has(&["-c", "--checkout"]) => return None,
            ["pr" | "mr", "checkout" | "co", ..] | ["co", ..] | ["issue", "develop", ..] => {
                let mut here = self.place(&call.dir, None, state)?;
                // `hub pr checkout 12 NAME`; what `issue develop` is told begins the branch.
                let operand = || options.operands.get(3).filter(|_| name == "hub");
                let branch = options.value(&["-b", "--branch"]).or_else(operand);
                let branch = branch.filter(|_| words.first() != Some(&"issue")).cloned();
                self.check_out_request(&mut here, branch, &mut behind, &what);
                return Some(WorldStep { ok: Some(behind), failed: Some(state.clone()) });
            }
            _ => return None,
        }
        Some(WorldStep::nothing(&behind))
    }

    /// Judges a movement at the forge of this repository.
    pub fn forge_move(&mut self, here: &GuardedPlace, moved: &ForgeMove, what: &str) {
        if moved.repository.as_ref().is_some_and(|repository| !is_remote_of(here, repository)) {
            return;
        }
        let state = LineState::default();
        let moment = Moment { here, state: &state };
        let branch = match &moved.branch {
            Some(name) => moment.protected(name),
            None => here.guarded.trunk(),
        };
        let Some(branch) = branch else { return };
        let root = here.guarded.root().unwrap_or(Path::new("/")).to_owned();
        let at_root = GuardedPlace { dir: root, ..here.clone() };
        let is_ticket = |path: &String| in_the_lanes(&at_root, &ShellWord::known(path.as_str()));
        if !moved.paths.is_empty() && moved.paths.iter().all(is_ticket) {
            return;
        }
        let finding = if moved.deletes { Ok(Verdict::Wrong(LineReason::Deletion)) } else { UNSEEN };
        self.conclude(here, &branch, &action(here, what, Heard::Nothing), finding);
    }

    /// `gh repo sync`: a repository at the forge takes in what its parent has, or this clone what a remote has.
    fn sync(&mut self, here: &GuardedPlace, options: &Options, what: &str) {
        let branch = options.value(&["-b", "--branch"]).cloned();
        if let Some(repository) = options.operands.get(2) {
            let known = &here.guarded.facts.addresses;
            let home =
                known.iter().find(|known| Some(known.name.as_str()) == here.guarded.remote());
            // A fork only takes in what is published.
            if home.is_some_and(|home| is_at(home, repository.start())) {
                let moved = ForgeMove { branch, ..ForgeMove::default() };
                self.forge_move(here, &moved, what);
            }
            return;
        }
        let name = branch.or_else(|| Some(ShellWord::known(here.guarded.trunk()?.short())));
        let (state, known) = (LineState::default(), &here.guarded.facts.addresses);
        let moment = Moment { here, state: &state };
        let Some(branch) = name.and_then(|name| moment.protected(&name)) else { return };
        // Of several remotes `gh` takes the first one of these that is there.
        let named = |name: &&str| known.iter().any(|known| known.name == **name);
        let from = ["upstream", "github", "origin"].into_iter().find(named);
        let is_home = known.len() == 1 || from.is_some() && from == here.guarded.remote();
        if options.has(&["--source", "-s"]) || !is_home {
            self.conclude(here, &branch, &action(here, what, Heard::Movement), UNSEEN);
        }
    }

    /// `gh pr checkout`: what is requested is checked out, under a name of its own or under this one.
    fn check_out_request(
        &mut self,
        here: &mut GuardedPlace,
        branch: Option<ShellWord>,
        state: &mut LineState,
        what: &str,
    ) {
        let head = branch.as_ref().and_then(|name| Moment { here, state }.protected(name));
        if let Some(branch) = branch {
            let to = Some(ShellWord::unknown());
            let intent = Intent::Set { branch, to, existing: Existing::Replaced };
            let action = action(here, what, Heard::Movement);
            self.intent(here, state, &intent, &action, None);
            state.follow(here, &intent);
        }
        state.check_out(here, head.map_or(AssumedHead::Other, AssumedHead::Branch));
    }
}

fn action<'w>(here: &GuardedPlace, what: &'w str, heard: Heard) -> JudgedAction<'w> {
    JudgedAction { what, certainty: here.certainty, hooks: HookUse::Asked, heard }
}

/// What a call of `gh api` and its like moves. `line` is all that is said, for what is fed to the call.
fn api_moves(options: &Options, line: &str) -> Vec<ForgeMove> {
    let Some(endpoint) = options.operands.get(1) else { return Vec::new() };
    let fields = || options.values(&["-f", "-F", "--field", "--raw-field"]);
    let has_input = options.has(&["--input"]);
    let method = options.value(&["-X", "--method"]).map_or_else(
        || if has_input || fields().next().is_some() { "POST" } else { "GET" }.to_owned(),
        |method| method.start().to_ascii_uppercase(),
    );
    let field = |key: &str| {
        let given = fields().filter_map(ShellWord::split_assignment);
        let asked = endpoint.start().split_once('?').map_or("", |(_, query)| query).split('&');
        let asked = asked.filter_map(|pair| pair.split_once('='));
        let given = given.chain(asked.map(|(key, value)| (key, ShellWord::known(value))));
        let mut given = given.filter(|(name, _)| *name == key).map(|(_, value)| value);
        let fed = || value_of(line, key).filter(|_| has_input).map(ShellWord::known);
        given.next().or_else(fed)
    };
    let path = endpoint.start().split('?').next().unwrap_or_default();
    if path.trim_start_matches('/').ends_with("graphql") {
        let asked = fields().map(ShellWord::written).collect::<Vec<_>>().join(" ");
        let asked = if has_input { format!("{asked} {line}") } else { asked };
        return mutations(&asked, &field);
    }
    let Some((repository, rest_at)) = repository_of(path) else { return Vec::new() };
    let (before, rest) = path.split_at(rest_at);
    if method == "GET" {
        return Vec::new();
    }
    let moved = |(start, end, branch): &(&str, &str, BranchIn)| {
        let inside = rest.strip_prefix(start)?.strip_suffix(end)?;
        let is_whole = start.ends_with('/') || inside.is_empty();
        let branch = match branch {
            BranchIn::Field(key) => field(key),
            // What the line does not say of it is behind what it says.
            BranchIn::Path if endpoint.text().is_none() => {
                endpoint.strip_prefix(&format!("{before}{start}"))
            }
            BranchIn::Path => Some(ShellWord::known(inside.replace("%2F", "/"))),
        };
        let deletes = *end == "/rename" || method == "DELETE" && !matches!(*start, "contents/");
        let paths = rest.strip_prefix("contents/").map(str::to_owned).into_iter().collect();
        is_whole.then(|| ForgeMove { repository: repository.clone(), branch, deletes, paths })
    };
    ENDPOINTS.iter().filter_map(moved).collect()
}

/// What a text of GraphQL moves.
fn mutations(text: &str, field: &dyn Fn(&str) -> Option<ShellWord>) -> Vec<ForgeMove> {
    if !text.contains("mutation") || !MUTATIONS.iter().any(|mutation| text.contains(mutation)) {
        return Vec::new();
    }
    let said = |key: &&str| value_of(text, key).map(ShellWord::known).or_else(|| field(key));
    let refs = value_of(text, "name").filter(|name| name.starts_with("refs/"));
    let named = BRANCHES.iter().filter_map(said).chain(refs.map(ShellWord::known));
    let mut named: Vec<_> = named.map(Some).collect();
    if named.is_empty() {
        named.push(None);
    }
    let repository = value_of(text, "repositoryNameWithOwner").map(str::to_owned);
    let deletes = text.contains("deleteRef");
    let moved =
        |branch| ForgeMove { repository: repository.clone(), branch, deletes, paths: Vec::new() };
    named.into_iter().map(moved).collect()
}

/// The repository that the path of an endpoint names, and where the path goes on behind it.
fn repository_of(path: &str) -> Option<(Option<String>, usize)> {
    let find = |word: &str| {
        let at = path.find(word)?;
        (at == 0 || path.get(..at)?.ends_with('/')).then_some(at + word.len())
    };
    let (start, parts) =
        find("repos/").map(|at| (at, 2)).or_else(|| find("projects/").map(|at| (at, 1)))?;
    let rest = path.get(start..)?;
    let end = rest.match_indices('/').nth(parts - 1).map_or(rest.len(), |(at, _)| at);
    let name = rest.get(..end)?.replace("%2F", "/").replace("%2f", "/");
    // `{owner}/{repo}` and `:fullpath` are this one; what a number or a variable means, nobody can tell.
    let is_said = name.contains('/') && !name.contains(['{', ':', '$']);
    Some((is_said.then_some(name), (start + end + 1).min(path.len())))
}

/// The text that stands behind a key in JSON or GraphQL.
fn value_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.match_indices(key).find_map(|(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let rest = text.get(at + key.len()..)?;
        let rest = rest.trim_start_matches(['\\', '"', ' ']).strip_prefix(':')?;
        let value = rest.trim_start().trim_start_matches('\\').strip_prefix('"')?;
        let is_whole = !before.is_some_and(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        value.split(['"', '\\']).next().filter(|_| is_whole)
    })
}

/// What a tool with this name and input moves at a forge; `server` is how the tool's server is called.
pub fn of_tool(server: &str, name: &str, input: &Value) -> Option<ForgeMove> {
    let does = |words: &str| name.split(['_', '-']).any(|word| has(words, word));
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| input.get(key)?.as_str()).filter(|text| !text.is_empty())
    };
    let deletes = does(" delete remove rename ");
    let is_move = does(" branch ") && (deletes || does(" merge "))
        || does(" commit create delete edit move push put update upload write ")
            && does(" commit contents file files ref reference ")
            && !does(" comment get list status ");
    let repository = match (
        text(&["owner", "workspace"]),
        text(&["repo", "repository", "project", "project_id"]),
    ) {
        (Some(owner), Some(name)) if !name.contains('/') => Some(format!("{owner}/{name}")),
        // A path is none of a forge's.
        (_, name) => name.filter(|name| !name.starts_with(['/', '.'])).map(str::to_owned),
    };
    let is_forge = ["github", "gitlab", "gitea", "forgejo", "bitbucket", "codeberg"];
    if !is_move || repository.is_none() && !is_forge.iter().any(|forge| server.contains(forge)) {
        return None;
    }
    let lists = ["files", "actions"].iter().filter_map(|key| input.get(key)?.as_array()).flatten();
    let path = |value: &Value| {
        let named =
            ["path", "file_path", "filePath"].iter().find_map(|key| value.get(key)?.as_str());
        named.map(str::to_owned)
    };
    Some(ForgeMove {
        repository,
        branch: text(&BRANCHES).map(ShellWord::known),
        deletes: deletes && does(" branch "),
        paths: lists.filter_map(path).chain(path(input)).collect(),
    })
}

/// Whether a repository of this name is where one of the remotes is.
pub fn is_remote_of(here: &GuardedPlace, repository: &str) -> bool {
    here.guarded.facts.addresses.iter().any(|known| is_at(known, repository))
}

/// Whether a remote is the repository of this name. Of one that has no host the name alone is known.
fn is_at(known: &RemoteAddresses, repository: &str) -> bool {
    known.push.iter().chain([&known.fetch]).any(|address| {
        let plain = |text: &str| {
            let text = text.trim_end_matches('/');
            text.strip_suffix(".git").unwrap_or(text).to_ascii_lowercase().replace(':', "/")
        };
        let has_host = !address.starts_with("file:")
            && address.split('/').next().is_some_and(|first| first.contains(':'));
        let (address, wanted) = (plain(address), plain(repository));
        let steps: Vec<&str> = wanted.rsplit('/').take(if has_host { 2 } else { 1 }).collect();
        address.rsplit('/').zip(steps.iter().copied()).all(|(one, other)| one == other)
    })
}
