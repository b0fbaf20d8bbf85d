//! How calls end when their client cancels them or goes.

use std::path::Path;

use serde_json::json;

use super::{call, opened, ready};
use crate::activate::ID;

/// The client takes one answer and goes; its input stays open, and a claim comes after it.
#[test]
fn nothing_is_begun_after_the_reader_has_gone() {
    let (sandbox, clone) = ready();
    let tix = env!("CARGO_BIN_EXE_tix");
    clone.write("lines", opened(&[]).join("\n") + "\n");
    clone.write("claim", call(1, "claim", json!({ "ticket": ID })).to_string() + "\n");
    for after in ["cat claim >&3", ":"] {
        let script = format!(
            "rm -f in out; mkfifo in out; {tix} mcp <in >out & server=$!
            exec 3>in 4<out; cat lines >&3; read -r answer <&4; exec 4<&-
            {after}; wait $server; echo $?"
        );
        let output = clone.command(Path::new("/bin/bash"), &["-c", &script]).run();
        assert_eq!(output.stdout(), "0\n", "{output}");
        let tree = sandbox.remote().git(&["ls-tree", "-r", "--name-only", "main"]);
        assert!(!tree.contains("tickets/active/"), "{tree}");
    }
}

/// It is cancelled when the remote has it and has not said so; it is not answered, and its workspace is made.
#[test]
fn a_claim_that_is_cancelled_while_it_runs_is_finished() {
    let (sandbox, clone) = ready();
    let [at, go] = ["at", "go"].map(|name| sandbox.root().join(name).display().to_string());
    let hook = sandbox.remote().path().join("hooks/post-receive");
    clone.write_script(
        &hook,
        &format!("#!/bin/sh\n: >'{at}'\nuntil [ -e '{go}' ]; do sleep 0.02; done\n"),
    );
    let lines = opened(&[call(1, "claim", json!({ "ticket": ID }))]);
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
    clone.write("lines", lines.join("\n") + "\n");
    clone.write("cancel", format!("{cancel}\n{ping}\n"));
    let tix = env!("CARGO_BIN_EXE_tix");
    let script = format!(
        "mkfifo in; {tix} mcp <in >out & server=$!; exec 3>in; cat lines >&3
        until [ -e '{at}' ]; do sleep 0.02; done; cat cancel >&3
        until grep -q '\"id\":2' out; do sleep 0.02; done; : >'{go}'
        exec 3>&-; wait $server; cat out"
    );
    let output = clone.command(Path::new("/bin/bash"), &["-c", &script]).run();
    let told = super::answers(&output);
    assert!(told.iter().all(|answer| answer["id"] != 1), "{told:?}");
    let workspace = clone.tix(&["path", ID]);
    assert!(clone.at(workspace.success().stdout().trim_end()).exists("tickets/active"));
}
