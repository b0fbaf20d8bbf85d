//! Pull requests, opened by the program of a forge. Here it is a stand-in for `gh` that keeps what it was told.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::activate::{BRANCH, ID, hints, workspace};
use crate::harness::net::Ssh;
use crate::harness::{Place, Sandbox, Ticket, no_leftovers};

/// It knows the options that tix gives, and no other. A pull request is a directory with a file for each of its properties. The
/// file `fail` says which of its commands fails, and whether it does its work first.
const GH: &str = r#"#!/bin/sh
state=@STATE@
verb="$1 $2"
shift 2
echo "$verb" >>"$state/calls"
number= title= body= head= draft=false repo= reason= fields=
case ${1-} in [0-9]*) number=$1; shift ;; esac
while [ $# -gt 0 ]; do
    case $1 in
    --title=*) title=${1#*=} ;;
    --body=*) body=${1#*=} ;;
    --head) head=$2; shift ;;
    --repo) repo=$2; shift ;;
    --reason) reason=$2; shift ;;
    --draft) draft=true ;;
    --state) which=$2; shift ;;
    --json) fields=$2; shift ;;
    --base | --limit) shift ;;
    *) echo "unknown flag: $1" >&2; exit 1 ;;
    esac
    shift
done
in_json() { sed 's/\\/\\\\/g; s/"/\\"/g' "$1" | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'; }
fails=$(cat "$state/fail" 2>/dev/null)
if [ "$fails" = "$verb" ]; then
    echo "HTTP 502: Bad Gateway" >&2
    exit 1
fi
case $verb in
"pr list")
    printf '['
    comma=
    for pr in "$state"/[0-9]*; do
        [ -d "$pr" ] || continue
        [ -z "$head" ] || [ "$(cat "$pr/head")" = "$head" ] || continue
        printf '%s{"number":%s,"url":"%s","state":"%s","isDraft":%s,"isCrossRepository":false,"headRefOid":"%s","title":"%s","body":"%s"}' \
            "$comma" "${pr##*/}" "$repo/pull/${pr##*/}" "$(cat "$pr/state")" "$(cat "$pr/draft")" \
            "$(cat "$pr/commit" 2>/dev/null)" "$(in_json "$pr/title")" "$(in_json "$pr/body")"
        comma=,
    done
    printf ']\n'
    ;;
"pr create")
    number=$(($(ls "$state" | grep -c '^[0-9]') + 1))
    mkdir "$state/$number"
    cd "$state/$number"
    printf '%s' "$head" >head
    printf '%s' "$title" >title
    printf '%s' "$body" >body
    echo OPEN >state
    echo $draft >draft
    echo "$repo/pull/$number"
    ;;
"pr edit") printf '%s' "$body" >"$state/$number/body" ;;
"pr ready") echo false >"$state/$number/draft" ;;
"issue list")
    case $fields in *blockedBy*) if [ -e "$state/old" ]; then echo 'Unknown JSON field: "blockedBy"' >&2; exit 1; fi ;; esac
    printf '['
    comma=
    for issue in "$state"/issue-[0-9]*; do
        [ -d "$issue" ] || continue
        [ "$which" = all ] || [ "$(cat "$issue/state")" = OPEN ] || continue
        printf '%s{"number":%s,"url":"%s","state":"%s","title":"%s","body":"%s"' "$comma" "${issue##*-}" \
            "$repo/issues/${issue##*-}" "$(cat "$issue/state")" "$(in_json "$issue/title")" "$(in_json "$issue/body")"
        case $fields in *blockedBy*) printf ',"parent":null,"blocking":[],"blockedBy":[%s]' "$(cat "$issue/blockers" 2>/dev/null)" ;; esac
        printf '}'
        comma=,
    done
    printf ']\n'
    ;;
"issue create")
    number=$(($(ls "$state" | grep -c '^issue-') + 1))
    mkdir "$state/issue-$number"
    cd "$state/issue-$number"
    printf '%s' "$title" >title
    printf '%s' "$body" >body
    echo OPEN >state
    echo "$repo/issues/$number"
    ;;
"issue edit")
    printf '%s' "$title" >"$state/issue-$number/title"
    printf '%s' "$body" >"$state/issue-$number/body"
    ;;
"issue close")
    echo CLOSED >"$state/issue-$number/state"
    echo "$reason" >"$state/issue-$number/reason"
    ;;
