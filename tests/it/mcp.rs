//! `tix mcp`: the protocol on a stream, and the tools behind it.

use serde_json::{Value, json};

use crate::activate::{ID, QUEUED};
use crate::harness::{On, Output, Place, Sandbox, Shim, queue_ticket};

mod ends;
mod errors;
mod roles;

fn ready() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

/// What a stream of these lines is answered, in the order in which the answers came.
fn answers(output: &Output) -> Vec<Value> {
    let lines = output.success().stdout().lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn serve(place: &Place, lines: &[String]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    answers(&place.tix_command(&["mcp"]).stdin(input).run())
}

fn opened(rest: &[Value]) -> Vec<String> {
    let initialize = json!({ "jsonrpc": "2.0", "id": "open", "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    [&initialize, &ready].into_iter().chain(rest).map(Value::to_string).collect()
}

fn call(id: impl Into<Value>, tool: &str, arguments: impl Into<Value>) -> Value {
    let params = json!({ "name": tool, "arguments": arguments.into() });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "tools/call", "params": params })
}

fn stateless(id: i32, method: &str, version: &str) -> Value {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "_meta": meta } })
}

/// The answer to this request.
#[track_caller]
fn to(answers: &[Value], id: impl Into<Value>) -> &Value {
    let id = id.into();
    let mut found = answers.iter().filter(|answer| answer["id"] == id);
    let answer = found.next().unwrap_or_else(|| panic!("nothing for {id}: {answers:?}"));
    assert!(found.next().is_none(), "{id} twice: {answers:?}");
    answer
}

#[test]
fn each_version_of_the_protocol_is_answered_in_its_form() {
    let (_sandbox, clone) = ready();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let line = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": version } });
        let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
        let told = serve(&clone, &[line.to_string(), list.to_string()]);
        assert_eq!(to(&told, 1)["result"]["protocolVersion"], version);
        assert!(to(&told, 2)["result"].get("resultType").is_none());
    }
    for other in ["2026-07-28", "1999-01-01"] {
        let line = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": other } });
        assert_eq!(
            to(&serve(&clone, &[line.to_string()]), 1)["result"]["protocolVersion"],
            "2025-11-25"
        );
    }
    let told = serve(
        &clone,
        &[
            stateless(1, "server/discover", "2026-07-28").to_string(),
            stateless(2, "tools/list", "2026-07-28").to_string(),
            stateless(3, "tools/list", "2031-01-01").to_string(),
            stateless(4, "ping", "2026-07-28").to_string(),
            json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/list" }).to_string(),
        ],
    );
    let discovered = &to(&told, 1)["result"];
    assert_eq!(
        (&discovered["resultType"], &discovered["supportedVersions"][0]),
        (&"complete".into(), &"2026-07-28".into())
    );
    assert_eq!(
        (&to(&told, 2)["result"]["resultType"], &to(&told, 2)["result"]["ttlMs"]),
        (&"complete".into(), &0.into())
    );
    assert_eq!(
        (&to(&told, 3)["error"]["code"], &to(&told, 3)["error"]["data"]["requested"]),
        (&(-32022).into(), &"2031-01-01".into())
    );
    assert_eq!(to(&told, 4)["error"]["code"], -32601);
    assert_eq!(to(&told, 5)["error"]["code"], -32602);
}

#[test]
fn the_list_of_tools_is_small() {
    let (_sandbox, clone) = ready();
    let told =
        serve(&clone, &opened(&[json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })]));
    let tools = &to(&told, 1)["result"]["tools"];
    assert!(tools.as_array().unwrap().len() <= 8, "{tools}");
    assert!(to(&told, 1).to_string().len() <= 6000, "{}", to(&told, 1).to_string().len());
    let instructions = to(&told, "open")["result"]["instructions"].as_str().unwrap();
    assert!(instructions.len() <= 400, "{}", instructions.len());
    for tool in tools.as_array().unwrap() {
        assert!(
            tool.get("outputSchema").is_none() && tool["annotations"]["destructiveHint"] == false,
            "{tool}"
        );
        // None that writes can be repeated blindly: what it finished may be claimed anew.
        let reads = ["next", "list", "show", "status"].contains(&tool["name"].as_str().unwrap());
        for hint in ["readOnlyHint", "idempotentHint"] {
            assert_eq!(tool["annotations"][hint], reads, "{tool}");
        }
    }
}

