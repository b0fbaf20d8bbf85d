use std::path::Path;

use super::{active_path, held, seeded};
use crate::harness::{Place, Sandbox, notes};

/// A workspace with a blank in its path.
fn workspace(sandbox: &Sandbox) -> (Place, String) {
    let clone = sandbox.clone_named("a");
    let path = sandbox.root().join("work spaces/mail").to_str().unwrap().to_owned();
    clone.git(&["worktree", "add", "-q", "-b", "ticket/TICKET-mail-001", &path]);
    (clone, path)
}

#[test]
fn the_answer_is_the_path_alone() {
    let sandbox = seeded();
    let (clone, path) = workspace(&sandbox);
    let output = clone.tix(&["path", "mail"]);
    assert_eq!(output.success().stdout(), format!("{path}\n"));
    assert!(output.stderr().is_empty(), "{output}");
    let inside = clone.at(&path).tix(&["path", "TICKET-mail-001", "--json"]).success().json();
    assert_eq!(inside["path"], path.as_str());
    assert_eq!(inside["ticket"], "TICKET-mail-001");
}

#[test]
fn without_a_workspace_here_the_message_says_where_it_is_held() {
    let sandbox = seeded();
    let bob = sandbox.clone_named("bob");
    let text = held("TICKET-mail-001").key("claim_id", "c.9").text();
    let message =
        "claim: TICKET-mail-001\n\nTix-Ticket: TICKET-mail-001\nTix-Claim: c.9\nTix-Host: heron";
    bob.commit(message, &[(&active_path("TICKET-mail-001"), &text)]);
    bob.git(&["push", "-q"]);
    let clone = sandbox.clone_named("a");
    insta::assert_snapshot!(clone.tix(&["path", "mail"]).redacted(), @r"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: TICKET-mail-001 has no workspace on this machine
      lane     active
      held by  Bob Example <bob@example.org>
      since    [TIME]
      on       heron
    hint: look at it: tix show TICKET-mail-001
    ");
    insta::assert_snapshot!(clone.tix(&["path", "login"]).redacted(), @r"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: TICKET-login-001 has no workspace on this machine
      lane  queue
    hint: nobody holds it; claim it: tix activate TICKET-login-001
    ");
}

#[test]
fn a_workspace_whose_directory_is_gone_is_no_answer() {
    let sandbox = seeded();
    let (clone, path) = workspace(&sandbox);
    std::fs::remove_dir_all(&path).unwrap();
    let output = clone.tix(&["path", "mail"]);
    assert!(output.exits(4).stderr().contains("is gone: "), "{output}");
    assert!(output.stdout().is_empty(), "{output}");
}

#[test]
fn a_workspace_is_found_in_the_middle_of_a_rebase() {
    let sandbox = seeded();
    let (clone, path) = workspace(&sandbox);
    let record = serde_json::json!({"claim_id": "c", "session": null, "commit": "x", "path": path});
    let file = clone.common_dir().join("tix/workspaces/TICKET-mail-001.json");
    clone.write(file, record.to_string());
    clone.at(&path).git(&["switch", "-q", "--detach"]);
    assert_eq!(clone.tix(&["path", "mail"]).success().stdout(), format!("{path}\n"));
}

/// Runs a script in a shell that has been taught, with tix on its PATH; `None` where there is no such shell.
fn in_shell(place: &Place, shell: &str, script: &str) -> Option<String> {
    let found = place.sh(&format!("command -v {shell}")).run();
    if found.code != Some(0) {
        notes::skipped(shell);
        return None;
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_tix")).parent().unwrap().to_str().unwrap();
    let teach = match shell {
        "fish" => format!("set -gx PATH '{bin}' $PATH\ntix shell-init fish | source"),
        _ => format!("PATH='{bin}':$PATH\neval \"$(tix shell-init {shell})\""),
    };
    let program = found.stdout().trim().to_owned();
    let output = place.command(Path::new(&program), &["-c", &format!("{teach}\n{script}")]).run();
    Some(output.success().stdout().to_owned())
}

#[test]
fn every_shell_follows_a_path_and_passes_everything_else_on() {
    for (shell, code) in [("bash", "$?"), ("zsh", "$?"), ("fish", "$status")] {
        let sandbox = seeded();
        let (clone, path) = workspace(&sandbox);
        // In the C locale fish hands letters outside ASCII on in another form, in the path of the configuration too.
        let clone = clone.env("LC_ALL", "C.UTF-8");
        let script = format!(
            "tix cd mail; echo {code}; pwd\ntix cd nothing 2>/dev/null; echo {code}; pwd\n\
             tix path mail\ntix show nothing 2>/dev/null; echo {code}\ntix cd --help | head -n 1\n\
             tix cd && pwd\ntix activate login --cd; echo {code}; pwd"
        );
        let Some(text) = in_shell(&clone, shell, &script) else { continue };
        let lines: Vec<&str> = text.lines().collect();
        let help = "Print the path of a ticket's workspace here";
        let main = clone.path().to_str().unwrap();
        let claimed = format!("{main}.worktrees/TICKET-login-001");
        let expected = ["0", &path, "4", &path, &path, "4", help, main, "0", &claimed];
        assert_eq!(lines, expected, "{shell}: {text}");
    }
}

#[test]
fn a_directory_that_ends_in_a_line_break_is_reached_too() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let path = format!("{}/odd\n", sandbox.root().to_str().unwrap());
    clone.git(&["worktree", "add", "-q", "-b", "ticket/TICKET-mail-001", &path]);
    let Some(text) = in_shell(&clone, "bash", "tix cd mail && pwd") else { return };
    assert_eq!(text, format!("{path}\n"));
}
