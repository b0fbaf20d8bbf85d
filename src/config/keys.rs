//! The one table of keys: it defines the configuration, what `tix init` writes, and the documentation.

use crate::text::{near, yaml};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    Requires,
    Trunk,
    Base,
    Record,
    Lock,
    Remote,
    TicketsDir,
    SkipCi,
    RequireQueued,
    ClaimAttempts,
    Branch,
    ActiveDir,
    Worktree,
    Timeout,
    Protected,
    Landing,
    Check,
    Review,
    ReviewSelf,
    StaleAfter,
    PostActivate,
    Writes,
    Roles,
}

/// The key that says which versions of tix a file is for.
pub(super) const REQUIRES: &str = "requires";

/// The branches that are guarded besides the trunk, unless configured otherwise.
pub const PROTECTED: [&str; 3] = ["main", "master", "production"];

/// The value of a key that nobody has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    Fixed(&'static str),
    /// Derived from the repository.
    Found {
        how: &'static str,
        /// An example of what it may turn out to be.
        example: &'static str,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub id: KeyName,
    /// Its name in `.tix.yaml`.
    pub name: &'static str,
    /// What it takes; completes "must be …".
    pub takes: &'static str,
    pub default: DefaultValue,
    /// One sentence for people.
    pub about: &'static str,
    /// What it decides about the machine of everybody who fetches a `.tix.yaml`, which anybody who can push may have
    /// written; `None` if nothing.
    pub on_machine: Option<&'static str>,
}

impl Key {
    /// The variable that sets it.
    ///
    /// `branch` has none: tix passes a worker the branch of its ticket as `TIX_BRANCH`, and a tix that runs inside that
    /// worker must not read this as a template.
    pub fn variable(&self) -> Option<String> {
        let named = self.id != KeyName::Branch && !self.is_shared_only();
        named.then(|| format!("TIX_{}", self.name.to_ascii_uppercase().replace('.', "_")))
    }

    /// Whether it can be set in `.tix.yaml` only, because everyone who works on the repository must agree on it.
    pub fn is_shared_only(&self) -> bool {
        matches!(
            self.id,
            KeyName::Requires
                | KeyName::Lock
                | KeyName::PostActivate
                | KeyName::Roles
                | KeyName::Landing
                | KeyName::Check
                | KeyName::Review
                | KeyName::ReviewSelf
        )
    }

    /// Its name in `git config`, where `_` is not allowed: `tix.requireQueued`.
    pub fn git_name(&self) -> String {
        let mut name = String::from("tix.");
        for (place, word) in self.name.split('_').enumerate() {
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if place > 0 => name.push(first.to_ascii_uppercase()),
                Some(first) => name.push(first),
                None => {}
            }
            name.extend(letters);
        }
        name
    }
}

