//! `lock: branch`: the creation of the ticket branch is the lock, and the trunk follows.

use super::{
    ACTIVE, BRANCH, ID, QUEUED, claim_told, fact, key, release_by_claim, subjects, workspace,
};
use crate::harness::{
    Do, On, Output, Place, Sandbox, Shim, Untouched, codes, no_leftovers, queue_ticket, together,
};

const CUT: &str = "fatal: the remote end hung up unexpectedly\n";

fn tickets(ids: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files = vec![(".tix.yaml".to_owned(), "lock: branch\n".to_owned())];
    files.extend(ids.iter().map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    sandbox.seed(&files);
    sandbox
}

fn one() -> Sandbox {
    tickets(&[ID])
}

/// Nobody can move the trunk: what is claimed stands on its branch alone.
fn close_trunk(sandbox: &Sandbox) {
    sandbox.remote().hook("update", "[ \"$1\" != refs/heads/main ]");
}

fn open_trunk(sandbox: &Sandbox) {
    std::fs::remove_file(sandbox.remote().common_dir().join("hooks/update")).unwrap();
}

fn claim_on_branch(sandbox: &Sandbox) -> String {
    key(&sandbox.remote(), BRANCH, ACTIVE, "claim_id")
}

fn machine(sandbox: &Sandbox, name: &str) -> Place {
    sandbox.clone_named(name).on_machine(name).as_person(name, &format!("{name}@example.org"))
}

/// A clone that has claimed the ticket, which the trunk does not know.
fn unpublished(sandbox: &Sandbox) -> Place {
    close_trunk(sandbox);
    let holder = machine(sandbox, "ada");
    let output = holder.tix(&["activate", ID]);
    let told = output.success().stderr();
    assert!(told.contains("the trunk does not have it yet: origin refuses"), "{told}");
    open_trunk(sandbox);
    assert_eq!(subjects(sandbox), [""; 0]);
    holder
}

fn in_trunk(sandbox: &Sandbox, commit: &str) -> bool {
    let place = sandbox.remote();
    place.try_git(&["merge-base", "--is-ancestor", commit, "main"]).code == Some(0)
}

#[test]
fn a_claim_makes_its_branch_is_confirmed_and_then_brought_up_to_the_trunk() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    let before = Untouched::besides_ticket(&clone, ID);
    let shim = Shim::new(&sandbox);
    let receipt = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    let receipt = receipt.success().json();
    let calls = shim.calls();
    let remote: Vec<&str> = calls
        .iter()
        .map(|call| call.subcommand.as_str())
        .filter(|name| ["push", "fetch", "ls-remote"].contains(name))
        .collect();
    assert_eq!(remote, ["push", "fetch", "push"]);
    let claim = receipt["claim"]["commit"].as_str().unwrap();
    assert!(in_trunk(&sandbox, claim));
    let remote = sandbox.remote();
    assert_eq!(key(&remote, "main", ACTIVE, "status"), "claimed");
    assert_eq!(key(&remote, BRANCH, ACTIVE, "status"), "in_progress");
    assert_eq!(remote.git(&["log", "-1", "--format=%P", BRANCH]).trim(), claim);
    // What the branch brings to the trunk is what the trunk has already.
    let tree = remote.git(&["merge-tree", "--write-tree", "main", BRANCH]);
    assert_eq!(tree.lines().count(), 1, "{tree}");
    before.assert_same(&clone);
    no_leftovers(&clone);
    machine(&sandbox, "bob").tix(&["activate", ID]).exits(3);
}

