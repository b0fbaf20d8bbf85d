//! The slash commands of the plugin, made from the commands of tix and from what the guide for agents says of exit codes, and
//! its skill, which is that guide.
//!
//! `TIX_UPDATE=1 cargo test cli::` writes them anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::Cli;
use super::reference::pin;
use crate::commands::agent_guide;

/// How many characters a command may have: an agent pays for each on every call.
const MOST: usize = 4 * 150;

/// How many characters a skill may have below its front matter.
const MOST_OF_SKILL: usize = 4 * 250;

/// What a slash command says beside what the command of the same name says of itself.
struct SlashCommand {
    name: &'static str,
    argument: &'static str,
    /// What may be run without asking, beside the command itself.
    also: &'static [&'static str],
    /// What is run before the agent reads the text, with its answer in the text.
    first: Option<&'static str>,
    begun_by: BegunBy,
    steps: &'static str,
}

/// Who may call a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BegunBy {
    Anybody,
    /// What changes the state of a ticket is begun by a person.
    Person,
}

const ALL: [SlashCommand; 7] = [
    SlashCommand {
        name: "activate",
        argument: "[ticket]",
        also: &["tix list", "tix release"],
        first: None,
        begun_by: BegunBy::Person,
        steps: "Run `tix activate 'TICKET'`, quoted, or `tix activate --next` if none is named. Enter the workspace \
                (`EnterWorktree` by the ticket's id, or cd); work and commit only there. `--resume` only if the user says it \
                is theirs.",
    },
    SlashCommand {
        name: "complete",
        argument: "[ticket]",
        // Claude Code refuses each command with the word `complete` in a worktree of its own, taking it for bash's program.
        also: &["tix done", "tix show"],
        first: None,
        begun_by: BegunBy::Person,
        steps: "Tick a box (`tix tick N`) only after you saw that it is true. Commit, then run `tix done` in the \
                workspace. If something is missing, do your part and run it again; use `--no-work` or `--anyway` only if the user asks.",
    },
    SlashCommand {
        name: "list",
        argument: "[what to look for]",
        also: &["tix show"],
        first: Some("tix list --limit 40"),
        begun_by: BegunBy::Anybody,
        steps: "Answer from the list above, and change nothing. `tix list --fetch` asks the remote first; `tix show 'TICKET'` \
                prints one ticket.",
    },
    SlashCommand {
        name: "release",
        argument: "[ticket] [why]",
        also: &["git status"],
        first: None,
        begun_by: BegunBy::Person,
        steps: "If `git status --short` in the workspace shows uncommitted work, ask what to do with it. Then run `tix \
                release --reason 'why'` there.",
    },
    SlashCommand {
        name: "show",
        argument: "<ticket>",
        also: &["tix log"],
        first: None,
        begun_by: BegunBy::Anybody,
        steps: "Run `tix show 'TICKET'` with the ticket as one quoted word, and `tix log 'TICKET'` if the user asks what \
                happened to it. Change nothing.",
    },
    SlashCommand {
        name: "status",
        argument: "[ticket]",
        also: &["tix list"],
        first: None,
        begun_by: BegunBy::Anybody,
        steps: "Run `tix status --fetch 'TICKET'` with the ticket as one quoted word, or without one in its workspace. Report its answer and the next step; take that step only if the user asks.",
    },
    SlashCommand {
        name: "submit",
        argument: "[ticket]",
        also: &["tix show", "git push"],
        first: None,
        begun_by: BegunBy::Person,
        steps: "Submit only work that fulfils the ticket and passes the tests. Commit and push its branch, then run `tix submit` in \
                the workspace. Never review your own work.",
    },
];

impl SlashCommand {
    fn text(&self, tix: &clap::Command) -> String {
        let about = tix.find_subcommand(self.name).unwrap().get_about().unwrap();
        let own = format!("tix {}", self.name);
        let tools = std::iter::once(own.as_str()).chain(self.also.iter().copied());
        let tools: Vec<_> = tools.map(|tool| format!("Bash({tool} *)")).collect();
        let by_person = match self.begun_by {
            BegunBy::Person => "disable-model-invocation: true\n",
            BegunBy::Anybody => "",
        };
        let first = self.first.map(|line| format!("!`{line} || true`\n\n")).unwrap_or_default();
        format!(
            "---\ndescription: \"{about}\"\nargument-hint: \"{}\"\nallowed-tools: {}\n{by_person}---\n\n{first}The user asks for: \
             $ARGUMENTS\n\n{}\n\n{}\n",
            self.argument,
            tools.join(", "),
            self.steps,
            agent_guide::exits(),
        )
    }
}

#[test]
fn the_slash_commands_say_what_the_tables_say_and_are_short() {
    let tix = Cli::command();
    let place = |name: &str| -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("commands").join(format!("{name}.md"))
    };
    let files: Vec<_> = ALL.iter().map(|one| (place(one.name), one.text(&tix))).collect();
    pin(&files);
    for (path, text) in files {
        let length = text.chars().count();
        assert!(length <= MOST, "{}: {length} of {MOST} characters", path.display());
        // A colon in a sentence would make YAML of it.
        let head = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap().0;
        let keys: BTreeMap<String, serde_yaml::Value> = serde_yaml::from_str(head).expect(head);
        assert!(keys["description"].is_string() && keys["allowed-tools"].is_string(), "{head}");
    }
}

#[test]
fn the_skill_says_what_the_guide_says_and_is_short() {
    let text = agent_guide::skill();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills/tickets/SKILL.md");
    pin(&[(path, text.clone())]);
    let (head, body) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    let length = body.chars().count();
    assert!(length <= MOST_OF_SKILL, "{length} of {MOST_OF_SKILL} characters");
    // Agents show a model this many characters of a description, and refuse one that YAML reads as something else.
    let description = head.lines().find_map(|line| line.strip_prefix("description: ")).unwrap();
    assert!(description.len() <= 1024 && !description.contains(": "), "{description}");
}
