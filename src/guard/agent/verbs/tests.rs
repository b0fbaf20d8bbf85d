use super::*;

fn of(line: &str) -> Vec<Intent> {
    let (verb, args) = line.split_once(' ').unwrap_or((line, ""));
    let args: Vec<ShellWord> =
        args.split(' ').filter(|arg| !arg.is_empty()).map(ShellWord::known).collect();
    intents(verb, &args)
}

fn word(text: &str) -> ShellWord {
    ShellWord::known(text)
}

fn set(branch: &str, to: Option<&str>) -> Intent {
    Intent::Set { branch: word(branch), to: to.map(word), existing: Existing::Replaced }
}

#[test]
fn what_moves_no_branch_is_nothing() {
    for line in [
        "status",
        "log -3",
        "diff",
        "--version",
        "commit --dry-run",
        "merge --abort",
        "rebase --continue",
        "cherry-pick --quit",
        "branch",
        "branch -a --list main",
        "branch -u origin/main",
        "branch --merged main",
        "branch -r --no-contains main",
        "commit -h",
        "reset -h",
        "stash push",
        "restore --staged x",
        "restore x",
        "apply --check x",
        "push --dry-run",
        "push --tags",
        "fetch origin",
        "fetch origin main",
        "update-ref refs/tags/x HEAD",
        "symbolic-ref HEAD",
        "worktree list",
        "checkout",
        "stash list --x",
    ] {
        let found = of(line);
        let moves = |intent: &Intent| {
            !matches!(intent, Intent::Stage(_) | Intent::Fetch { .. } | Intent::Follow { .. })
        };
        assert!(!found.iter().any(moves), "{line}: {found:?}");
    }
}