#[test]
fn of_many_machines_that_want_one_ticket_exactly_one_wins() {
    for closed in [false, true] {
        let sandbox = one();
        if closed {
            close_trunk(&sandbox);
        }
        let places: Vec<Place> = (0..8).map(|n| machine(&sandbox, &format!("m{n}"))).collect();
        let before: Vec<_> = places.iter().map(Untouched::of).collect();
        let runs = places.iter().map(|p| p.tix_command(&["activate", ID, "--json"])).collect();
        let outputs = together(&sandbox, runs);
        assert_eq!(codes(&outputs), [0, 3, 3, 3, 3, 3, 3, 3], "{outputs:?}");
        let winner = outputs.iter().find(|o| o.code == Some(0)).unwrap().json();
        assert_eq!(claim_on_branch(&sandbox), winner["claim"]["id"].as_str().unwrap());
        for ((place, before), output) in places.iter().zip(&before).zip(&outputs) {
            no_leftovers(place);
            if output.code == Some(3) {
                assert_eq!(claim_told(&sandbox, output), winner["claim"]["id"].as_str().unwrap());
                before.assert_same(place);
            }
        }
    }
}

#[test]
fn machines_that_want_different_tickets_all_win_and_the_trunk_has_them_all() {
    let ids: Vec<String> = (0..8).map(|n| format!("TICKET-many-{n:03}")).collect();
    let sandbox = tickets(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let start = |id: &String| machine(&sandbox, id).tix_command(&["activate", id, "--json"]);
    let outputs = together(&sandbox, ids.iter().map(start).collect());
    for output in &outputs {
        assert_eq!(output.success().json()["claim"]["attempts"], 1);
    }
    let active = sandbox.remote().files("main").into_iter().filter(|f| f.contains("active/"));
    assert_eq!(active.count(), 8);
}

#[test]
fn the_next_ticket_is_another_one_for_each() {
    let ids: Vec<String> = (0..6).map(|n| format!("TICKET-many-{n:03}")).collect();
    let sandbox = tickets(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let start = |id: &String| machine(&sandbox, id).tix_command(&["activate", "--next", "--json"]);
    let outputs = together(&sandbox, ids.iter().map(start).collect());
    let mut got: Vec<String> =
        outputs.iter().map(|o| o.success().json()["ticket"].as_str().unwrap().to_owned()).collect();
    got.sort();
    assert_eq!(got, ids);
}

#[test]
fn what_stands_on_its_branch_alone_is_held_for_everybody() {
    let sandbox = one();
    let holder = unpublished(&sandbox);
    close_trunk(&sandbox);
    // For the clone that made it too, which has not fetched since.
    let own = holder.tix(&["list", "--json"]).success().json();
    assert_eq!(own["tickets"][0]["lane"], "active", "{own}");
    assert!(holder.tix(&["list"]).stderr().contains("1 claim is not on origin/main yet"));
    holder.tix(&["next"]).exits(4);
    let other = machine(&sandbox, "bob");
    let held = other.tix(&["activate", ID, "--json"]);
    assert_eq!(fact(held.exits(3), "held by"), "ada <ada@example.org>");
    let listed = other.tix(&["list", "--json"]).success().json();
    assert_eq!(listed["tickets"][0]["lane"], "active", "{listed}");
    assert!(other.tix(&["list"]).stderr().contains("1 claim is not on origin/main yet"));
    other.tix(&["activate", "--next"]).exits(4);
}

#[test]
fn whoever_pushes_the_trunk_next_brings_it_up() {
    let sandbox = one();
    unpublished(&sandbox);
    let claim = sandbox.remote().git(&["rev-parse", &format!("{BRANCH}~1")]);
    machine(&sandbox, "bob").tix(&["new", "Another one"]).success();
    assert!(in_trunk(&sandbox, &claim));
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claim_id"), claim_on_branch(&sandbox));
}

#[test]
fn what_ends_an_unpublished_claim_leaves_it_in_the_trunks_history() {
    let sandbox = one();
    let holder = unpublished(&sandbox);
    let claim = sandbox.remote().git(&["rev-parse", &format!("{BRANCH}~1")]);
    let late = sandbox.remote().git(&["rev-parse", BRANCH]);
    holder.tix(&["release", ID]).success();
    assert!(in_trunk(&sandbox, &claim));
    assert!(!sandbox.remote().has_ref(BRANCH));
    assert!(sandbox.remote().files("main").contains(&QUEUED.to_owned()));
    // The very same push, late: it is dead on arrival.
    sandbox.remote().git(&["update-ref", BRANCH, &late]);
    let other = machine(&sandbox, "bob");
    let receipt = other.tix(&["activate", ID, "--json"]).success().json();
    assert_eq!(claim_on_branch(&sandbox), receipt["claim"]["id"].as_str().unwrap());
    holder.tix(&["release", ID]).exits(5);
}

#[test]
fn an_unpublished_claim_can_be_taken_over_and_its_holder_is_fenced() {
    let sandbox = one();
    close_trunk(&sandbox);
    let holder = machine(&sandbox, "ada");
    holder.tix(&["activate", ID]).success();
    open_trunk(&sandbox);
    let other = machine(&sandbox, "bob");
    other.tix(&["reclaim", ID, "--reason", "she is away", "--force"]).success();
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claimed_by"), "bob <bob@example.org>");
    let refused = holder.tix(&["release", ID]);
    assert_ne!(refused.code, Some(0), "{refused}");
}

#[test]
fn the_work_on_an_unpublished_claim_is_written_handed_in_and_merged() {
    let sandbox = one();
    let holder = unpublished(&sandbox);
    close_trunk(&sandbox);
    holder.tix(&["note", ID, "half way"]).success();
    let work = Place::new(sandbox.shared(), workspace(&holder, ID)).on_machine("ada");
    work.commit("work", &[("work.txt", "done\n")]);
    work.git(&["push", "-q"]);
    open_trunk(&sandbox);
    let person = machine(&sandbox, "eve");
    person.git(&["fetch", "-q"]);
    person.git(&["merge", "-q", "--no-ff", "-m", "merge", &format!("origin/ticket/{ID}")]);
    person.git(&["push", "-q", "origin", "HEAD:main"]);
    assert!(sandbox.remote().files("main").contains(&"work.txt".to_owned()));
    machine(&sandbox, "bob").tix(&["activate", ID]).exits(3);
}

#[test]
fn a_claim_that_was_ended_before_its_push_landed_is_no_win() {
    let sandbox = one();
    let (clone, other) = (machine(&sandbox, "ada"), machine(&sandbox, "bob"));
    let shim = Shim::new(&sandbox);
    let tix = env!("CARGO_BIN_EXE_tix");
    let closes = format!("'{tix}' activate {ID} && '{tix}' close {ID} --as wont_do --reason no");
    shim.rule(On::command("push").nth(1), Do::Then(other.sh(&closes)));
    let before = Untouched::of(&clone);
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    shim.outputs()[0].success();
    assert_ne!(output.code, Some(0), "{output}");
    before.assert_same(&clone);
    // Nothing of it is left that somebody could take for a claim.
    assert!(!sandbox.remote().has_ref(BRANCH));
}

#[test]
fn a_claim_that_was_overtaken_and_given_back_is_made_anew() {
    let sandbox = one();
    let (clone, other) = (machine(&sandbox, "ada"), machine(&sandbox, "bob"));
    let shim = Shim::new(&sandbox);
    let tix = env!("CARGO_BIN_EXE_tix");
    let back = format!("'{tix}' activate {ID} && {}", release_by_claim(&sandbox));
    shim.rule(On::command("push").nth(1), Do::Then(other.sh(&back)));
    let receipt = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    shim.outputs()[0].success();
    assert_eq!(
        claim_on_branch(&sandbox),
        receipt.success().json()["claim"]["id"].as_str().unwrap()
    );
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claim_id"), claim_on_branch(&sandbox));
}

#[test]
fn a_lost_answer_is_looked_for_on_the_branch() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: CUT });
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert_eq!(output.success().json()["claim"]["attempts"], 1);
    assert_eq!(claim_on_branch(&sandbox), output.json()["claim"]["id"].as_str().unwrap());
    no_leftovers(&clone);
}

