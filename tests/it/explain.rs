//! `tix explain` and `tix agent-guide`: short texts from the program's own tables.

use crate::harness::Sandbox;

#[test]
fn a_word_is_explained_anywhere_and_an_unknown_one_leads_to_the_topics() {
    let sandbox = Sandbox::new();
    let nowhere = sandbox.remote().at(sandbox.fresh_directory("no repository"));
    let topics = nowhere.tix(&["explain"]);
    for topic in topics.success().stdout().lines().skip(1) {
        let name = topic.split_whitespace().next().unwrap();
        let all = nowhere.tix(&["explain", name]);
        assert!(all.success().stdout().starts_with(&format!("{name}: ")), "{all}");
    }
    let one = nowhere.tix(&["explain", "claim"]);
    assert!(one.success().stdout().ends_with("  claim  open, queued → claimed\n"), "{one}");
    for (word, means) in [
        ("activate", "claim     open, queued → claimed\n"),
        ("land", "land  completed on its branch → completed on the trunk\n"),
        ("critic_review", "waits for the review of a critic"),
        ("note", "approved, closed: unchanged"),
    ] {
        let told = nowhere.tix(&["explain", word]);
        assert!(told.success().stdout().contains(means), "{told}");
    }
    for word in ["stale", "lease", "workspace", "ticket branch"] {
        let told = nowhere.tix(&["explain", word]);
        assert!(told.success().stdout().starts_with("words: "), "{told}");
    }
    // What must be so before a ticket can be completed.
    for word in ["gate", "completion gate", "not ticked"] {
        let told = nowhere.tix(&["explain", word]);
        assert!(told.success().stdout().contains("a box of the ticket is not ticked"), "{told}");
    }
    let json = nowhere.tix(&["explain", "8", "--json"]).success().json();
    assert_eq!(
        (&json["topic"], &json["entries"][0]["name"]),
        (&"exit-codes".into(), &"8 incomplete".into())
    );
    let several = nowhere.tix(&["explain", "queue"]);
    let told = several.success().stdout();
    for topic in ["lanes: ", "moves: ", "commands: "] {
        assert!(told.lines().any(|line| line.starts_with(topic)), "{topic}{several}");
    }
    let json = nowhere.tix(&["explain", "queue", "--json"]).success().json();
    assert_eq!((&json["topic"], &json["entries"][1]["topic"]), (&"lanes".into(), &"moves".into()));
    let signal = nowhere.tix(&["explain", "130"]);
    assert!(
        signal.success().stdout().ends_with("  130 signal  signal 2 (SIGINT) ended it\n"),
        "{signal}"
    );
    let unknown = nowhere.tix(&["explain", "frobnicate"]);
    assert!(unknown.exits(4).stderr().contains("hint: list the topics: tix explain"), "{unknown}");
}

/// An agent does what it reads, so that every command in there must be one.
#[test]
fn every_command_of_the_guide_for_agents_is_one() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote();
    let guide = place.tix(&["agent-guide"]);
    let skill = place.tix(&["agent-guide", "--skill"]);
    assert!(skill.success().stdout().starts_with("---\nname: tickets\ndescription: "), "{skill}");
    let text = guide.success().stdout();
    let tokens = text.chars().count() / 4;
    assert!(tokens <= 250, "every agent reads these {tokens} tokens in every session");
    let mut commands = 0;
    for part in text.split("`tix ").skip(1) {
        let words: Vec<&str> = part.split('`').next().unwrap().split(' ').collect();
        let command = words[0];
        let help = place.tix(&[command, "--help"]);
        let options = words.iter().filter(|word| word.starts_with("--"));
        for option in options {
            assert!(help.success().stdout().contains(option), "tix {command} {option}");
        }
        commands += 1;
    }
    assert!(commands > 8, "{text}");
}

#[test]
fn the_guide_in_a_file_is_replaced_and_not_put_there_a_second_time() {
    let sandbox = Sandbox::new();
    let place = sandbox.remote().at(sandbox.fresh_directory("no repository"));
    let guide = place.tix(&["agent-guide"]).success().stdout().to_owned();
    let into = |file: &str| {
        let answer = place.tix(&["agent-guide", "--into", file, "--json"]).success().json();
        assert_eq!(answer["markdown"], guide.as_str());
        assert!(answer["file"].as_str().unwrap().ends_with(file), "{answer}");
        answer["did"].as_str().unwrap().to_owned()
    };
    assert_eq!((into("AGENTS.md").as_str(), place.read("AGENTS.md")), ("made", guide.clone()));
    assert_eq!(into("AGENTS.md"), "unchanged");
    place.write(
        "AGENTS.md",
        format!("# Ours\n\n{guide}\nOurs too\n").replace("tix list", "tix lost"),
    );
    let told = place.tix(&["agent-guide", "--into", "AGENTS.md"]);
    assert!(
        told.success().stdout().is_empty() && told.stderr().starts_with("replaced: "),
        "{told}"
    );
    assert_eq!(place.read("AGENTS.md"), format!("# Ours\n\n{guide}\nOurs too\n"));
    // A link to the file stays one, and a file without the markers keeps all that is in it.
    place.write("docs/rules.md", "# Ours\n");
    std::os::unix::fs::symlink("docs/rules.md", place.path().join("CLAUDE.md")).unwrap();
    assert_eq!(into("CLAUDE.md"), "appended");
    assert_eq!(place.read("docs/rules.md"), format!("# Ours\n\n{guide}"));
    assert!(place.path().join("CLAUDE.md").is_symlink());
    // Where it cannot be told what is ours, nothing is changed.
    let half = guide.replace("<!-- tix agent-guide end -->\n", "");
    place.write("AGENTS.md", half.clone());
    let refused = place.tix(&["agent-guide", "--into", "AGENTS.md"]);
    assert!(refused.exits(9).stderr().contains("no end marker"), "{refused}");
    assert_eq!(place.read("AGENTS.md"), half);
    place.tix(&["agent-guide", "--into", "docs"]).exits(5);
}