#[test]
fn what_is_no_request_is_answered_with_its_error_and_ends_nothing() {
    let (_sandbox, clone) = ready();
    let lines = [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
        "",
        "nonsense",
        "[]",
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":"ü","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"frobnicate"}"#,
    ];
    let mut lines: Vec<String> = lines.map(str::to_owned).into();
    lines.push("x".repeat(5 << 20));
    lines.push(r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#.to_owned());
    let told = serve(&clone, &lines);
    let codes: Vec<i64> =
        told.iter().filter_map(|answer| answer["error"]["code"].as_i64()).collect();
    assert_eq!(codes, [-32700, -32600, -32600, -32600, -32600, -32601, -32600], "{told:?}");
    assert_eq!(to(&told, "ü")["result"], json!({}));
    assert_eq!(to(&told, 3)["result"], json!({}));
}

#[test]
fn the_text_says_what_the_data_says() {
    let (_sandbox, clone) = ready();
    clone.tix(&["new", "Another", "-q"]).success();
    let told = serve(&clone, &opened(&[call(1, "status", json!({})), call(2, "next", json!({}))]));
    let text = |id: i32| to(&told, id)["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text(1).contains("2 in the queue, 0 active"), "{told:?}");
    assert!(text(2).ends_with("\n1 of 2 that can be claimed"), "{told:?}");
}

/// No text is taken for an option or for a sign, and none for `unblock` is no text.
#[test]
fn no_log_stands_in_a_text() {
    let (_sandbox, clone) = ready();
    let texts = |place: &Place| {
        let told = serve(
            place,
            &opened(&[call(1, "next", json!({})), call(2, "show", json!({ "ticket": "none" }))]),
        );
        [1, 2].map(|id| to(&told, id)["result"]["content"][0]["text"].clone())
    };
    assert_eq!(texts(&clone.env("TIX_LOG", "debug")), texts(&clone));
}

#[test]
fn a_text_is_what_it_says() {
    let (_sandbox, clone) = ready();
    let note = |id: i32, what: &str, text: &str| {
        call(id, "note", json!({ "do": what, "ticket": ID, "text": text }))
    };
    let notes = [note(1, "note", "-"), note(2, "note", "--force"), note(3, "block", "-")];
    for (id, one) in (1..).zip(notes.into_iter().chain([note(4, "unblock", "")])) {
        let told = serve(&clone, &opened(&[one]));
        assert_eq!(to(&told, id)["result"]["isError"], false, "{told:?}");
    }
    let text = clone.tix(&["show", ID]);
    for told in ["note\n- \\-\n", "note\n- --force\n", "\n- Reason: -\n"] {
        assert!(text.success().stdout().contains(told), "{text}");
    }
}

#[test]
fn a_batch_is_answered_with_one_array_where_the_version_has_batches() {
    let (_sandbox, clone) = ready();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/progress" },
        5,
        call(2, "show", json!({ "ticket": ID })),
        { "jsonrpc": "2.0", "id": 3, "method": "frobnicate" },
    ]);
    let told = |version: &str| {
        let line = json!({ "jsonrpc": "2.0", "id": "open", "method": "initialize", "params": { "protocolVersion": version } });
        let silent = json!([{ "jsonrpc": "2.0", "method": "notifications/progress" }]);
        serve(&clone, &[line.to_string(), batch.to_string(), silent.to_string(), "[]".to_owned()])
    };
    let old = told("2025-03-26");
    let [_, empty, all] = &old[..] else { panic!("{old:?}") };
    let (empty, all) = if all.is_array() { (empty, all) } else { (all, empty) };
    assert_eq!((&empty["id"], &empty["error"]["code"]), (&Value::Null, &(-32600).into()));
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 4, "{old:?}");
    assert_eq!(to(all, 2)["result"]["isError"], false);
    assert_eq!(to(all, Value::Null)["error"]["code"], -32600);
    let new = told("2025-06-18");
    assert_eq!(new.len(), 4, "{new:?}");
    assert!(new[1..].iter().all(|answer| answer["error"]["code"] == -32600), "{new:?}");
}