#[test]
fn that_the_branch_is_not_there_does_not_prove_that_nothing_landed() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    let shim = Shim::new(&sandbox);
    for _ in 0..9 {
        shim.rule(On::command("push"), Do::Fail { code: 128, stderr: CUT });
    }
    let output = clone.tix_command(&["activate", ID, "--json"]).through(&shim).run();
    assert!(output.exits(8).json()["message"].as_str().unwrap().contains("may have landed"));
}

#[test]
fn what_takes_a_ticket_out_of_the_queue_and_a_claim_of_it_exclude_each_other() {
    let sandbox = one();
    let (clone, other) = (machine(&sandbox, "ada"), machine(&sandbox, "bob"));
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::Then(other.tix_command(&["activate", ID])));
    close_trunk(&sandbox);
    other.git(&["config", "tix.timeout", "2s"]);
    let wanted = clone.tix_command(&["close", ID, "--as", "wont_do", "--reason", "no"]);
    let output = wanted.through(&shim).run();
    shim.outputs()[0].success();
    assert_ne!(output.code, Some(0), "{output}");
    open_trunk(&sandbox);
    clone.tix(&["close", ID, "--as", "wont_do", "--reason", "no"]).exits(5);
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "claimed_by"), "bob <bob@example.org>");
}

#[test]
fn a_ticket_that_is_closed_in_the_queue_leaves_no_branch() {
    let sandbox = one();
    machine(&sandbox, "ada").tix(&["close", ID, "--as", "wont_do", "--reason", "no"]).success();
    assert_eq!(sandbox.remote().git(&["for-each-ref", "refs/heads/ticket"]), "");
    assert!(!sandbox.remote().files("main").contains(&QUEUED.to_owned()));
}

