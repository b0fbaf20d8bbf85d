//! Subcommands that change the index, the files of a worktree, or what is checked out.

use super::super::super::shell::ShellWord;
use super::super::intent::{Existing, Intent, Staging, Switch};
use super::super::options::Options;

/// Without a commit, or with the one that is checked out, the index goes back to what is committed.
pub fn reset(options: &Options) -> Vec<Intent> {
    let mode = options.has(&["--soft", "--mixed", "--hard", "--keep", "--merge"]);
    match (options.operands.first(), options.operands.len(), &options.paths) {
        (None, ..) => Vec::new(),
        (Some(first), ..) if first.is("HEAD") || first.is("@") => Vec::new(),
        // Several words, or some behind `--`, are paths: no branch moves.
        (Some(_), 2.., _) | (Some(_), _, Some(_)) if !mode => {
            vec![Intent::Stage(Staging::Anything)]
        }
        (Some(to), ..) => vec![Intent::Reset(to.clone())],
    }
}

pub fn stash(args: &[ShellWord]) -> Vec<Intent> {
    let is = |name: &str| args.first().is_some_and(|word| word.is(name));
    if is("branch") {
        let Some(branch) = args.get(1) else { return Vec::new() };
        let set = Intent::Set { branch: branch.clone(), to: None, existing: Existing::Kept };
        return vec![set, Intent::Switch(Switch::New(branch.clone())), Intent::Write];
    }
    // Everything else puts things aside, or looks.
    if is("pop") || is("apply") {
        return vec![Intent::Stage(Staging::Anything), Intent::Write];
    }
    Vec::new()
}

/// From the index, or of the index from what is committed, comes nothing new.
pub fn restore(options: &Options) -> Vec<Intent> {
    let source = options.value(&["--source", "-s"]);
    match source.filter(|source| !source.is("HEAD") && !source.is("@")) {
        Some(_) if options.has(&["--staged", "-S"]) => {
            vec![Intent::Stage(Staging::Anything), Intent::Write]
        }
        Some(_) => vec![Intent::Write],
        None => Vec::new(),
    }
}

pub fn apply(options: &Options) -> Vec<Intent> {
    if options.has(&["--check", "--stat", "--numstat", "--summary"]) && !options.has(&["--apply"]) {
        return Vec::new();
    }
    if options.has(&["--index", "--cached", "--3way", "-3"]) {
        return vec![Intent::Stage(Staging::Anything), Intent::Write];
    }
    vec![Intent::Write]
}

pub fn switch(verb: &str, options: &Options) -> Vec<Intent> {
    let mut operands = options.operands.iter().cloned();
    let forced = options.value(&["-B", "-C", "--force-create"]);
    let existing = if forced.is_some() { Existing::Replaced } else { Existing::Kept };
    let created = forced.or_else(|| options.value(&["-b", "-c", "--create"]));
    if let Some(branch) = created {
        let set = Intent::Set { branch: branch.clone(), to: operands.next(), existing };
        return vec![set, Intent::Switch(Switch::New(branch.clone()))];
    }
    if let Some(branch) = options.value(&["--orphan"]) {
        let set = Intent::Set { branch: branch.clone(), to: None, existing: Existing::Kept };
        let switch = Intent::Switch(Switch::New(branch.clone()));
        return vec![set, Intent::Stage(Staging::Anything), switch];
    }
    if options.has(&["--detach"]) || (verb == "switch" && options.has(&["-d"])) {
        return vec![Intent::Switch(Switch::Detached)];
    }
    match (operands.next(), operands.next(), &options.paths) {
        (Some(to), None, None) => vec![Intent::Switch(Switch::To(to))],
        // From the commit that is checked out comes nothing new.
        (Some(tree), ..) if tree.is("HEAD") || tree.is("@") => Vec::new(),
        // `checkout TREE -- PATHS` puts what it takes into the index too.
        (Some(_), ..) => vec![Intent::Stage(Staging::Anything), Intent::Write],
        (None, ..) => Vec::new(),
    }
}

pub fn worktree(options: &Options) -> Vec<Intent> {
    let mut operands = options.operands.iter().cloned();
    if let [sub, from, path] = options.operands.as_slice()
        && sub.is("move")
    {
        let (path, moved) = (path.clone(), Some(from.clone()));
        return vec![Intent::MakeWorktree { path, branch: None, moved }];
    }
    if !operands.next().is_some_and(|sub| sub.is("add")) {
        return Vec::new();
    }
    let Some(path) = operands.next() else { return Vec::new() };
    let start = operands.next();
    let replaced = options.value(&["-B"]);
    let existing = if replaced.is_some() { Existing::Replaced } else { Existing::Kept };
    let created = replaced.or_else(|| options.value(&["-b"]));
    let mut intents = Vec::new();
    if let Some(branch) = created {
        intents.push(Intent::Set { branch: branch.clone(), to: start.clone(), existing });
    }
    // Without a name the branch is called like the directory.
    let last =
        path.text().map(|text| text.trim_end_matches('/').rsplit('/').next().unwrap_or(text));
    let of_path = || last.map_or_else(ShellWord::unknown, ShellWord::known);
    let branch = created.cloned().or(start).unwrap_or_else(of_path);
    // A new branch is none that is protected, whatever it is called.
    let is_new = created.is_some() && branch.text().is_none();
    let branch = Some(branch).filter(|_| !is_new && !options.has(&["--detach", "-d"]));
    intents.push(Intent::MakeWorktree { path, branch, moved: None });
    intents
}

/// Where a clone is made.
pub fn cloned(options: &Options) -> ShellWord {
    let of_url = || {
        let url = options.operands.first().and_then(ShellWord::text)?;
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
        Some(ShellWord::known(name.strip_suffix(".git").unwrap_or(name)))
    };
    options.operands.get(1).cloned().or_else(of_url).unwrap_or_else(ShellWord::unknown)
}

pub fn stage(options: &Options) -> Vec<Intent> {
    let paths = options.everything();
    if options.has(&["-n", "--dry-run"]) {
        return Vec::new();
    }
    // Even `-A` and `-u` keep to the paths; who edits a patch may write any into it.
    let edited = options.has(&["-i", "--interactive", "-e", "--edit"]);
    let known = !edited && !paths.is_empty();
    vec![Intent::Stage(if known { Staging::Paths(paths) } else { Staging::Anything })]
}