#[test]
fn an_id_that_can_be_read_is_in_the_answer() {
    let (_sandbox, clone) = ready();
    let lines = [r#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#, r#"{"id":"six","method":"ping"}"#];
    let told = serve(&clone, &lines.map(str::to_owned));
    assert_eq!(to(&told, 5)["error"]["code"], -32600);
    assert_eq!(to(&told, "six")["error"]["code"], -32600);
}

#[test]
fn a_ticket_is_claimed_worked_on_and_completed() {
    let (sandbox, clone) = ready();
    // Each server of its own, and all of one agent's session.
    let clone = clone.env("TIX_SESSION", "s");
    let told = serve(&clone, &opened(&[call(1, "claim", json!({}))]));
    let claimed = &to(&told, 1)["result"];
    assert_eq!(claimed["structuredContent"]["outcome"], "activated", "{claimed}");
    assert!(claimed["content"][0]["text"].as_str().unwrap().contains("is yours"), "{claimed}");
    let path = claimed["structuredContent"]["workspace"]["path"].as_str().unwrap();
    let workspace = clone.at(path);
    let ticked = [call(1, "note", json!({ "do": "tick", "text": "It works" }))];
    assert_eq!(to(&serve(&workspace, &opened(&ticked)), 1)["result"]["isError"], false);
    let ticked = [call(1, "note", json!({ "do": "tick", "text": "2" }))];
    assert_eq!(to(&serve(&workspace, &opened(&ticked)), 1)["result"]["isError"], false);
    workspace.commit("work", &[("work.txt", "done\n")]);
    let told = serve(&workspace, &opened(&[call(1, "status", json!({}))]));
    assert_eq!(to(&told, 1)["result"]["structuredContent"]["id"], ID, "{told:?}");
    // From anywhere, by the directory that is named.
    let nowhere = clone.at(sandbox.fresh_directory("nowhere"));
    let told = serve(
        &nowhere,
        &opened(&[call(1, "finish", json!({ "how": "complete", "repository": path }))]),
    );
    assert_eq!(to(&told, 1)["result"]["isError"], false, "{told:?}");
    assert_eq!(to(&told, 1)["result"]["structuredContent"]["outcome"], "completed", "{told:?}");
}

/// A text is a text, also where it could be a part of a ticket's id.
#[test]
fn a_note_without_its_ticket_is_for_the_one_of_the_workspace() {
    let (_sandbox, clone) = ready();
    let clone = clone.env("TIX_SESSION", "s");
    let note = || opened(&[call(1, "note", json!({ "do": "note", "text": "foo-001" }))]);
    let refused = to(&serve(&clone, &note()), 1)["result"].clone();
    let message = refused["structuredContent"]["message"].as_str().unwrap();
    assert!(message.contains("name the ticket") && !message.contains("text"), "{refused}");
    clone.tix(&["activate", ID]).success();
    let there = clone.at(crate::activate::workspace(&clone, ID));
    let noted = to(&serve(&there, &note()), 1)["result"].clone();
    assert_eq!(noted["isError"], false, "{noted}");
    assert!(clone.tix(&["show", ID]).success().stdout().contains("foo-001\n"));
}

#[test]
fn a_ticket_is_finished_in_the_session_that_holds_it() {
    let (_sandbox, clone) = ready();
    let finish = || call(1, "finish", json!({ "how": "release", "ticket": ID }));
    let finished = |place: &Place| to(&serve(place, &opened(&[finish()])), 1)["result"].clone();
    let claim = |arguments: Value| opened(&[call(1, "claim", arguments)]);
    // A server that is not told of a session may be a part of the agent that claimed it in a shell, or not.
    clone.env("CODEX_THREAD_ID", "1").tix(&["activate", ID]).success();
    assert_eq!(finished(&clone)["structuredContent"]["outcome"], "released");
    // Another such server is another session, and so is one that has a session of its own.
    serve(&clone, &claim(json!({ "ticket": ID })));
    assert_eq!(finished(&clone)["structuredContent"]["name"], "held");
    clone.env("CODEX_THREAD_ID", "1").tix(&["activate", ID, "--resume"]).success();
    let refused = &finished(&clone.env("CODEX_THREAD_ID", "2"))["structuredContent"];
    assert_eq!(refused["name"], "held");
    let way = format!("if it is yours, go on with it: call `claim` with resume=true, ticket={ID}");
    assert_eq!(refused["hints"], json!([way]));
    let server = clone.env("CODEX_THREAD_ID", "2");
    let refused = serve(&server, &claim(json!({ "ticket": ID })));
    let way = format!(
        "if it is yours: call `claim` with resume=true, ticket={ID}; else take another ticket: call `claim`"
    );
    assert_eq!(to(&refused, 1)["result"]["structuredContent"]["hints"], json!([way]));
    let arguments = json!({ "ticket": ID, "resume": true });
    let told = serve(&server, &claim(arguments));
    assert_eq!(to(&told, 1)["result"]["structuredContent"]["outcome"], "taken_over", "{told:?}");
    assert_eq!(finished(&server)["structuredContent"]["outcome"], "released");
}

#[test]
fn eight_servers_race_for_one_ticket() {
    let (sandbox, _) = ready();
    let clones: Vec<Place> = (0..8).map(|n| sandbox.clone_named(&format!("racer {n}"))).collect();
    let lines = opened(&[call(1, "claim", json!({ "ticket": ID }))]).join("\n") + "\n";
    let commands = clones.iter().map(|clone| clone.tix_command(&["mcp"]).stdin(&lines)).collect();
    let outputs = crate::harness::together(&sandbox, commands);
    let told: Vec<Vec<Value>> = outputs.iter().map(answers).collect();
    let won = told.iter().filter(|told| to(told, 1)["result"]["isError"] == false).count();
    let held = |told: &&Vec<Value>| {
        let text = to(told, 1)["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        text.starts_with("held: ") && text.contains("held by: Ada Example")
    };
    assert_eq!((won, told.iter().filter(held).count()), (1, 7), "{told:?}");
}

/// Started in the main checkout and used for a worktree, it changes no file of either.
#[test]
fn it_leaves_checkouts_alone() {
    let (_sandbox, clone) = ready();
    let linked = clone.worktree("linked");
    let before = [&clone, &linked].map(|place| place.git(&["status", "--porcelain", "--ignored"]));
    let arguments = json!({ "repository": linked.path() });
    serve(&clone, &opened(&[call(1, "claim", arguments.clone()), call(2, "list", arguments)]));
    assert_eq!(
        [&clone, &linked].map(|place| place.git(&["status", "--porcelain", "--ignored"])),
        before
    );
}

#[test]
fn a_wait_ends_when_it_is_cancelled_and_when_the_client_goes() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    let wait = call(1, "claim", json!({ "wait": "1h" }));
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
    let told = serve(&clone, &opened(&[wait.clone(), cancel, ping]));
    assert_eq!(to(&told, 2)["result"], json!({}));
    assert!(told.iter().all(|answer| answer["id"] != 1), "{told:?}");
    serve(&clone, &opened(&[wait]));
}

/// A server that is killed passes nothing on; its child sees the end of the pipe that it reads.
#[test]
fn a_wait_ends_with_a_server_that_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    let tix = env!("CARGO_BIN_EXE_tix");
    clone.write("lines", opened(&[call(1, "claim", json!({ "wait": "1h" }))]).join("\n") + "\n");
    // The child asks its remote before it waits.
    let asks = sandbox.root().join("asks");
    clone.write_script(&asks, "#!/bin/sh\ntouch \"$0ed\"\nexec git-upload-pack \"$@\"\n");
    clone.git(&["config", "remote.origin.uploadpack", &format!("'{}'", asks.display())]);
    // Server and child hold the write end of `alive`: its reader ends when both are gone.
    let script = format!(
        "mkfifo in alive; cat alive & watch=$!
        {tix} mcp <in >out 9>alive & server=$!
        exec 3>in; cat lines >&3
        until [ -e '{}ed' ]; do sleep 0.02; done
        kill -9 $server; wait $watch; echo gone",
        asks.display()
    );
    let output = clone.command(std::path::Path::new("/bin/bash"), &["-c", &script]).run();
    assert_eq!(output.success().stdout(), "gone\n", "{output}");
}

