//! What a subcommand of git would do to branches, index and worktrees: read from its arguments alone.

use super::super::shell::{ShellWord, written};
use super::grammar::{
    BRANCH, CLONE, COMMIT, CONFIG, MERGE, PLAIN, PUSH, REBASE, REMOTE, RESET, SWITCH, TAG,
    UPDATE_REF, WORKTREE,
};
use super::intent::{CommitIntent, Content, Empty, Existing, Intent, Staging, Switch};
use super::options::Options;

mod remotes;
mod trees;

pub use remotes::sides;
use remotes::{fetch, pull, push, remote, send_pack};
use trees::{apply, cloned, reset, restore, stage, stash, switch, worktree};

/// What a subcommand with these arguments would do, in order.
pub fn intents(verb: &str, args: &[ShellWord]) -> Vec<Intent> {
    // git looks at the first word only, and before it looks for aliases.
    let asks_for_help = args.first().is_some_and(|word| word.is("--help"))
        || matches!(args, [only] if only.is("-h"));
    if asks_for_help {
        return Vec::new();
    }
    match verb {
        "commit" => commit(&Options::read(args, &COMMIT)),
        "merge" => merge(&Options::of_names(args, &MERGE)),
        "pull" => pull(&Options::of_names(args, &MERGE)),
        "rebase" => rebase(&Options::of_names(args, &REBASE)),
        "tag" => tag(&Options::of_names(args, &TAG)),
        "stash" => stash(args),
        "restore" => restore(&Options::read(args, &RESET)),
        "apply" => apply(&Options::read(args, &PLAIN)),
        "cherry-pick" | "revert" | "am" => pick(&Options::of_names(args, &MERGE)),
        "bisect" => bisect(args),
        "subtree" if args.first().is_some_and(|word| word.is("split")) => Vec::new(),
        "filter-branch" | "replay" | "subtree" => rewritten(args),
        "filter-repo" | "fast-import" => vec![Intent::Anything],
        "gui" if args.first().is_some_and(|word| word.is("citool")) => vec![Intent::Grow],
        // These commit what they bring, or what is there.
        "history" | "quiltimport" | "svn" | "p4" | "cvsimport" | "archimport" | "citool"
        | "absorb" | "revise" | "imerge" | "machete" | "town" | "flow" => vec![Intent::Grow],
        "reset" => reset(&Options::read(args, &RESET)),
        "update-ref" => update_ref(&Options::of_names(args, &UPDATE_REF)),
        "symbolic-ref" => symbolic_ref(&Options::of_names(args, &UPDATE_REF)),
        "branch" => branch(&Options::of_names(args, &BRANCH)),
        "checkout" | "switch" => switch(verb, &Options::read(args, &SWITCH)),
        "fetch" => fetch(&Options::of_names(args, &MERGE)),
        "push" => push(&Options::of_names(args, &PUSH)),
        "send-pack" | "http-push" => send_pack(&Options::of_names(args, &PUSH)),
        "worktree" => worktree(&Options::of_names(args, &WORKTREE)),
        "clone" => {
            let options = Options::of_names(args, &CLONE);
            let source = options.operands.first().cloned();
            vec![Intent::MakeRepository { path: Some(cloned(&options)), source }]
        }
        "init" => {
            let options = Options::of_names(args, &CLONE);
            let path = options.operands.first().cloned();
            if options.has(&["--separate-git-dir"]) {
                return vec![Intent::Attach {
                    path: path.unwrap_or_else(|| ShellWord::known(".")),
                }];
            }
            vec![Intent::MakeRepository { path, source: None }]
        }
        "config" => configure(&Options::read(args, &CONFIG)),
        "remote" => remote(&Options::of_names(args, &REMOTE)),
        "add" | "stage" | "rm" | "mv" => stage(&Options::read(args, &PLAIN)),
        "read-tree" | "update-index" => vec![Intent::Stage(Staging::Anything)],
        "submodule" if args.iter().any(|word| word.is("add")) => {
            vec![Intent::Stage(Staging::Anything), Intent::Write]
        }
        "checkout-index" | "merge-file" | "submodule" => vec![Intent::Write],
        _ if is_harmless(verb) => Vec::new(),
        _ => vec![Intent::Other],
    }
}

