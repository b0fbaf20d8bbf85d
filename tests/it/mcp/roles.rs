//! Roles: the list shows what a role may do in the server's own repository, and each call is judged by its repository's roles.

use super::*;

fn with_roles() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let settings = "roles:\n  coder: [note, submit, complete]\n";
    sandbox.seed(&[(QUEUED, queue_ticket(ID)), (".tix.yaml", settings.to_owned())]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })
}

fn names(answers: &[Value]) -> Vec<&str> {
    let tools = to(answers, 1)["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

const ALL: [&str; 8] = ["next", "list", "show", "status", "claim", "finish", "note", "new"];

#[test]
fn a_role_sees_the_tools_that_it_may_use() {
    let (_sandbox, clone) = with_roles();
    let calls = [
        list(),
        call(2, "claim", json!({})),
        call(3, "finish", json!({ "how": "release", "ticket": ID })),
        call(4, "new", json!({ "tickets": [{ "title": "x" }] })),
    ];
    let lines: String = opened(&calls).iter().map(|line| format!("{line}\n")).collect();
    // As a variable, and as an option of the server.
    for server in [
        clone.env("TIX_ROLE", "coder").tix_command(&["mcp"]),
        clone.tix_command(&["--role", "coder", "mcp"]),
    ] {
        let told = answers(&server.stdin(lines.clone()).run());
        assert_eq!(names(&told), ["next", "list", "show", "status", "finish", "note"]);
        let tools = &to(&told, 1)["result"]["tools"];
        let how = &tools[4]["inputSchema"]["properties"]["how"]["enum"];
        assert_eq!(*how, json!(["complete", "submit"]));
        for (id, verb) in [(2, "`claim`"), (3, "`finish with how=release`"), (4, "`new`")] {
            let result = &to(&told, id)["result"];
            let text = result["content"][0]["text"].as_str().unwrap();
            let begin = format!("refused: the role `coder` may not use {verb}");
            assert!(result["isError"] == true && text.starts_with(&begin), "{text}");
            assert!(text.contains("finish with how=submit") && !text.contains("tix "), "{text}");
        }
    }
}

#[test]
fn a_status_offers_what_the_role_may_do() {
    let (_sandbox, clone) = with_roles();
    clone.env("TIX_SESSION", "s").tix(&["activate", ID]).success();
    let clone = clone.env("TIX_SESSION", "s").env("TIX_ROLE", "coder");
    let told = serve(&clone, &opened(&[call(1, "status", json!({ "ticket": ID }))]));
    let result = &to(&told, 1)["result"];
    let moves = result["structuredContent"]["moves"].as_array().unwrap();
    let moves: Vec<&str> = moves.iter().map(|one| one["command"].as_str().unwrap()).collect();
    assert_eq!(moves, ["note", "complete"], "{result}");
    let full = clone.tix(&["status", ID, "--all"]);
    let why = "the holder; you cannot: the role `coder` may not use `tix release`";
    assert!(full.success().stdout().contains(why), "{full}");
    // What is next for the role that activates is not for this one.
    let queued = clone.tix(&["release", ID]);
    assert!(queued.exits(5).stderr().contains("may not use `tix release`"));
}

/// The server starts wherever it is; what is wrong with a role is told by the calls.
#[test]
fn a_role_that_nobody_knows_is_told_by_the_calls() {
    let (sandbox, clone) = with_roles();
    let nowhere = clone.at(sandbox.fresh_directory("nowhere")).env("TIX_ROLE", "coder");
    let here = json!({ "repository": clone.path() });
    let told = serve(
        &nowhere,
        &opened(&[list(), call(2, "claim", here.clone()), call(3, "list", here.clone())]),
    );
    assert_eq!(names(&told), ALL);
    let text = to(&told, 2)["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("refused: the role `coder` may not use `claim`"), "{text}");
    assert_eq!(to(&told, 3)["result"]["isError"], false, "{told:?}");

    let told = serve(&clone.env("TIX_ROLE", "codr"), &opened(&[list(), call(2, "claim", here)]));
    assert_eq!(names(&told), ALL);
    let text = to(&told, 2)["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("usage: there is no role `codr`\n  nearest: coder"), "{text}");
}