#[test]
fn it_ends_with_a_client_that_reads_no_more() {
    let (_sandbox, clone) = ready();
    let tix = env!("CARGO_BIN_EXE_tix");
    let ping = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
    let output = clone.sh(&format!("yes '{ping}' | {tix} mcp | head -n 1")).run();
    assert_eq!(answers(&output).len(), 1);
}

/// The pipe is full when the input ends; the claim that is running is finished first.
#[test]
fn it_ends_after_a_client_that_closed_the_input_and_never_read() {
    let (sandbox, clone) = ready();
    let tix = env!("CARGO_BIN_EXE_tix");
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let lines = opened(&[call(1, "claim", json!({ "ticket": ID }))]);
    let lines: Vec<String> = lines.into_iter().chain(vec![list.to_string(); 100]).collect();
    clone.write("lines", lines.join("\n") + "\n");
    // Nobody reads the other end, which stays open until the server has gone.
    let script = format!("mkfifo out; exec 4<>out; cat lines | {tix} mcp >out; echo $?");
    let output = clone.command(std::path::Path::new("/bin/bash"), &["-c", &script]).run();
    assert_eq!(output.success().stdout(), "0\n", "{output}");
    let tree = sandbox.remote().git(&["ls-tree", "-r", "--name-only", "main"]);
    assert!(tree.contains("tickets/active/"), "{tree}");
}