/// Subcommands that leave branches and the index alone. An alias cannot have one of these names.
fn is_harmless(verb: &str) -> bool {
    const HARMLESS: &str = " annotate archive blame bugreport bundle cat-file check-attr check-ignore \
        check-mailmap check-ref-format cherry clean column commit-graph commit-tree count-objects credential \
        daemon describe diagnose diff diff-files diff-index diff-tree difftool fast-export fetch-pack fmt-merge-msg \
        for-each-ref format-patch fsck gc get-tar-commit-id grep gui gitk hash-object help hook \
        http-backend imap-send index-pack instaweb interpret-trailers log ls-files ls-remote ls-tree mailinfo mailsplit \
        maintenance merge-base merge-tree mergetool mktag mktree multi-pack-index name-rev notes \
        pack-objects pack-redundant pack-refs patch-id prune prune-packed range-diff reflog refs repack replace \
        request-pull rerere rev-list rev-parse send-email shortlog show show-branch show-index show-ref \
        sparse-checkout status stripspace unpack-file unpack-objects update-server-info upload-pack var \
        verify-commit verify-pack verify-tag version whatchanged worktree write-tree lfs cliff ";
    verb.is_empty() || verb.starts_with('-') || HARMLESS.contains(&format!(" {verb} "))
}

fn commit(options: &Options) -> Vec<Intent> {
    if options.has(&["--dry-run", "--porcelain", "--short", "--long"]) {
        return Vec::new();
    }
    let mut intents = Vec::new();
    if options.has(&["--no-verify", "-n"]) {
        intents.push(Intent::Unchecked);
    }
    let paths = options.everything();
    let content = if options.has(&["--patch", "-p", "--interactive", "--pathspec-from-file"]) {
        Content::Chosen
    } else if options.has(&["--all", "-a"]) {
        Content::All
    } else if paths.is_empty() {
        Content::Staged
    } else {
        Content::Paths(paths)
    };
    let empty = if options.has(&["--allow-empty"]) { Empty::Made } else { Empty::Refused };
    intents.push(Intent::Commit(CommitIntent {
        content,
        empty,
        amends: options.has(&["--amend"]),
    }));
    intents
}

/// What all commands that can stop half-way have in common; `None` when the call is none of it.
fn going_on(options: &Options) -> Option<Vec<Intent>> {
    if options.has(&["--abort", "--quit", "--edit-todo", "--show-current-patch"]) {
        return Some(Vec::new());
    }
    if options.has(&["--continue", "--skip", "--resolved", "-r"]) {
        return Some(vec![Intent::Commit(CommitIntent::STAGED)]);
    }
    None
}

fn unchecked(options: &Options) -> Vec<Intent> {
    if options.has(&["--no-verify"]) { vec![Intent::Unchecked] } else { Vec::new() }
}

fn merge(options: &Options) -> Vec<Intent> {
    if let Some(intents) = going_on(options) {
        return intents;
    }
    if options.has(&["--squash", "--no-commit"]) {
        return vec![Intent::Stage(Staging::Anything), Intent::Write];
    }
    let mut intents = unchecked(options);
    if options.operands.is_empty() {
        intents.push(Intent::Take(ShellWord::known("@{upstream}")));
    }
    intents.extend(options.operands.iter().cloned().map(Intent::Take));
    intents
}

/// What a bisection runs at each step; itself it moves no branch.
fn bisect(args: &[ShellWord]) -> Vec<Intent> {
    match args.split_first() {
        Some((run, command)) if run.is("run") => vec![Intent::Run(written(command))],
        Some(_) | None => Vec::new(),
    }
}