*) echo "unknown command: $verb" >&2; exit 1 ;;
esac
if [ "$fails" = "$verb, after its work" ]; then
    echo "HTTP 502: Bad Gateway" >&2
    exit 1
fi
"#;

/// Makes the clone's remote, which stays where it is, one on this host.
pub fn on_forge(clone: &Place, host: &str) {
    let root = clone.shared().root();
    let home = root.join("forge");
    fs::create_dir_all(home.join("acme")).unwrap();
    let remote = clone.git(&["config", "remote.origin.url"]);
    symlink(remote, home.join("acme/shop.git")).unwrap();
    Ssh::install(clone.shared().git(), &root.join("bin"), &home);
    clone.git(&["config", "remote.origin.url", &format!("git@{host}:acme/shop.git")]);
}

/// Puts the stand-in for `gh` on the PATH, and returns the directory of what it keeps.
pub fn gh(clone: &Place) -> PathBuf {
    let state = clone.shared().root().join("gh");
    fs::create_dir(&state).unwrap();
    let script = GH.replace("@STATE@", &format!("'{}'", state.display()));
    clone.write_script(clone.shared().root().join("bin/gh"), &script);
    state
}

/// An open issue that people wrote.
pub fn issue(state: &Path, title: &str, body: &str) {
    let number = fs::read_dir(state).unwrap().count() + 1;
    let place = state.join(format!("issue-{number}"));
    fs::create_dir(&place).unwrap();
    for (name, text) in [("title", title), ("body", body), ("state", "OPEN")] {
        fs::write(place.join(name), text).unwrap();
    }
}

