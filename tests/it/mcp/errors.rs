//! What a call that fails tells.

use super::*;

/// What a failed call tells: the exit's name, a message and one next step in the words of the tools, as text and as data.
#[track_caller]
fn failed(answers: &[Value], id: impl Into<Value>) -> &str {
    let result = &to(answers, id)["result"];
    let (text, data) =
        (result["content"][0]["text"].as_str().unwrap(), &result["structuredContent"]);
    assert!(result["isError"] == true && data["schema"] == "tix/error@1", "{result}");
    let begins =
        format!("{}: {}", data["name"].as_str().unwrap(), data["message"].as_str().unwrap());
    assert!(text.starts_with(&begins), "{result}");
    let [hint] = &data["hints"].as_array().unwrap()[..] else { panic!("{result}") };
    let hint = hint.as_str().unwrap();
    assert!(text.ends_with(&format!("\nhint: {hint}")), "{result}");
    assert!(!hint.contains("tix ") && !text.contains("`tix ") && !text.contains(" --"), "{result}");
    text
}

/// Calls each tool and holds the beginning of what it tells, and the next step, against what is expected.
#[track_caller]
fn holds(clone: &Place, calls: &[(&str, Value, &str, &str)]) {
    let numbered = |(id, (tool, arguments, ..)): (usize, &(&str, Value, &str, &str))| {
        call(id, tool, arguments.clone())
    };
    let calls_made: Vec<Value> = calls.iter().enumerate().map(numbered).collect();
    let told = serve(clone, &opened(&calls_made));
    for (id, (tool, arguments, begin, hint)) in calls.iter().enumerate() {
        let text = failed(&told, id);
        assert!(text.starts_with(begin) && text.contains(hint), "{tool} {arguments}: {text}");
    }
}

/// Holds calls against what is wrong with their arguments.
#[track_caller]
fn wrong(clone: &Place, calls: &[(&str, Value, &str)]) {
    let step = |tool: &str| format!("change what the message names, and call `{tool}` again");
    let steps: Vec<String> = calls.iter().map(|(tool, ..)| step(tool)).collect();
    let calls = calls.iter().zip(&steps);
    let calls = calls.map(|((tool, given, begin), step)| (*tool, given.clone(), *begin, &step[..]));
    holds(clone, &calls.collect::<Vec<_>>());
}

#[test]
fn wrong_parameters_are_named() {
    let (_sandbox, clone) = ready();
    let told =
        serve(&clone, &opened(&[call(1, "frobnicate", json!({})), call(2, "claim", json!([]))]));
    assert_eq!(to(&told, 1)["error"]["code"], -32602);
    assert_eq!(to(&told, 2)["error"]["code"], -32602);
    let nul = json!({ "ticket": "a\0b" });
    holds(&clone, &[("show", nul, "usage: an argument contains a NUL character", "without it")]);
    let calls = [
        ("claim", json!({ "tickte": "foo" }), "usage: claim: `tickte` is unknown; known are "),
        ("claim", json!({ "wait": "bad" }), "usage: claim: `wait`: write a duration as 90s, 10m"),
        ("claim", json!({ "wait": "" }), "usage: claim: `wait`: write a duration"),
        (
            "claim",
            json!({ "wait": "1m", "ticket": ID }),
            "usage: claim: `wait` is for the next ticket",
        ),
        ("show", json!({ "ticket": 5 }), "usage: show: `ticket` must be a string, not 5"),
        (
            "list",
            json!({ "limit": 0 }),
            "usage: list: `limit` must be a whole number from 1 to 200, not 0",
        ),
        (
            "list",
            json!({ "limit": 65535 }),
            "usage: list: `limit` must be a whole number from 1 to 200",
        ),
        (
            "list",
            json!({ "lane": "x" }),
            "usage: list: `lane` must be one of \"queue\", \"active\"",
        ),
        ("list", json!({ "text": "(" }), "usage: list: `text` must be a regular expression: "),
        ("list", json!({ "repository": "" }), "usage: list: `repository` must not be empty"),
        (
            "note",
            json!({ "do": "note", "text": "x".repeat(131_072) }),
            "usage: note: `text` must have at most 30000 characters, not 131072",
        ),
        ("finish", json!({}), "usage: finish: `how` is missing"),
        ("finish", json!({ "how": "delete" }), "usage: finish: `how` must be one of \"complete\""),
        (
            "finish",
            json!({ "how": "submit", "reason": "x" }),
            "usage: finish: `reason` is for release only",
        ),
        (
            "finish",
            json!({ "how": "release", "no_work": "x" }),
            "usage: finish: `no_work` is for complete only",
        ),
        ("note", json!({ "do": "note", "text": "" }), "usage: note: `text` is missing: the note"),
        (
            "note",
            json!({ "do": "tick", "ticket": ID }),
            "usage: note: `text` is missing: the number",
        ),
        (
            "note",
            json!({ "do": "block", "ticket": ID }),
            "usage: note: `text` is missing: what blocks it",
        ),
    ];
    wrong(&clone, &calls);
}

/// The longest of texts is handed on whole, in the widest of letters.
#[test]
fn a_text_may_be_as_long_as_the_schema_says() {
    let (_sandbox, clone) = ready();
    let text = "\u{10348}".repeat(30_000);
    let note = json!({ "do": "block", "ticket": ID, "text": text });
    let told = serve(&clone, &opened(&[call(1, "note", note)]));
    assert_eq!(to(&told, 1)["result"]["isError"], false, "{told:?}");
    assert!(clone.tix(&["show", ID, "--json", "--fetch"]).success().stdout().contains(&text));
}