/// Lines that are nearly right: each answer is JSON, and the server lives to answer the last one.
#[test]
fn no_line_breaks_the_stream() {
    let (_sandbox, clone) = ready();
    let good = [
        stateless(1, "tools/list", "2026-07-28").to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-11-25" } }).to_string(),
        call(1, "frobnicate", json!({ "ticket": "x" })).to_string(),
        call(1, "claim", json!({ "tickte": "x" })).to_string(),
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }).to_string(),
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    let mut input = Vec::new();
    for _ in 0..10_000 {
        let mut line = good[next() % good.len()].clone().into_bytes();
        for _ in 0..=next() % 3 {
            let at = next() % line.len();
            match next() % 4 {
                0 => line[at] = u8::try_from(next() % 256).unwrap(),
                1 => line.truncate(at.max(1)),
                2 => line.insert(at, b"{}[]\",:0\\"[next() % 9]),
                _ => drop(line.remove(at)),
            }
            if line.is_empty() {
                line.push(b' ');
            }
        }
        input.extend(line);
        input.push(b'\n');
    }
    input.extend(b"{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"ping\"}\n");
    let told = answers(&clone.tix_command(&["mcp"]).stdin(input).run());
    assert_eq!(to(&told, "last")["result"], json!({}));
}

/// Whatever ends the server, a claim that is under way comes to its end.
#[test]
fn a_claim_is_finished_after_the_server_was_told_to_end() {
    for signal in [None, Some(rustix::process::Signal::TERM), Some(rustix::process::Signal::HUP)] {
        let (sandbox, clone) = ready();
        let shim = Shim::new(&sandbox);
        let mut gate = shim.gate(On::command("worktree").with("add").nth(1));
        let lines = opened(&[call(1, "claim", json!({ "ticket": ID }))]).join("\n") + "\n";
        let mut server = clone.tix_command(&["mcp"]).stdin(lines).through(&shim).spawn();
        server.until_at(&gate);
        if let Some(signal) = signal {
            server.signal(signal);
        }
        gate.open();
        let told = answers(&server.wait());
        assert_eq!(to(&told, 1)["result"]["isError"], false, "{told:?}");
        clone.tix(&["activate", ID]).exits(3);
        let workspace = clone.tix(&["path", ID]);
        assert!(clone.at(workspace.success().stdout().trim_end()).exists("tickets/active"));
    }
}

#[test]
fn a_server_that_is_told_to_end_ends() {
    let (_sandbox, clone) = ready();
    let tix = env!("CARGO_BIN_EXE_tix");
    // The input stays open; the shell's own end says that the server has gone.
    let script = format!(
        "mkfifo in; {tix} mcp <in >out & exec 3>in; echo '{}' >&3; while ! grep -q id out; do sleep 0.05; done; kill %1; wait %1; echo $?",
        r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#
    );
    let output = clone.command(std::path::Path::new("/bin/bash"), &["-mc", &script]).run();
    assert_eq!(output.success().stdout(), "0\n", "{output}");
}