/// Branches that get commits which do not exist yet: the one that is checked out, and those at the ends of words.
fn rewritten(args: &[ShellWord]) -> Vec<Intent> {
    if args.iter().any(|word| word.is("--all") || word.is("--branches")) {
        return vec![Intent::Anything];
    }
    // What `pull` and `merge` name they take from, and what `--onto` names stays.
    let first = args.first().map(ShellWord::start);
    let is_taken = matches!(first, Some("pull" | "merge" | "add"));
    let before = std::iter::once(None).chain(args.iter().map(Some));
    let moves = |before: Option<&ShellWord>| !before.is_some_and(|word| word.is("--onto"));
    let named = args.iter().zip(before).filter(|(_, before)| !is_taken && moves(*before));
    let named = named.filter_map(|(word, _)| word.text());
    let set = |word: &str| {
        let branch = ShellWord::known(word.rsplit(['.', ':']).next().unwrap_or_default());
        Intent::Set { branch, to: Some(ShellWord::unknown()), existing: Existing::Replaced }
    };
    named.map(set).chain([Intent::Grow]).collect()
}

/// With these a rebase makes commits anew that are there already.
const REWRITES: [&str; 13] = [
    "--interactive",
    "-i",
    "--exec",
    "-x",
    "--root",
    "--force-rebase",
    "-f",
    "--no-ff",
    "--signoff",
    "--reset-author-date",
    "--ignore-date",
    "--committer-date-is-author-date",
    "--autosquash",
];

fn rebase(options: &Options) -> Vec<Intent> {
    if options.has(&["--abort", "--quit", "--edit-todo", "--show-current-patch"]) {
        return Vec::new();
    }
    // The branch is checked out again at the end only: what is committed meanwhile moves no branch.
    if options.has(&["--continue", "--skip"]) {
        return Vec::new();
    }
    let mut intents = unchecked(options);
    let mut operands = options.operands.iter();
    let upstream = if options.has(&["--root"]) { None } else { operands.next() };
    let onto = options.value(&["--onto"]).or(upstream);
    let followed = (!options.has(&["--root"])).then(|| ShellWord::known("@{upstream}"));
    let beyond = upstream.cloned().or(followed);
    let is_asked = options.has(&["--update-refs"]);
    let along =
        (!options.has(&["--no-update-refs"])).then_some(Intent::TakeAlong { beyond, is_asked });
    if let Some(branch) = operands.next() {
        // What it is put on is looked up before the branch is checked out.
        let (branch, existing) = (branch.clone(), Existing::Replaced);
        intents.push(Intent::Set { branch: branch.clone(), to: onto.cloned(), existing });
        intents.push(Intent::Switch(Switch::To(branch)));
        intents.extend(along);
        if !options.has(&REWRITES) {
            return intents;
        }
    } else {
        intents.extend(along);
    }
    intents.push(match onto {
        _ if options.has(&REWRITES) => Intent::Grow,
        Some(onto) => Intent::Rebase(onto.clone()),
        None => Intent::Rebase(ShellWord::known("@{upstream}")),
    });
    let commands = options.values(&["--exec", "-x"]).filter_map(ShellWord::text);
    intents.extend(commands.map(|command| Intent::Run(command.to_owned())));
    intents
}

fn pick(options: &Options) -> Vec<Intent> {
    if let Some(intents) = going_on(options) {
        return intents;
    }
    if options.has(&["--no-commit", "-n"]) {
        return vec![Intent::Stage(Staging::Anything), Intent::Write];
    }
    vec![Intent::Grow]
}

fn tag(options: &Options) -> Vec<Intent> {
    if options.has(&["-l", "--list", "-v", "--verify"]) {
        return Vec::new();
    }
    options.operands.first().cloned().map(Intent::Tag).into_iter().collect()
}

fn update_ref(options: &Options) -> Vec<Intent> {
    // Which refs, nobody reads here.
    if options.has(&["--stdin"]) {
        return vec![Intent::Anything];
    }
    let mut operands = options.operands.iter().cloned();
    let Some(name) = operands.next() else { return Vec::new() };
    // `update-ref HEAD` moves the branch that is checked out.
    if name.is("HEAD") {
        return if options.has(&["-d"]) {
            vec![Intent::Grow]
        } else {
            vec![Intent::Reset(operands.next().unwrap_or_else(ShellWord::unknown))]
        };
    }
    let Some(branch) = branch_of(&name) else { return Vec::new() };
    if options.has(&["-d"]) {
        vec![Intent::Remove(branch)]
    } else {
        let to = Some(operands.next().unwrap_or_else(ShellWord::unknown));
        vec![Intent::Set { branch, to, existing: Existing::Replaced }]
    }
}