#[test]
fn a_method_that_nobody_knows_is_named_before_anything_else() {
    let (_sandbox, clone) = ready();
    let unknown = |id: i32, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "resources/list", "params": params });
    let early = [unknown(1, json!({})), unknown(2, json!([]))];
    let lines: Vec<String> = early.iter().map(Value::to_string).collect();
    let told = serve(&clone, &lines);
    let late = serve(&clone, &opened(&[unknown(3, json!({}))]));
    for (told, id) in [(&told, 1), (&told, 2), (&late, 3)] {
        assert_eq!(to(told, id)["error"]["code"], -32601, "{told:?}");
    }
}

/// Nothing is written when one of several is wrong.
#[test]
fn what_a_new_ticket_may_not_be_is_named() {
    let (_sandbox, clone) = ready();
    let many: Vec<Value> = (0..51).map(|n| json!({ "title": format!("t{n}") })).collect();
    let one = |ticket: Value| json!({ "tickets": [{ "title": "right" }, ticket] });
    let calls = [
        (
            "new",
            json!({ "tickets": many }),
            "usage: new: `tickets` must have 1 to 50 entries, not 51",
        ),
        ("new", json!({ "tickets": [] }), "usage: new: `tickets` must have 1 to 50 entries, not 0"),
        ("new", one(json!({ "title": " " })), "usage: new: `tickets[1].title` must not be empty"),
        (
            "new",
            one(json!({ "title": "x", "key": "" })),
            "usage: new: `tickets[1].key`: a key is one line",
        ),
        (
            "new",
            one(json!({ "title": "x", "priority": "P9" })),
            "usage: new: `tickets[1].priority` must be one of \"P0\"",
        ),
    ];
    wrong(&clone, &calls);
    let twice = json!({ "tickets": [{ "title": "a", "key": "k" }, { "title": "b", "key": "k" }] });
    let told = "usage: new: `tickets[1].key` is already the key of `tickets[0]`";
    wrong(&clone, &[("new", twice, told)]);
    assert_eq!(clone.tix(&["list", "--json", "--fetch"]).success().json()["total"], 1);
}

#[test]
fn every_error_has_a_name_and_one_next_step_in_the_words_of_the_tools() {
    let (sandbox, clone) = ready();
    let empty = sandbox.fresh_directory("empty");
    let nowhere = sandbox.root().join("nowhere").display().to_string();
    let not_there = format!("not found: {nowhere} is not a directory");
    let other = sandbox.clone_named("other");
    other.tix(&["new", "Held elsewhere", "-q"]).success();
    other.tix(&["activate", "TICKET-held-elsewhere-001", "-q"]).success();
    other.tix(&["new", "Blocked", "-q"]).success();
    other.tix(&["block", "TICKET-blocked-001", "--reason", "it waits", "-q"]).success();
    other.tix(&["new", "Later", "--depends-on", ID, "-q"]).success();
    holds(
        &clone,
        &[
            (
                "show",
                json!({ "repository": nowhere, "ticket": ID }),
                not_there.as_str(),
                "name the directory of a clone as repository",
            ),
            ("list", json!({ "repository": empty }), "refused: ", "`repository`"),
            (
                "show",
                json!({ "ticket": "--force" }),
                "not found: no ticket matches `--force`",
                "list the tickets: call `list`",
            ),
            (
                "claim",
                json!({ "ticket": "held" }),
                "held: TICKET-held-elsewhere-001 is held",
                "if it is yours: call `claim` with resume=true, ticket=TICKET-held-elsewhere-001; else take another ticket: call `claim`",
            ),
            (
                "claim",
                json!({ "ticket": "blocked" }),
                "refused: TICKET-blocked-001 is blocked",
                "look at it: call `show` with ticket=TICKET-blocked-001",
            ),
            (
                "claim",
                json!({ "ticket": "later" }),
                "refused: TICKET-later-001 cannot be claimed",
                "call `claim` without one",
            ),
            (
                "finish",
                json!({ "how": "complete", "ticket": ID }),
                "refused: ",
                &format!("call `status` with ticket={ID}"),
            ),
            (
                "note",
                json!({ "do": "set", "ticket": ID, "text": "priority=zz" }),
                "usage: `zz`: a priority is P0 to P9",
                "change what the message names, and call `note` again",
            ),
            (
                "note",
                json!({ "do": "set", "ticket": ID, "text": "nonsense" }),
                "usage: ",
                "call `note` with do=set",
            ),
            (
                "note",
                json!({ "do": "tick", "ticket": ID, "text": "no such" }),
                "usage: no box of ",
                "call `note` with do=tick",
            ),
            (
                "note",
                json!({ "do": "tick", "text": "7" }),
                "usage: 7 names no ticket",
                "call `note` with do=tick, ticket=(its id), text=7",
            ),
        ],
    );
}

/// The tickets before the one that failed are made; the answer is the error's, and names them.
#[test]
fn what_was_made_before_an_error_is_in_it() {
    let (_sandbox, clone) = ready();
    let tickets = json!([{ "title": "First" }, { "title": "Second", "depends_on": ["nope"] }]);
    let told = serve(&clone, &opened(&[call(1, "new", json!({ "tickets": tickets }))]));
    let text = failed(&told, 1);
    assert!(text.starts_with("not found: no ticket matches `nope`"), "{text}");
    assert!(text.contains("\n  made before: TICKET-first-001"), "{text}");
}