/// A clone on GitHub with a ticket that is held and worked on, its workspace, and what `gh` keeps.
fn worked(settings: &str) -> (Sandbox, Place, Place, PathBuf) {
    let sandbox = Sandbox::new();
    let text = Ticket::new(ID).text().replace("- [ ]", "- [x]");
    sandbox.seed(&[(format!("tickets/queue/{ID}.md"), text)]);
    sandbox.seed(&[(".tix.yaml", settings)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    there.commit("work", &[("work.txt", "done\n")]);
    on_forge(&clone, "github.com");
    let state = gh(&clone);
    (sandbox, clone, there, state)
}

pub fn told(state: &Path, what: &str) -> String {
    fs::read_to_string(state.join(what)).unwrap().trim_end().to_owned()
}

const URL: &str = "https://github.com/acme/shop/pull/1";

#[test]
fn complete_opens_the_pull_request_and_a_second_call_brings_it_up_to_date() {
    let (sandbox, clone, there, state) = worked("");
    let output = there.tix(&["complete", "--pr"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is complete
      1 commit was pushed to origin
      pull request 1 (open): https://github.com/acme/shop/pull/1
    ----- stderr -----
    ");
    assert_eq!(told(&state, "1/head"), format!("ticket/{ID}"));
    let body = told(&state, "1/body");
    let path = format!("tickets/completed/{ID}/{ID}.md");
    assert!(body.contains(&format!("Ticket: `{ID}` (`{path}`)")), "{body}");
    assert!(body.contains("- [x] It works"), "{body}");
    let text = String::from_utf8(sandbox.remote().show(BRANCH, &path)).unwrap();
    assert!(text.contains(&format!("pull_request: {URL}")), "{text}");
    assert_eq!(there.git(&["status", "--porcelain"]), "");
    no_leftovers(&clone);
    // Everything is as it is to be: nothing is written anywhere.
    let before = sandbox.remote().git(&["for-each-ref"]);
    let again = clone.tix(&["pr", ID, "--json"]).success().json();
    assert_eq!(
        (again["outcome"].as_str(), again["pull_request"]["number"].as_u64()),
        (Some("already"), Some(1))
    );
    assert_eq!(
        clone.tix(&["complete", ID, "--pr", "--json"]).success().json()["outcome"],
        "already"
    );
    assert_eq!(sandbox.remote().git(&["for-each-ref"]), before);
    assert!(!told(&state, "calls").contains("pr edit"));
    // What people write around the part of tix stays.
    fs::write(
        state.join("1/body"),
        format!("Hello \"you\"\n\n{}\n\nBye", body.replace("[x]", "[ ]")),
    )
    .unwrap();
    let output = clone.tix(&["pr", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 has its pull request up to date now
      pull request 1 (open): https://github.com/acme/shop/pull/1
    ----- stderr -----
    ");
    assert_eq!(told(&state, "1/body"), format!("Hello \"you\"\n\n{body}\n\nBye"));
}

#[test]
fn it_is_a_draft_until_the_review_has_passed() {
    let (_sandbox, clone, there, state) = worked("review: [critic_review]\nreview.self: true\n");
    there.tix(&["submit"]).success();
    let answer = clone.tix(&["pr", ID, "--json"]).success().json();
    assert_eq!(answer["outcome"], "opened");
    assert_eq!(answer["pull_request"]["draft"], true);
    assert_eq!(told(&state, "1/draft"), "true");
    assert_eq!(clone.tix(&["pr", ID, "--json"]).success().json()["outcome"], "already");
    clone.tix(&["review", ID, "--approve"]).success();
    let answer = clone.tix(&["complete", ID, "--pr", "--json"]).success().json();
    assert_eq!(
        (answer["outcome"].as_str(), answer["pull_request"]["draft"].as_bool()),
        (Some("completed"), Some(false))
    );
    assert_eq!(told(&state, "1/draft"), "false");
    assert!(!state.join("2").exists());
}

#[test]
fn what_the_program_fails_at_is_said_and_done_by_the_next_call() {
    let (_sandbox, clone, _there, state) = worked("");
    fs::write(state.join("fail"), "pr create").unwrap();
    let output = clone.tix(&["complete", ID, "--pr"]);
    insta::assert_snapshot!(output.exits(6).redacted(), @"
    exit: 6
    ----- stdout -----
    ----- stderr -----
    error: gh cannot open the pull request
      said  HTTP 502: Bad Gateway
    hint: try it again: tix pr TICKET-foo-001
    ");
    // The ticket is complete all the same.
    let line = clone.tix(&["status", ID, "--json"]).success().json();
    assert_eq!(line["status"], "approved", "{line}");
    // It was opened, and only the answer is lost.
    fs::write(state.join("fail"), "pr create, after its work").unwrap();
    assert_eq!(clone.tix(&["pr", ID, "--json"]).success().json()["outcome"], "opened");
    fs::write(state.join("fail"), "pr list").unwrap();
    let output = clone.tix(&["pr", ID, "--json"]);
    assert_eq!(hints(output.exits(6)), format!("try it again: tix pr {ID}"));
    assert!(state.join("1").exists() && !state.join("2").exists());
}

#[test]
fn where_no_program_can_open_it_the_address_is_printed() {
    let (_sandbox, clone, there, _) = worked("");
    clone.git(&["config", "remote.origin.url", "git@bitbucket.org:acme/shop.git"]);
    insta::assert_snapshot!(there.tix(&["pr"]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 needs its pull request opened by hand
    next:
      open a pull request from ticket/TICKET-foo-001 to main: https://bitbucket.org/acme/shop/pull-requests/new?source=ticket/TICKET-foo-001&dest=main
    ----- stderr -----
    warning: 1 commit here is not pushed, and not in the pull request: git push
    warning: tix knows no program that opens pull requests on bitbucket.org
    ");
}

#[test]
fn what_waits_for_its_merge_is_listed_with_its_pull_request_and_nobody_is_asked() {
    let (sandbox, clone, _there, state) = worked("");
    sandbox.seed(&[("tickets/queue/TICKET-bar-001.md", Ticket::new("TICKET-bar-001").text())]);
    assert_eq!(clone.tix(&["list", "--unmerged", "-q"]).success().stdout(), "");
    clone.tix(&["complete", ID, "--pr"]).success();
    let calls = told(&state, "calls");
    let listed = clone.tix(&["list", "--unmerged", "--columns", "id,pr"]);
    assert_eq!(listed.success().stdout(), format!("{ID}\tpull request 1 (open)\n"));
    let row = clone.tix(&["show", ID, "--json"]).success().json();
    assert_eq!(row["pull_request"]["url"], URL);
    let status = clone.tix(&["status", ID]);
    assert!(
        status.success().stdout().contains(&format!("pull request 1 (open): {URL}")),
        "{status}"
    );
    let bob = sandbox.clone_named("b").as_person("Bob", "bob@example.org");
    let dashboard = bob.tix(&["--json"]).success().json();
    assert_eq!(dashboard["attention"][0]["text"], "completed, not merged yet: pull request 1");
    let dashboard = clone.as_person("Bob", "bob@example.org").tix(&["--json"]).success().json();
    assert_eq!(
        dashboard["attention"][0]["text"],
        "completed, not merged yet: pull request 1 (open)"
    );
    assert_eq!(told(&state, "calls"), calls);
    // The next look says that it was merged, and opens no other.
    let commit = sandbox.remote().git(&["rev-parse", BRANCH]);
    fs::write(state.join("1/commit"), commit).unwrap();
    fs::write(state.join("1/state"), "MERGED").unwrap();
    let answer = clone.tix(&["pr", ID, "--json"]).success().json();
    assert_eq!(answer["pull_request"]["state"], "merged");
    assert!(!state.join("2").exists());
}

#[test]
fn only_tix_names_the_pull_request_and_a_ticket_that_is_given_back_has_none() {
    let (sandbox, clone, there, _) = worked("");
    there.tix(&["pr"]).success();
    let refused = clone.tix(&["set", ID, "pull_request=x", "--json"]).exits(2).json();
    assert!(refused["message"].as_str().unwrap().contains("pull_request"), "{refused}");
    clone.tix(&["release", ID]).success();
    let text = String::from_utf8(sandbox.remote().show("main", &format!("tickets/queue/{ID}.md")))
        .unwrap();
    assert!(!text.contains("pull_request"), "{text}");
    // Nobody works on it, so there is no branch.
    clone.tix(&["pr", ID]).exits(5);
}

#[test]
fn one_look_at_the_forge_tells_of_every_held_ticket_and_clean_forgets() {
    let (sandbox, clone, there, state) = worked("");
    insta::assert_snapshot!(clone.tix(&["pr", "--refresh"]).success().redacted(), @"
    exit: 0
    ----- stdout -----
    ----- stderr -----
    no held ticket names a pull request
    ");
    assert!(!state.join("calls").exists());
    there.tix(&["complete", "--pr"]).success();
    // Another clone knows from the ticket that there is one, and how far it is when it has looked.
    let other = sandbox.clone_named("b");
    on_forge_too(&other);
    other.tix(&["list", "--fetch"]).success();
    let listed = other.tix(&["list", "--columns", "id,pr"]);
    assert_eq!(listed.success().stdout(), format!("{ID}\tpull request 1\n"));
    fs::write(state.join("1/state"), "MERGED").unwrap();
    let before = told(&state, "calls").lines().count();
    let looked = other.tix(&["pr", "--refresh"]);
    assert_eq!(looked.success().stdout(), format!("pull request 1 (merged)\t{ID}\t{URL}\n"));
    assert_eq!(told(&state, "calls").lines().count(), before + 1);
    let listed = other.tix(&["list", "--columns", "id,pr"]);
    assert_eq!(listed.success().stdout(), format!("{ID}\tpull request 1 (merged)\n"));
    // One that is not among the newest is named, and what was seen before stays.
    fs::rename(state.join("1"), state.join("old")).unwrap();
    let output = other.tix(&["pr", "--refresh"]);
    let warning =
        format!("warning: the pull request of {ID} is not among the newest ones: tix pr {ID}\n");
    assert_eq!(output.success().stderr(), warning);
    assert!(output.stdout().starts_with("pull request 1 (merged)"), "{output}");
    // Its record goes with everything else of the ticket.
    let record = clone.common_dir().join(format!("tix/pulls/{ID}.json"));
    assert!(record.exists());
    clone.git(&["pull", "-q"]);
    clone.git(&["merge", "-q", "--no-edit", &format!("ticket/{ID}")]);
    clone.git(&["push", "-q"]);
    clone.tix(&["clean", ID]).success();
    assert!(!record.exists());
    let record = other.common_dir().join(format!("tix/pulls/{ID}.json"));
    assert!(record.exists());
    other.tix(&["list", "--fetch"]).success();
    other.tix(&["pr", "--refresh"]).success();
    assert!(!record.exists());
}

/// Where another clone has made the remote one of a forge.
fn on_forge_too(clone: &Place) {
    clone.git(&["config", "remote.origin.url", "git@github.com:acme/shop.git"]);
}

/// It prints the answer of each of its commands from a file, and notes its arguments.
const SCRIPTED: &str = r#"#!/bin/sh
state=@STATE@
printf '%s|' "$@" | tr '\n' ' ' >>"$state/calls"
echo >>"$state/calls"
case "$1 $2" in
*" list") cat "$state/list" ;;
*" create") cp "$state/created" "$state/list" ;;
*" update" | *" edit") ;;
*) exit 1 ;;
esac
"#;

#[test]
fn glab_and_tea_are_called_in_their_own_words() {
    let glab = r#"[{"iid":7,"web_url":"https://f/7","state":"opened","draft":true,"source_project_id":1,"target_project_id":1,"title":"Draft: x","description":"<!-- tix: begin --><!-- tix: end -->"}]"#;
    let tea = format!(
        r#"[{{"index":"7","url":"https://f/7","state":"open","head":"ticket/{ID}","title":"WIP: Foo","body":"<!-- tix: begin --><!-- tix: end -->"}}]"#
    );
    for (host, program, created) in [("gitlab.com", "glab", glab), ("codeberg.org", "tea", &*tea)] {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(format!("tickets/queue/{ID}.md"), Ticket::new(ID).text())]);
        sandbox.seed(&[(".tix.yaml", "review: [critic_review]\nreview.self: true\n")]);
        let clone = sandbox.clone_named("a");
        clone.tix(&["activate", ID]).success();
        on_forge(&clone, host);
        let state = sandbox.root().join("forge-state");
        fs::create_dir(&state).unwrap();
        fs::write(state.join("list"), "[]").unwrap();
        fs::write(state.join("created"), created).unwrap();
        let script = SCRIPTED.replace("@STATE@", &format!("'{}'", state.display()));
        clone.write_script(sandbox.root().join("bin").join(program), &script);
        assert_eq!(clone.tix(&["pr", ID, "--json"]).success().json()["outcome"], "opened");
        clone.tix(&["submit", ID]).success();
        clone.tix(&["review", ID, "--approve"]).success();
        assert_eq!(clone.tix(&["pr", ID, "--json"]).success().json()["outcome"], "updated");
        let refreshed = clone.tix(&["pr", "--refresh", "--json"]).success().json();
        assert_eq!(refreshed["tickets"][0]["seen"], true, "{refreshed}");
        let calls = told(&state, "calls");
        let calls: Vec<&str> =
            calls.lines().map(|call| call.split("<!--").next().unwrap()).collect();
        let calls = calls.join("\n");
        match program {
            "glab" => insta::assert_snapshot!(calls, @"
            mr|list|--repo|https://gitlab.com/acme/shop|--all|--per-page|100|--output|json|--target-branch|main|--source-branch|ticket/TICKET-foo-001|
            mr|create|--repo|https://gitlab.com/acme/shop|--target-branch|main|--source-branch|ticket/TICKET-foo-001|--yes|--title=Make it work|--description=
            mr|list|--repo|https://gitlab.com/acme/shop|--all|--per-page|100|--output|json|--target-branch|main|--source-branch|ticket/TICKET-foo-001|
            mr|list|--repo|https://gitlab.com/acme/shop|--all|--per-page|100|--output|json|--target-branch|main|--source-branch|ticket/TICKET-foo-001|
            mr|update|7|--repo|https://gitlab.com/acme/shop|--description=
            mr|update|7|--repo|https://gitlab.com/acme/shop|--ready|
            mr|list|--repo|https://gitlab.com/acme/shop|--all|--per-page|100|--output|json|
            "),
            _ => insta::assert_snapshot!(calls, @"
            pulls|list|--remote|origin|--state|all|--limit|50|--fields|index,state,url,head,title,body|--output|json|
            pulls|create|--remote|origin|--base|main|--head|ticket/TICKET-foo-001|--title=WIP: Make it work|--description=
            pulls|list|--remote|origin|--state|all|--limit|50|--fields|index,state,url,head,title,body|--output|json|
            pulls|list|--remote|origin|--state|all|--limit|50|--fields|index,state,url,head,title,body|--output|json|
            pulls|edit|7|--remote|origin|--description=
            pulls|edit|7|--remote|origin|--title=Foo|
            pulls|list|--remote|origin|--state|all|--limit|50|--fields|index,state,url,head,title,body|--output|json|
            "),
        }
    }
}