fn symbolic_ref(options: &Options) -> Vec<Intent> {
    let [name, target] = options.operands.as_slice() else { return Vec::new() };
    match branch_of(target) {
        Some(branch) if name.is("HEAD") => vec![Intent::Switch(Switch::To(branch))],
        // Whoever moves this name moves the branch; and a branch that is made to point to another one has gone, for all that
        // use its name.
        target => {
            let is_fetched = |name: &ShellWord| name.start().starts_with("refs/remotes/");
            let to = || Some(ShellWord::unknown());
            let set = |branch| Intent::Set { branch, to: to(), existing: Existing::Replaced };
            let set = target.filter(|to| !is_fetched(to) || !is_fetched(name)).map(set);
            branch_of(name).map(Intent::Remove).into_iter().chain(set).collect()
        }
    }
}

/// The branch that a full name of a ref means, here or as fetched from a remote.
fn branch_of(name: &ShellWord) -> Option<ShellWord> {
    const BRANCHES: &str = "refs/heads/";
    let is_fetched = |text: &str| text.starts_with("refs/remotes/");
    if let Some(text) = name.text() {
        let fetched = || is_fetched(text).then(|| name.clone());
        return text.strip_prefix(BRANCHES).map(ShellWord::known).or_else(fetched);
    }
    let start = name.start();
    let unknown = || BRANCHES.starts_with(start).then(ShellWord::unknown);
    name.strip_prefix(BRANCHES).or_else(unknown)
}

/// `git config KEY VALUE` and `git config set KEY VALUE`.
fn configure(options: &Options) -> Vec<Intent> {
    let operands = options.operands.iter().filter(|word| !word.is("set"));
    let operands: Vec<&ShellWord> = operands.collect();
    match operands.as_slice() {
        [key, value, ..] => {
            let key = key.text().unwrap_or_default().to_ascii_lowercase();
            vec![Intent::Configure { key, value: (*value).clone() }]
        }
        _ => Vec::new(),
    }
}

fn branch(options: &Options) -> Vec<Intent> {
    let operands = options.operands.clone();
    if options.has(&["--delete", "-d", "-D"]) {
        return operands.into_iter().map(Intent::Remove).collect();
    }
    if let Some(upstream) = options.value(&["--set-upstream-to", "-u"]) {
        let (branch, upstream) = (operands.into_iter().next(), upstream.clone());
        return vec![Intent::Follow { branch, upstream }];
    }
    if options.has(&[
        "--list",
        "-l",
        "--edit-description",
        "--unset-upstream",
        "--show-current",
        "--merged",
        "--no-merged",
        "--contains",
        "--no-contains",
        "--points-at",
        "--all",
        "-a",
        "--remotes",
        "-r",
    ]) {
        return Vec::new();
    }
    let moved = options.has(&["--move", "-m", "-M"]);
    if moved || options.has(&["--copy", "-c", "-C"]) {
        let (old, new) = match operands.as_slice() {
            [new] => (ShellWord::known("HEAD"), new.clone()),
            [old, new, ..] => (old.clone(), new.clone()),
            [] => return Vec::new(),
        };
        let existing = Existing::Renamed;
        let mut intents = vec![Intent::Set { branch: new, to: Some(old.clone()), existing }];
        if moved {
            intents.push(Intent::Remove(old));
        }
        return intents;
    }
    let forced = options.has(&["--force", "-f"]);
    let existing = if forced { Existing::Replaced } else { Existing::Kept };
    let mut operands = operands.into_iter();
    match operands.next() {
        Some(branch) => vec![Intent::Set { branch, to: operands.next(), existing }],
        None => Vec::new(),
    }
}