/// Every key, in the order in which people meet them.
const KEYS: [Key; 23] = [
    Key {
        id: KeyName::Requires,
        name: REQUIRES,
        takes: "versions of tix, such as `>= 0.3`",
        default: DefaultValue::Found { how: "any version", example: ">= 0.1" },
        about: "The versions of tix that may write; any other only reads, and says so. Only in `.tix.yaml`.",
        on_machine: None,
    },
    Key {
        id: KeyName::Trunk,
        name: "trunk",
        takes: "a branch name",
        default: DefaultValue::Found { how: "the remote's default branch", example: "main" },
        about: "The branch whose history is the truth about tickets; the push that moves it is the lock.",
        on_machine: None,
    },
    Key {
        id: KeyName::Base,
        name: "base",
        takes: "a branch name",
        default: DefaultValue::Found { how: "the remote's default branch", example: "main" },
        about: "The branch that work starts from and pull requests go to.",
        on_machine: None,
    },
    Key {
        id: KeyName::Record,
        name: "record",
        takes: "`branch` or `trunk`",
        default: DefaultValue::Found {
            how: "`branch` where trunk and base are one branch, else `trunk`",
            example: "branch",
        },
        about: "Where tix writes the progress of a held ticket: on its ticket branch, or on the trunk.",
        on_machine: None,
    },
    Key {
        id: KeyName::Lock,
        name: "lock",
        takes: "`trunk` or `branch`",
        default: DefaultValue::Fixed("trunk"),
        about: "The lock: a claim on the trunk, or the new ticket branch (for many machines, far away). Only in `.tix.yaml`.",
        on_machine: None,
    },
    Key {
        id: KeyName::Remote,
        name: "remote",
        takes: "the name of a remote",
        default: DefaultValue::Found {
            how: "`origin`, or the only remote there is",
            example: "origin",
        },
        about: "The remote whose trunk is the lock.",
        on_machine: Some("which remote of a clone holds the trunk: a name, never an address"),
    },
    Key {
        id: KeyName::TicketsDir,
        name: "tickets_dir",
        takes: "a directory below the root of the repository",
        default: DefaultValue::Fixed("tickets"),
        about: "The directory that holds queue, active, completed and archive.",
        on_machine: None,
    },
    Key {
        id: KeyName::SkipCi,
        name: "skip_ci",
        takes: "true or false",
        default: DefaultValue::Fixed("false"),
        about: "Whether tix adds `[skip ci]` to the messages of ticket commits on the trunk.",
        on_machine: None,
    },
    Key {
        id: KeyName::RequireQueued,
        name: "require_queued",
        takes: "true or false",
        default: DefaultValue::Fixed("false"),
        about: "Whether a ticket can be claimed only after a person has set it to `queued`; otherwise `open` is enough.",
        on_machine: None,
    },
    Key {
        id: KeyName::ClaimAttempts,
        name: "claim_attempts",
        takes: "a whole number from 1 to 20",
        default: DefaultValue::Fixed("3"),
        about: "How often a claim is tried when the remote fails; tries that fail because others moved the trunk do not count.",
        on_machine: Some("how often a push is tried, at most 20 times"),
    },
    Key {
        id: KeyName::Branch,
        name: "branch",
        takes: "a template for branch names",
        default: DefaultValue::Fixed("ticket/{id}"),
        about: "The branch of a ticket; must contain {id}. Never read from the environment; with `lock: branch` only in `.tix.yaml`.",
        on_machine: Some("the names of local branches; tix replaces none that holds work"),
    },
    Key {
        id: KeyName::ActiveDir,
        name: "active_dir",
        takes: "a template for directories",
        default: DefaultValue::Fixed("{id}"),
        about: "The directory of a ticket below active and completed; may contain {id} and {session}.",
        on_machine: None,
    },
    Key {
        id: KeyName::Worktree,
        name: "worktree",
        takes: "a template for paths",
        default: DefaultValue::Fixed("../{repo}.worktrees/{id}"),
        about: "The worktree of a ticket, relative to the root of the main one; must contain {id}, may contain {repo} and {session}.",
        on_machine: Some(
            "a directory beside the main worktree, or in a hidden one below it; every other place needs your consent",
        ),
    },
    Key {
        id: KeyName::Timeout,
        name: "timeout",
        takes: "a duration from 1s to 24h, such as 90s, 10m or 1h30m",
        default: DefaultValue::Fixed("60s"),
        about: "How long an operation tries while others move the trunk: this long or eighty attempts, whichever takes longer.",
        on_machine: Some("how long a command waits, at most 24h"),
    },
    Key {
        id: KeyName::Protected,
        name: "protected",
        takes: "a list of branch names",
        default: DefaultValue::Fixed("[main, master, production]"),
        about: "The branches on which the guard allows only ticket commits; the trunk is always one of them.",
        on_machine: None,
    },
    Key {
        id: KeyName::Landing,
        name: "landing",
        takes: "none or completed",
        default: DefaultValue::Fixed("none"),
        about: "What `tix land` may merge into the trunk, and the guard then allows. Only in `.tix.yaml`.",
        on_machine: None,
    },
    Key {
        id: KeyName::Check,
        name: "check",
        takes: "merge, squash or rebase",
        default: DefaultValue::Fixed("merge"),
        about: "How pull requests land: `squash` and `rebase` let code pass in `tix check` and `tix doctor`, and nowhere else.",
        on_machine: None,
    },
    Key {
        id: KeyName::Review,
        name: "review",
        takes: "a list of stages: critic_review, expediter_review",
        default: DefaultValue::Fixed("[]"),
        about: "The review stages that work must pass before it can be completed, in this order. Only in `.tix.yaml`.",
        on_machine: None,
    },
    Key {
        id: KeyName::ReviewSelf,
        name: "review.self",
        takes: "true or false",
        default: DefaultValue::Fixed("false"),
        about: "Whether the holder of a ticket may also review it. Only in `.tix.yaml`.",
        on_machine: None,
    },
    Key {
        id: KeyName::StaleAfter,
        name: "stale_after",
        takes: "a duration from 1s to 365d, such as 90m, 24h or 7d",
        default: DefaultValue::Fixed("24h"),
        about: "How long a ticket that waits for its holder must be quiet before somebody else may take it over.",
        on_machine: None,
    },
    Key {
        id: KeyName::PostActivate,
        name: "post_activate",
        takes: "a list of shell commands",
        default: DefaultValue::Fixed("[]"),
        about: "The commands that run in a new workspace, once you have allowed them with `tix trust`. Only in `.tix.yaml`.",
        on_machine: Some("nothing until you run `tix trust`, which shows the commands"),
    },
    Key {
        id: KeyName::Writes,
        name: "guard.writes",
        takes: "`refuse`, `ask` or `allow`",
        default: DefaultValue::Fixed("refuse"),
        about: "What the guard does when an agent edits files in a checkout of a protected branch; drafts in the queue are allowed.",
        on_machine: Some(
            "whether agents are stopped before they edit files; the guard checks their commits either way",
        ),
    },
    Key {
        id: KeyName::Roles,
        name: "roles",
        takes: "a mapping of roles to lists of commands of tix",
        default: DefaultValue::Fixed("{}"),
        about: "What a role, named by --role or `TIX_ROLE`, may do: {coder: [run, release]}. Only in `.tix.yaml`.",
        on_machine: None,
    },
];