#[test]
fn commits_are_told_by_what_they_would_hold() {
    let content = |line: &str| match of(line).pop() {
        Some(Intent::Commit(commit)) => commit.content,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(content("commit -m x"), Content::Staged);
    assert_eq!(content("commit --amend --no-edit"), Content::Staged);
    assert_eq!(content("commit -am x"), Content::All);
    assert_eq!(content("commit -m x a b"), Content::Paths(vec![word("a"), word("b")]));
    assert_eq!(content("commit -m x -- a"), Content::Paths(vec![word("a")]));
    assert_eq!(content("commit -p"), Content::Chosen);
    assert_eq!(content("merge --continue"), Content::Staged);
    for line in
        ["commit -n -m x", "commit --no-verify -m x", "commit --no-ver", "merge --no-verify x"]
    {
        assert_eq!(of(line).first(), Some(&Intent::Unchecked), "{line}");
    }
}

/// A branch that gets commits which nobody can look at yet.
fn made(branch: &str) -> Intent {
    let existing = Existing::Replaced;
    Intent::Set { branch: word(branch), to: Some(ShellWord::unknown()), existing }
}

fn pull(remote: Option<&str>, source: &str, into: Option<&str>) -> Intent {
    let (remote, into) = (remote.map(word), into.map(word));
    Intent::Pull(Pull { remote, source: word(source), into })
}

fn configured(key: &str, value: &str) -> Intent {
    Intent::Configure { key: key.to_owned(), value: word(value) }
}

#[test]
fn every_way_to_move_a_branch_is_known() {
    for (line, intent) in [
        ("merge topic", Intent::Take(word("topic"))),
        ("merge", Intent::Take(word("@{upstream}"))),
        ("pull origin topic", pull(Some("origin"), "topic", None)),
        ("pull", pull(None, "", None)),
        ("fetch origin +main:main", pull(Some("origin"), "main", Some("main"))),
        ("tag -f x y", Intent::Tag),
        ("stash branch x", Intent::Switch(Switch::New(word("x")))),
        ("rebase -x 'make' main", Intent::Run("'make'".to_owned())),
        ("svn dcommit", Intent::Grow),
        ("rebase topic", Intent::Rebase(word("topic"))),
        ("rebase --onto a b", Intent::Rebase(word("a"))),
        ("rebase -i HEAD~2", Intent::Grow),
        ("cherry-pick abc", Intent::Grow),
        ("revert HEAD", Intent::Grow),
        ("am x.patch", Intent::Grow),
        ("filter-branch --tree-filter x", Intent::Grow),
        ("filter-branch --tree-filter x x..HEAD", Intent::Grow),
        ("filter-branch -f --tree-filter x main", made("main")),
        ("filter-branch --msg-filter x -- ^y main~2..main", made("main")),
        ("filter-branch --tree-filter x -- --all", Intent::Anything),
        ("replay --advance main x..y", made("main")),
        ("replay --onto x main~2..main", made("main")),
        ("subtree push -P dir origin main", made("main")),
        ("subtree push --prefix=dir origin x:refs/heads/main", made("refs/heads/main")),
        ("subtree pull -P dir origin main", Intent::Grow),
        ("pull . x:main", pull(Some("."), "x", Some("main"))),
        ("fetch . x:heads/main", pull(Some("."), "x", Some("heads/main"))),
        ("config set push.default upstream", configured("push.default", "upstream")),
        ("config -f x --add Remote.o.push y", configured("remote.o.push", "y")),
        ("remote set-url o ../x", configured("remote.o.url", "../x")),
        ("update-ref refs/remotes/o/main x", set("refs/remotes/o/main", Some("x"))),
        ("fast-import", Intent::Anything),
        ("bisect run make test", Intent::Run("'make' 'test'".to_owned())),
        ("reset --hard HEAD~1", Intent::Reset(word("HEAD~1"))),
        ("reset HEAD~1", Intent::Reset(word("HEAD~1"))),
        ("update-ref refs/heads/main x", set("main", Some("x"))),
        ("update-ref -m why refs/heads/main x y", set("main", Some("x"))),
        ("update-ref HEAD x", Intent::Reset(word("x"))),
        ("update-ref -d refs/heads/main", Intent::Remove(word("main"))),
        ("update-ref --stdin", Intent::Anything),
        ("branch -f main", set("main", None)),
        ("branch -f main x", set("main", Some("x"))),
        ("branch -M x main", Intent::Remove(word("x"))),
        ("branch -m main y", Intent::Remove(word("main"))),
        ("branch -m y", Intent::Remove(word("HEAD"))),
        ("branch -D main", Intent::Remove(word("main"))),
        ("fetch o +x:refs/heads/main", pull(Some("o"), "x", Some("refs/heads/main"))),
        ("symbolic-ref HEAD refs/heads/x", Intent::Switch(Switch::To(word("x")))),
        ("symbolic-ref refs/heads/main refs/heads/x", Intent::Remove(word("main"))),
    ] {
        let found = of(line);
        assert!(found.contains(&intent), "{line}: {found:?}");
    }
    for (line, branch, to) in [
        ("checkout -B main x", "main", Some("x")),
        ("switch -C main", "main", None),
        ("switch --force-create main x", "main", Some("x")),
        ("worktree add -B main ../x y", "main", Some("y")),
    ] {
        assert_eq!(of(line).first(), Some(&set(branch, to)), "{line}");
    }
    let switched = [set("topic", Some("main")), Intent::Switch(Switch::To(word("topic")))];
    assert_eq!(of("rebase main topic"), switched);
}

#[test]
fn resets_of_the_index_move_no_branch() {
    for line in [
        "reset",
        "reset HEAD",
        "reset HEAD x",
        "reset -- x",
        "reset HEAD~1 -- x",
        "reset --hard",
        "reset @ x",
    ] {
        let found = of(line);
        assert!(
            !found.iter().any(|intent| matches!(intent, Intent::Reset(_))),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn pushes_are_read_whole() {
    let push = |line: &str| match of(line).pop() {
        Some(Intent::Push(push)) => push,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(push("push"), Push::default());
    let named = push("push -u origin HEAD:main");
    assert_eq!((named.remote, named.refspecs), (Some(word("origin")), vec![word("HEAD:main")]));
    assert!(push("push -f").force && push("push --force-with-lease=main").force);
    assert!(push("push --delete origin main").delete && push("push -d origin main").delete);
    assert_eq!(push("push --mirror x").everything, Everything::Mirror);
    assert_eq!(push("push --all").everything, Everything::Branches);
    assert_eq!(push("push origin -- x:main").refspecs, [word("x:main")]);
    assert_eq!(of("push --no-verify").first(), Some(&Intent::Unchecked));
}

#[test]
fn what_is_made_and_staged_is_known() {
    let made = |path: &str, branch: Option<&str>| {
        let (path, branch) = (word(path), branch.map(word));
        Intent::MakeWorktree { path, branch }
    };
    assert_eq!(of("worktree add -b x ../w").pop(), Some(made("../w", Some("x"))));
    assert_eq!(of("worktree add ../w main").pop(), Some(made("../w", Some("main"))));
    assert_eq!(of("worktree add ../w").pop(), Some(made("../w", Some("w"))));
    assert_eq!(of("worktree add --detach ../w").pop(), Some(made("../w", None)));
    let repository = |path: Option<&str>, source: Option<&str>| {
        let (path, source) = (path.map(word), source.map(word));
        vec![Intent::MakeRepository { path, source }]
    };
    let (url, path) = (Some("https://x/y/z.git"), Some("z"));
    assert_eq!(of("clone https://x/y/z.git"), repository(path, url));
    assert_eq!(of("clone -b x https://x/y/z.git w"), repository(Some("w"), url));
    assert_eq!(of("init w"), repository(Some("w"), None));
    assert_eq!(of("init"), repository(None, None));
    assert_eq!(of("add a b"), [Intent::Stage(Staging::Paths(vec![word("a"), word("b")]))]);
    for line in ["add -A x", "add -u x", "add -p x"] {
        assert_eq!(of(line), [Intent::Stage(Staging::Paths(vec![word("x")]))], "{line}");
    }
    for line in [
        "add -A",
        "add -u",
        "add -i x",
        "add -e x",
        "stash pop",
        "checkout x -- y",
        "restore --staged -s x y",
        "apply --index x",
    ] {
        assert_eq!(of(line).first(), Some(&Intent::Stage(Staging::Anything)), "{line}");
    }
    for line in ["apply x", "stash pop", "merge --squash x", "restore -s x y", "checkout x -- y"] {
        assert_eq!(of(line).last(), Some(&Intent::Write), "{line}");
    }
}

#[test]
fn other_words_may_be_aliases() {
    assert_eq!(of("ci -m x"), [Intent::Other]);
    assert_eq!(of("foo finish"), [Intent::Other]);
    assert_eq!(of("cat-file -p x"), []);
}
