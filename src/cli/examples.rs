//! The examples in the help of each command.

/// A command line for the help, and what it does.
pub struct Example(pub &'static str, pub &'static str);

/// The examples of each command, and of each below it that people type. A test runs them.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "init",
        &[
            Example("tix init --commit", "set up on the trunk and push"),
            Example("tix init --commit --trunk tickets", "the same, on a separate branch"),
        ],
    ),
    (
        "demo",
        &[
            Example("tix demo", "watch a claim"),
            Example("tix demo --racers 3", "watch three clones race"),
        ],
    ),
    (
        "new",
        &[
            Example("tix new 'Say hello in Welsh'", "write a ticket from the template"),
            Example(
                "tix new 'Export as CSV' --priority P1 --label api",
                "set its priority and a label",
            ),
        ],
    ),
    (
        "import",
        &[
            Example("tix import beads --dry-run", "what would come from .beads/issues.jsonl"),
            Example("tix import beads --all", "also what is done there"),
        ],
    ),
    (
        "export",
        &[
            Example("tix export", "every ticket as JSON"),
            Example("tix export --format plan", "as a plan that tix new --plan takes"),
        ],
    ),
    (
        "link",
        &[
            Example("tix link github --dry-run", "which issues would be made, changed or closed"),
            Example("tix link github", "make, change and close them"),
            Example("tix link github --import", "bring the issues into the queue instead"),
        ],
    ),
    (
        "explain",
        &[
            Example("tix explain 3", "what an exit code means"),
            Example("tix explain in_progress", "what a status means"),
        ],
    ),
    (
        "status",
        &[
            Example("tix status", "the ticket of this workspace"),
            Example("tix status welsh --all", "include the moves that you cannot make"),
        ],
    ),
    (
        "next",
        &[
            Example("tix next", "the ticket to take next"),
            Example("tix next --explain", "why each ticket qualifies or does not"),
        ],
    ),
    (
        "list",
        &[
            Example("tix list", "what waits, and who works on what"),
            Example("tix list --mine", "what you hold"),
            Example("tix list --ready --sort priority", "what can be claimed, most urgent first"),
        ],
    ),
    (
        "show",
        &[
            Example("tix show welsh", "a ticket with its text"),
            Example("tix show", "the ticket of this workspace"),
        ],
    ),
    (
        "log",
        &[
            Example("tix log welsh", "what happened to a ticket"),
            Example("tix log --limit 10", "the newest events of all tickets"),
        ],
    ),
    (
        "board",
        &[
            Example("tix board", "all lanes, live"),
            Example("tix board --every 30s", "ask the remote less often"),
        ],
    ),
    (
        "report",
        &[
            Example("tix report", "the numbers"),
            Example("tix report --html flow.html", "a page for the browser"),
        ],
    ),
    (
        "serve",
        &[
            Example("tix serve", "print the address, and serve until Ctrl-C"),
            Example("tix serve --read-only", "show everything and write nothing"),
        ],
    ),
    (
        "activate",
        &[
            Example("tix activate welsh", "claim a ticket by part of its id"),
            Example("tix activate --next", "claim the next one"),
            Example("tix activate --next --wait 1s --label api", "wait for one with a label"),
        ],
    ),
    (
        "path",
        &[
            Example("cd \"$(tix path upload)\"", "go to a workspace"),
            Example("tix path", "the workspace you are in"),
        ],
    ),
    (
        "note",
        &[
            Example(
                "tix note 'The server answers 503'",
                "add a note to the ticket of this workspace",
            ),
            Example("tix note welsh 'Ask Gwen'", "to another ticket"),
        ],
    ),
    (
        "block",
        &[
            Example("tix block --reason 'waits for a key'", "the ticket of this workspace"),
            Example("tix block welsh --reason 'nobody speaks it'", "another one"),
        ],
    ),
    (
        "unblock",
        &[
            Example("tix unblock", "the ticket of this workspace"),
            Example("tix unblock welsh", "another one"),
        ],
    ),
    (
        "submit",
        &[
            Example("tix submit", "submit the work of this workspace"),
            Example("tix submit upload", "from anywhere in the clone"),
        ],
    ),
    (
        "complete",
        &[
            Example("tix complete", "push the work of this workspace and complete the ticket"),
            Example("tix complete upload", "from anywhere in the clone"),
            Example("tix complete --pr", "open its pull request too"),
        ],
    ),
    (
        "pr",
        &[
            Example("tix pr", "open or update the pull request of this workspace"),
            Example("tix pr upload", "from anywhere in the clone"),
            Example("tix pr --refresh", "look at those of all held tickets again"),
        ],
    ),
    (
        "release",
        &[
            Example("tix release --reason 'no time'", "give back the ticket of this workspace"),
            Example("tix release upload", "from anywhere in the clone"),
        ],
    ),
    (
        "undo",
        &[
            Example("tix undo --dry-run", "show what it would undo"),
            Example("tix undo", "undo what this clone did last"),
        ],
    ),
    (
        "edit",
        &[
            Example("tix edit welsh --append '- [ ] It is tested'", "add to the text"),
            Example("tix edit welsh --body 'Do it in Welsh.'", "replace the text"),
        ],
    ),
    (
        "tick",
        &[
            Example("tix tick welsh 1", "tick its first box"),
            Example("tix tick welsh 'It works'", "tick the box with that text"),
        ],
    ),
    (
        "set",
        &[
            Example("tix set welsh priority=P0", "change a key"),
            Example("tix set welsh labels=api,slow", "change a list"),
        ],
    ),
    (
        "dep",
        &[
            Example("tix dep add welsh csv", "welsh waits for csv"),
            Example("tix dep tree welsh", "what it waits for"),
        ],
    ),
    (
        "graph",
        &[
            Example("tix graph", "the open tickets that are related"),
            Example("tix graph --all", "every ticket"),
        ],
    ),
    (
        "queue",
        &[
            Example("tix queue idea", "queue a draft"),
            Example("tix queue welsh", "an open ticket, if `require_queued` is set"),
        ],
    ),
    (
        "draft",
        &[
            Example("tix draft welsh --reason 'which dialect?'", "it is not ready yet"),
            Example("tix draft csv --reason 'which columns?' --json", "for a program"),
        ],
    ),
    (
        "rework",
        &[
            Example("tix rework old", "more work on a completed ticket"),
            Example("tix rework old --title 'Say it in Breton too'", "say what to do"),
        ],
    ),
    (
        "review",
        &[
            Example("tix review upload --approve", "say yes"),
            Example(
                "tix review upload --request-changes --reason 'no test'",
                "ask for changes, and say which",
            ),
        ],
    ),
    (
        "land",
        &[
            Example("tix land upload", "merge a completed ticket"),
            Example("tix land --help", "when to use it"),
        ],
    ),
    (
        "clean",
        &[
            Example("tix clean --merged --dry-run", "show what it would remove"),
            Example("tix clean --merged", "remove the workspaces of all merged tickets"),
        ],
    ),
    (
        "archive",
        &[
            Example("tix archive old", "archive a completed ticket"),
            Example("tix archive --older-than 30d", "all completed more than 30 days ago"),
        ],
    ),
    (
        "handoff",
        &[
            Example("tix handoff --to bob", "give the ticket of this workspace to somebody"),
            Example("tix handoff upload --to 'Cleo <cleo@example.org>'", "to somebody new"),
        ],
    ),
    (
        "reclaim",
        &[
            Example(
                "tix reclaim stale --reason 'no sign for a month'",
                "take over a ticket that nobody works on",
            ),
            Example("tix list --stale", "find such tickets"),
        ],
    ),
    (
        "close",
        &[
            Example("tix close welsh --as wont_do", "nobody wants it"),
            Example("tix close csv --as duplicate:welsh", "it exists twice"),
        ],
    ),
    (
        "reopen",
        &[
            Example("tix reopen old --reason 'it came back'", "a completed ticket"),
            Example("tix list --lane completed", "find one"),
        ],
    ),
    (
        "doctor",
        &[
            Example("tix doctor", "what is wrong and how to fix it"),
            Example("tix doctor --fix", "fix what can be fixed without loss"),
        ],
    ),
    (
        "check",
        &[
            Example("tix check", "the whole trunk"),
            Example("tix check origin/main", "the commits of a branch, as in CI"),
        ],
    ),
    (
        "hook",
        &[
            Example("tix hook install", "guard this clone"),
            Example("tix hook uninstall --dry-run", "show what it would remove"),
        ],
    ),
    (
        "trust",
        &[
            Example("tix trust", "trust what .tix.yaml runs here"),
            Example("tix trust --revoke", "revoke that"),
        ],
    ),
    (
        "config",
        &[
            Example("tix config list", "every setting and where it comes from"),
            Example("tix config get stale_after", "one setting"),
            Example("tix config set stale_after 3d", "for this clone"),
        ],
    ),
    (
        "run",
        &[
            Example("tix run upload -- make test", "start a program in a workspace"),
            Example("tix run upload --detach -- make test", "in the background"),
        ],
    ),
    (
        "agent-guide",
        &[
            Example("tix agent-guide", "print it"),
            Example("tix agent-guide --into AGENTS.md", "keep it up to date in a file"),
            Example("tix agent-guide --skill", "print it as a skill"),
        ],
    ),
    (
        "mcp",
        &[
            Example("tix mcp install --agents claude,codex", "have these start it"),
            Example("tix mcp", "serve this clone; an agent's program starts it so"),
            Example("tix mcp -C ../shop", "serve another clone"),
        ],
    ),
    (
        "shell-init",
        &[
            Example("eval \"$(tix shell-init bash)\"", "in ~/.bashrc"),
            Example("tix shell-init fish | source", "in config.fish"),
        ],
    ),
    (
        "completions",
        &[
            Example("tix completions bash", "print the script"),
            Example("tix completions zsh > _tix", "write it where zsh looks"),
        ],
    ),
    (
        "man",
        &[Example("tix man man1", "write the pages"), Example("man -M . tix", "read one of them")],
    ),
    (
        "dep add",
        &[
            Example("tix dep add welsh csv", "welsh waits for csv"),
            Example("tix dep add welsh csv --relation parent", "welsh is a part of csv"),
        ],
    ),
    (
        "dep rm",
        &[
            Example("tix dep rm welsh csv", "welsh waits for csv no longer"),
            Example("tix dep rm welsh csv --relation parent", "it is no part of csv"),
        ],
    ),
    (
        "dep tree",
        &[
            Example("tix dep tree welsh", "what it waits for"),
            Example("tix dep tree csv --reverse", "what waits for it"),
        ],
    ),
    (
        "dep cycles",
        &[
            Example("tix dep cycles", "tickets that can never come next"),
            Example("tix dep cycles --fetch", "as they are on the remote now"),
        ],
    ),
    (
        "config list",
        &[
            Example("tix config list", "every setting and where it comes from"),
            Example("tix config list --json", "the same for a program"),
        ],
    ),
    (
        "config get",
        &[
            Example("tix config get stale_after", "one setting"),
            Example("tix config get review --json", "with its source"),
        ],
    ),
    (
        "config set",
        &[
            Example("tix config set stale_after 3d", "for this clone"),
            Example("tix config set remote origin", "where this clone claims"),
        ],
    ),
    (
        "hook install",
        &[
            Example("tix hook install", "guard this clone"),
            Example("tix hook install --dry-run", "show what it would write"),
        ],
    ),
    (
        "hook status",
        &[
            Example("tix hook status", "whether the guard runs"),
            Example("tix hook status --json", "the same for a program"),
        ],
    ),
    (
        "hook uninstall",
        &[
            Example("tix hook uninstall", "give the hooks back as they were"),
            Example("tix hook uninstall --dry-run", "show what it would remove"),
        ],
    ),
    (
        "hook print",
        &[
            Example("tix hook print pre-receive > pre-receive", "for a server of your own"),
            Example("tix hook print pre-push", "to look at it"),
        ],
    ),
    (
        "mcp install",
        &[
            Example("tix mcp install --agents claude,codex", "have these start the server"),
            Example("tix mcp install --agents claude --dry-run", "show what it would write"),
        ],
    ),
    (
        "mcp uninstall",
        &[
            Example("tix mcp uninstall", "take the server out of their settings"),
            Example("tix mcp uninstall --dry-run", "show what it would remove"),
        ],
    ),
];