#[test]
fn an_edit_of_a_ticket_that_was_claimed_meanwhile_stays() {
    let sandbox = one();
    unpublished(&sandbox);
    let text = queue_ticket(ID).replace("Make it work", "Make it work well");
    sandbox.seed(&[(QUEUED, text)]);
    machine(&sandbox, "bob").tix(&["new", "Another one"]).success();
    let remote = sandbox.remote();
    assert_eq!(key(&remote, "main", ACTIVE, "title"), "Make it work well");
    assert_eq!(key(&remote, "main", ACTIVE, "claim_id"), claim_on_branch(&sandbox));
}

#[test]
fn a_squashed_merge_and_a_reopening_do_not_revive_a_claim() {
    let sandbox = one();
    unpublished(&sandbox);
    let person = machine(&sandbox, "eve");
    person.git(&["merge", "-q", "--squash", &format!("origin/ticket/{ID}")]);
    person.git(&["commit", "-q", "-m", "squashed"]);
    person.git(&["rm", "-q", ACTIVE]);
    person.write(QUEUED, queue_ticket(ID));
    person.git(&["add", QUEUED]);
    person.git(&["commit", "-q", "-m", "reopened"]);
    person.git(&["push", "-q", "--no-verify", "origin", "HEAD:main"]);
    let receipt = machine(&sandbox, "bob").tix(&["activate", ID, "--json"]).success().json();
    assert_eq!(claim_on_branch(&sandbox), receipt["claim"]["id"].as_str().unwrap());
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claim_id"), claim_on_branch(&sandbox));
}

#[test]
fn a_clone_whose_settings_are_older_decides_by_those_of_the_remote() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let old = machine(&sandbox, "old");
    sandbox.seed(&[(".tix.yaml", "lock: branch\n")]);
    unpublished(&sandbox);
    old.tix(&["activate", ID]).exits(3);
    // And back again: the branch is no lock any more, and still nobody's to take.
    sandbox.seed(&[(".tix.yaml", "lock: trunk\n")]);
    let held = machine(&sandbox, "new").tix(&["activate", ID, "--json"]);
    let message = held.exits(3).json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("claimed by its branch"), "{message}");
}

#[test]
fn it_is_refused_where_the_branch_cannot_carry_the_claim() {
    let refused = |yaml: &str| -> Output {
        let sandbox = Sandbox::new();
        sandbox.seed(&[(QUEUED, queue_ticket(ID)), (".tix.yaml", yaml.to_owned())]);
        sandbox.clone_named("a").tix(&["activate", ID])
    };
    let output = refused("lock: branch\nrecord: trunk\n");
    assert!(output.exits(2).stderr().contains("`lock: branch` needs record: branch"), "{output}");
}

