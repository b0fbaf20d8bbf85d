//! Subcommands that speak with another repository, or name one.

use super::super::super::shell::{OpenWord, ShellWord};
use super::super::intent::{Everything, Intent, Pull, Push};
use super::super::options::Options;
use super::unchecked;

pub fn push(options: &Options) -> Vec<Intent> {
    if options.has(&["--dry-run", "-n"]) {
        return Vec::new();
    }
    let mut intents = unchecked(options);
    let mut operands = options.operands.iter().cloned();
    let repo = options.value(&["--repo"]).cloned();
    // git heeds the option only where no word names the remote; people who write both mean the option.
    let meant = repo
        .clone()
        .filter(|_| operands.len() > 0)
        .map(|remote| (remote, operands.clone().collect()));
    let remote = operands.next().or(repo);
    let everything = if options.has(&["--mirror"]) {
        Everything::Mirror
    } else if options.has(&["--all", "--branches"]) {
        Everything::Branches
    } else {
        Everything::No
    };
    let refspecs: Vec<ShellWord> = operands.collect();
    // Only tags go, when they are asked for and nothing else is.
    if refspecs.is_empty() && everything == Everything::No && options.has(&["--tags"]) {
        return Vec::new();
    }
    let push = |remote, refspecs| {
        Intent::Push(Push {
            remote,
            refspecs,
            everything,
            force: options.has(&["--force", "-f", "--force-with-lease", "--prune"]),
            delete: options.has(&["--delete", "-d"]),
        })
    };
    intents.push(push(remote, refspecs));
    intents.extend(meant.map(|(remote, refspecs)| push(Some(remote), refspecs)));
    intents
}

/// What `push` starts. It asks no hook.
pub fn send_pack(options: &Options) -> Vec<Intent> {
    let mut intents = push(options);
    if !intents.is_empty() {
        intents.push(Intent::Unchecked);
    }
    intents
}

/// A refspec with a branch on its right side moves that branch.
pub fn fetch(options: &Options) -> Vec<Intent> {
    if options.has(&["--dry-run"]) {
        return Vec::new();
    }
    // Which refs, nobody reads here.
    if options.has(&["--stdin"]) {
        return vec![Intent::Anything];
    }
    let (remote, refspecs) = source_and_names(options);
    let into = refspecs.iter().chain(options.values(&["--refmap"])).filter_map(|refspec| {
        let (source, into) = sides(refspec);
        Some(Intent::Pull(Pull { remote: remote.cloned(), source, into: Some(into?) }))
    });
    let any = options.has(&["--all", "--multiple"]).then(ShellWord::unknown);
    let (remote, names) = (any.or_else(|| remote.cloned()), refspecs.to_vec());
    into.chain([Intent::Fetch { remote, names }]).collect()
}

/// A pull of the branch's own upstream brings what is published; a pull of anything else is a merge of it.
pub fn pull(options: &Options) -> Vec<Intent> {
    if options.has(&["--dry-run"]) {
        return Vec::new();
    }
    let mut intents = unchecked(options);
    let (remote, refspecs) = source_and_names(options);
    let none = [ShellWord::known("")];
    for refspec in if refspecs.is_empty() { &none } else { refspecs } {
        let (source, _) = sides(refspec);
        intents.push(Intent::Pull(Pull { remote: remote.cloned(), source, into: None }));
    }
    // With a right side it is a fetch into that branch first.
    intents.extend(fetch(options));
    intents
}

fn source_and_names(options: &Options) -> (Option<&ShellWord>, &[ShellWord]) {
    let names = options.operands.get(1..).unwrap_or_default();
    (options.operands.first(), names)
}

/// What a refspec takes, and where to: cut at the `:` that stands in no computation.
pub fn sides(refspec: &ShellWord) -> (ShellWord, Option<ShellWord>) {
    let written = refspec.written().trim_start_matches('+');
    let mut depth = 0_usize;
    let colon = written.char_indices().find(|(_, sign)| {
        match sign {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *sign == ':' && depth == 0
    });
    let (from, to) = match colon {
        Some((at, _)) => written.split_at(at),
        None => (written, ""),
    };
    let to = to.strip_prefix(':').filter(|to| !to.is_empty());
    if refspec.text().is_some() {
        return (ShellWord::known(from), to.map(ShellWord::known));
    }
    let part = |text: &str| match text.find(['$', '`', '{', '…']) {
        None => ShellWord::known(text),
        Some(at) => {
            let start = text.get(..at).unwrap_or_default().to_owned();
            let end = if text == from && to.is_some() { "" } else { refspec.end() };
            let (end, written) = (end.to_owned(), text.to_owned());
            ShellWord::Open(OpenWord { start, end, written, is_list: false })
        }
    };
    (part(from), to.map(part))
}

/// A remote gets an address, and what it mirrors; or is fetched.
pub fn remote(options: &Options) -> Vec<Intent> {
    let fetched =
        |name: &ShellWord| Intent::Fetch { remote: Some(name.clone()), names: Vec::new() };
    match options.operands.as_slice() {
        [sub, name, address, ..] if sub.is("add") || sub.is("set-url") => {
            let configure = |key: &str, value: ShellWord| {
                let key = name.text().map(|name| format!("remote.{name}.{key}"));
                Intent::Configure { key: key.unwrap_or_default(), value }
            };
            let mut intents = vec![configure("url", address.clone())];
            if options.has(&["--mirror"]) {
                let is_pushed = options.value(&["--mirror"]).is_some_and(|way| way.is("push"));
                let (key, value) =
                    if is_pushed { ("mirror", "true") } else { ("fetch", "+refs/*:refs/*") };
                intents.push(configure(key, ShellWord::known(value)));
            }
            if options.has(&["-f", "--fetch"]) {
                intents.push(fetched(name));
            }
            intents
        }
        [sub, ..] if sub.is("update") => vec![fetched(&ShellWord::unknown())],
        _ => Vec::new(),
    }
}