/// Every key there is, in the order in which people meet them.
pub fn describe() -> &'static [Key] {
    &KEYS
}

/// The key of this name, however it is written: as in `.tix.yaml`, or as in `git config`, with or without `tix.`.
pub fn key_named(name: &str) -> Option<&'static Key> {
    named(name).or_else(|| named_in_git(name.strip_prefix("tix.").unwrap_or(name)))
}

pub fn variables() -> impl Iterator<Item = String> {
    KEYS.iter().filter_map(Key::variable)
}

/// The key with this name in `.tix.yaml`.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that `git config` knows as `tix.<name>`: git lowers the case, and people separate words with a hyphen or a
/// capital letter.
pub(super) fn named_in_git(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| folded(key.name) == folded(name))
}

/// The key that a misspelt name probably means.
pub fn nearest_key(name: &str) -> Option<&'static Key> {
    nearest(name.strip_prefix("tix.").unwrap_or(name))
}

pub(super) fn nearest(name: &str) -> Option<&'static Key> {
    near(&folded(name), KEYS.iter().map(|key| (key.name, folded(key.name)))).next().and_then(named)
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// What a team has chosen before there was a `.tix.yaml`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChosenSettings<'a> {
    /// The branch of the tickets, if it is not the default one.
    pub trunk: Option<&'a str>,
    pub skip_ci: bool,
    /// Whether work has a review, of one stage.
    pub review: bool,
}