#[test]
fn where_the_branch_is_the_lock_no_clone_names_it_otherwise() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    let by_environment = clone
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "tix.branch")
        .env("GIT_CONFIG_VALUE_0", "work/{id}");
    assert!(by_environment.tix(&["activate", ID]).exits(9).stderr().contains("only be set in"));
    clone.git(&["config", "tix.branch", "work/{id}"]);
    let output = clone.tix(&["activate", ID]);
    assert!(
        output.exits(9).stderr().contains("`tix.branch` can only be set in .tix.yaml"),
        "{output}"
    );
    clone.git(&["config", "--unset", "tix.branch"]);
    clone.tix(&["activate", ID]).success();
}

#[test]
fn a_ticket_that_gets_its_number_with_the_claim_is_claimed_by_trunk_and_branch() {
    let sandbox = tickets(&["TICKET-bar"]);
    let receipt = machine(&sandbox, "ada").tix(&["activate", "TICKET-bar", "--json"]);
    let receipt = receipt.success().json();
    assert_eq!(receipt["ticket"], "TICKET-bar-001");
    assert_eq!(receipt["pushed"][0]["ref"], "refs/heads/main");
}

#[test]
fn a_server_that_guards_the_trunk_lets_claims_be_brought_up() {
    let sandbox = one();
    let tix = env!("CARGO_BIN_EXE_tix");
    sandbox.remote().hook("pre-receive", &format!("'{tix}' hook git pre-receive"));
    let receipt = machine(&sandbox, "ada").tix(&["activate", ID, "--json"]).success().json();
    assert!(in_trunk(&sandbox, receipt["claim"]["commit"].as_str().unwrap()));
}

#[test]
fn whoever_was_killed_after_the_push_goes_on_with_the_same_command() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("push").nth(1), Do::KillAfter);
    clone.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
    let again = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
    assert_eq!(key(&sandbox.remote(), "main", ACTIVE, "claim_id"), claim_on_branch(&sandbox));
}

#[test]
fn a_claim_that_was_decided_by_older_settings_is_taken_back() {
    let sandbox = one();
    let clone = machine(&sandbox, "ada");
    sandbox.seed(&[(".tix.yaml", "lock: branch\nrequire_queued: true\n")]);
    let before = Untouched::of(&clone);
    clone.tix(&["activate", ID]).exits(5);
    before.assert_same(&clone);
    assert!(!sandbox.remote().has_ref(BRANCH));
    assert_eq!(subjects(&sandbox), [""; 0]);
}

#[test]
fn work_that_is_in_the_way_is_safe_before_its_branch_moves() {
    for atomic in ["true", "false"] {
        let sandbox = one();
        let remote = sandbox.remote();
        remote.git(&["config", "receive.advertiseAtomic", atomic]);
        let holder = machine(&sandbox, "ada");
        holder.tix(&["activate", ID]).success();
        let work = Place::new(sandbox.shared(), workspace(&holder, ID)).on_machine("ada");
        work.commit("work", &[("work.txt", "done\n")]);
        let late = work.git(&["rev-parse", "HEAD"]);
        holder.tix(&["release", ID, "--claim", &claim_on_branch(&sandbox)]).success();
        // Pushed by hand, after the claim had ended.
        work.git(&["push", "-q", "--no-verify", "origin", &format!("HEAD:{BRANCH}")]);
        let receipt = machine(&sandbox, "bob").tix(&["activate", ID, "--json"]).success().json();
        let aside = receipt["attic"].as_str().unwrap().to_owned();
        assert_eq!(remote.git(&["rev-parse", &aside]), late, "atomic: {atomic}");
        assert_eq!(claim_on_branch(&sandbox), receipt["claim"]["id"].as_str().unwrap());
    }
}
