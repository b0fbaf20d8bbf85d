//! What an agent pays to read what tix answers: a token is about four characters. `cargo test tokens:: -- --nocapture` prints
//! the table.

use crate::harness::{Output, Place, Sandbox, Ticket};

const IDS: [&str; 2] = ["TICKET-say-hello-in-welsh-001", "TICKET-upload-it-once-more-001"];

const BODY: &str = "\n# Requirements\n\nGreet people in their language.\n\n## Acceptance Criteria\n\n\
                    <!-- One box for each thing that somebody else can check. -->\n\n\
                    - [ ] `hello --lang cy` prints \"Helo\"\n- [ ] a test shows it\n";

/// What was read, how many tokens it is, and how many it may be.
struct Price(&'static str, usize, usize);

impl Price {
    /// The price of everything that these commands wrote.
    fn of(what: &'static str, outputs: &[&Output], most: usize) -> Price {
        let length =
            |output: &&Output| output.stdout().chars().count() + output.stderr().chars().count();
        Price(what, outputs.iter().map(length).sum::<usize>() / 4, most)
    }
}

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    let ticket = |id: &str| Ticket::new(id).key("title", "Say hello in Welsh").body(BODY).text();
    sandbox.seed(&IDS.map(|id| (format!("tickets/queue/{id}.md"), ticket(id))));
    sandbox
}

/// Claims the next ticket, works, and completes: what was printed by each of the three commands.
fn round(clone: &Place, json: &[&str]) -> [Output; 3] {
    let tix = |place: &Place, args: &[&str]| place.tix(&[args, json].concat());
    let claimed = tix(clone, &["activate", "--next"]);
    claimed.success();
    let path = clone.tix(&["path", IDS[0]]).success().stdout().trim_end().to_owned();
    let there = clone.at(path);
    let file = format!("tickets/active/{0}/{0}.md", IDS[0]);
    there.write(&file, there.read(&file).replace("[ ]", "[x]"));
    there.write("hello.txt", "Helo\n");
    there.git(&["add", "-A"]);
    let committed = there.git_command(&["commit", "-m", "Say hello"]).run();
    committed.success();
    let completed = tix(&there, &["complete"]);
    completed.success();
    [claimed, committed, completed]
}

#[test]
fn an_agent_reads_little() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let other = sandbox.clone_named("b").as_person("Bob Example", "bob@example.org");
    let [claimed, committed, completed] = round(&clone, &[]);
    let there = clone.at(clone.tix(&["path", IDS[0]]).success().stdout().trim_end());
    clone.tix(&["activate", IDS[1]]).success();
    let held = clone.at(clone.tix(&["path", IDS[1]]).success().stdout().trim_end());
    let lost = other.tix(&["activate", IDS[1]]);
    lost.exits(3);
    let second_clone = sandbox.clone_named("c").tix(&["activate", IDS[1]]);
    second_clone.exits(3);
    let second_agent = clone.tix(&["activate", IDS[1]]);
    second_agent.exits(3);
    let lost_in_json = other.tix(&["activate", IDS[1], "--json"]);
    let (long, lost_long, lost_long_in_json) = long_ticket();
    let nothing = other.tix(&["activate", "--next"]);
    nothing.exits(4);
    let in_json = round(&seeded_clone(&seeded()), &["--json"]);
    let listed = clone.tix(&["list", "--json"]);
    let prices = [
        Price::of("claim, commit, complete", &[&claimed, &committed, &completed], 300),
        Price::of("the same with --json", &in_json.each_ref(), 655),
        Price::of("a lost race", &[&lost], 60),
        Price::of("to a clone of one's own", &[&second_clone], 60),
        Price::of("to an agent of this clone", &[&second_agent], 60),
        Price::of("the same with --json", &[&lost_in_json], 62),
        Price::of("a lost race, 45 letters of id", &[&lost_long], 60),
        Price::of("the same with --json", &[&lost_long_in_json], 66),
        Price::of("nothing to do", &[&nothing], 20),
        Price::of("status in a workspace", &[&held.tix(&["status"])], 100),
        Price::of("status with 12 long boxes", &[&long], 100),
        Price::of("status of a completed ticket", &[&there.tix(&["status"])], 100),
        Price::of("agent-guide", &[&clone.tix(&["agent-guide"])], 250),
        Price::of("list --json, a held ticket", &[&listed], 2 * 250),
        Price::of("tix --help", &[&clone.tix(&["--help"])], 1050),
        Price::of("activate --help", &[&clone.tix(&["activate", "--help"])], 900),
    ];
    let mut table = String::new();
    for Price(what, tokens, most) in &prices {
        table.push_str(&format!("{what:30} {tokens:5} of {most:5}\n"));
    }
    eprint!("{table}");
    assert!(prices.iter().all(|Price(_, tokens, most)| tokens <= most), "\n{table}");
}

/// The status of a held ticket with many long criteria and a long id, and what another person hears who wants it.
fn long_ticket() -> (Output, Output, Output) {
    let id = "TICKET-let-the-importer-reject-the-rows-it-001";
    let criterion = |n| {
        format!(
            "- [ ] the importer rejects rows without an amount, and says which line it was, case {n}\n"
        )
    };
    let body = format!("\n# Requirements\n\n{}", (1..=12).map(criterion).collect::<String>());
    let title = "Let the importer reject the rows it cannot read";
    let sandbox = Sandbox::new();
    let ticket = Ticket::new(id).key("title", title).body(&body).text();
    sandbox.seed(&[(format!("tickets/queue/{id}.md"), ticket)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", id]).success();
    let there = clone.at(clone.tix(&["path", id]).success().stdout().trim_end());
    let other = sandbox.clone_named("b").as_person("Bob Example", "bob@example.org");
    let lost = |more: &[&str]| other.tix(&[&["activate", id], more].concat());
    (there.tix(&["status"]), lost(&[]), lost(&["--json"]))
}

fn seeded_clone(sandbox: &Sandbox) -> Place {
    sandbox.clone_named("a")
}