impl ChosenSettings<'_> {
    /// The value of a key as it is written there; `None` where the default holds.
    fn value(&self, key: KeyName) -> Option<String> {
        let chosen = [
            (KeyName::Trunk, self.trunk.map(yaml::value)),
            (KeyName::SkipCi, self.skip_ci.then(|| "true".to_owned())),
            (KeyName::Review, self.review.then(|| "[critic_review]".to_owned())),
        ];
        chosen.into_iter().find(|(id, _)| *id == key)?.1
    }
}

/// The `.tix.yaml` that a repository starts with: every key explained and commented out, so that a
/// default is not frozen into a file by having been shown there. What was chosen is set.
pub fn commented_yaml(chosen: ChosenSettings<'_>) -> String {
    let mut text = String::from(
        "# Settings for everyone who works on this repository's tickets. tix reads them from the branch that pull\n\
         # requests go to. A key that is not set has the default shown. For one clone or one user, use\n\
         # `git config tix.<key>`, where a key has capitals instead of underscores (`tix.ticketsDir`); for one call, the\n\
         # environment: TIX_<KEY>.\n",
    );
    for key in describe() {
        let (value, how) = match key.default {
            DefaultValue::Fixed(value) => (value, None),
            DefaultValue::Found { how, example } => (example, Some(how)),
        };
        text.push_str("\n# ");
        text.push_str(key.about);
        if let Some(how) = how {
            text.push_str("\n# Default: ");
            text.push_str(how);
            text.push('.');
        }
        let line = match chosen.value(key.id) {
            Some(value) => format!("\n{}: {value}\n", key.name),
            // The defaults are ours: what YAML could misread has braces, unless it is a mapping of nothing, or compares.
            None if value.contains(['{', '>']) && value != "{}" => {
                format!("\n# {}: \"{value}\"\n", key.name)
            }
            None => format!("\n# {}: {value}\n", key.name),
        };
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_name_for_every_layer() {
        let key = named("require_queued").unwrap();
        assert_eq!(key.git_name(), "tix.requireQueued");
        assert_eq!(key.variable().unwrap(), "TIX_REQUIRE_QUEUED");
    }

    #[test]
    fn the_branch_of_a_worker_is_never_read_as_a_template() {
        assert_eq!(named("branch").unwrap().variable(), None);
        let without = describe().iter().filter(|key| key.variable().is_none());
        assert!(
            without.eq(describe().iter().filter(|k| k.id == KeyName::Branch || k.is_shared_only()))
        );
    }

    #[test]
    fn git_may_spell_a_key_in_three_ways() {
        for name in ["requirequeued", "require-queued", "requireQueued"] {
            assert_eq!(named_in_git(name).unwrap().id, KeyName::RequireQueued);
        }
        assert_eq!(named_in_git("guard.trunk"), None);
    }

    #[test]
    fn the_nearest_key_is_near() {
        let near = |name| nearest(name).map(|key| key.name);
        assert_eq!(near("requires_queued"), Some("require_queued"));
        assert_eq!(near("Trunk"), Some("trunk"));
        assert_eq!(near("claim-attempt"), Some("claim_attempts"));
        assert_eq!(near("colour"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn no_two_keys_are_spelled_alike() {
        for (place, key) in describe().iter().enumerate() {
            assert!(describe()[..place].iter().all(|other| folded(other.name) != folded(key.name)));
        }
    }

    #[test]
    fn a_trunk_that_yaml_could_misread_is_quoted() {
        for (trunk, line) in [
            ("tickets", "trunk: tickets"),
            ("team/tickets", "trunk: team/tickets"),
            ("2024", "trunk: \"2024\""),
            ("yes", "trunk: \"yes\""),
            ("a#b", "trunk: \"a#b\""),
        ] {
            assert!(
                commented_yaml(ChosenSettings { trunk: Some(trunk), ..ChosenSettings::default() })
                    .lines()
                    .any(|found| found == line),
                "{trunk}"
            );
        }
    }
}
