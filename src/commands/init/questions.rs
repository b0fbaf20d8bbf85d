//! The questions of `tix init` on a terminal: the four things that a team decides first. Each also has an option.

use std::sync::OnceLock;

use super::publish::without_commit;
use super::{InitArgs, label};
use crate::app::context::{CONFIG_FILE, Context, Globals};
use crate::app::input::{Reply, ask, ask_yes_no};
use crate::config::ChosenSettings;
use crate::error::Failure;
use crate::names::RefName;
use crate::out::{Format, Out};

/// What was decided, by options or by answers.
#[derive(Clone, Debug, Default)]
pub struct InitAnswers {
    /// The branch of the tickets, if it is not the default one.
    pub trunk: Option<String>,
    /// Whether the commits of tix are marked with [skip ci]; `None` if nobody has said.
    pub skip_ci: Option<bool>,
    pub review: bool,
    pub hooks: bool,
}

/// The answers, kept because they are given once and a restarted command needs them again.
static ANSWERS: OnceLock<InitAnswers> = OnceLock::new();

impl InitAnswers {
    /// From the options, and on a terminal from a person if nothing is set up yet.
    pub fn find(ctx: &Context<'_>, args: &InitArgs, globals: &Globals) -> Result<Self, Failure> {
        let given = InitAnswers {
            trunk: globals.trunk.clone(),
            skip_ci: args.decided.skip_ci.then_some(true),
            review: args.decided.review,
            hooks: args.hooks,
        };
        let asks = Out::is_interactive() && ctx.out.format == Format::Human;
        if args.decided.yes || !asks || is_set_up(ctx) {
            return Ok(given);
        }
        if let Some(answers) = ANSWERS.get() {
            return Ok(answers.clone());
        }
        let empty = is_empty(ctx)?;
        if empty && args.commit {
            return Err(without_commit(&label(ctx, &ctx.base)));
        }
        let answers = given.asked(ctx, empty)?;
        Ok(ANSWERS.get_or_init(|| answers).clone())
    }

    fn asked(mut self, ctx: &Context<'_>, empty: bool) -> Result<Self, Failure> {
        let base = ctx.base.short();
        if empty {
            let place = label(ctx, &ctx.base);
            ctx.out.ask(&format!(
                "{place} has no commit yet: the files become its first one, and the tickets are on it.\n"
            ));
        } else if self.trunk.is_none() {
            let question = format!(
                "Each claim and each new ticket is a commit that is pushed to one branch.\n\
                 Which branch? If nobody may push to {base}, give them a branch of its own, such as tickets. [{base}] "
            );
            self.trunk = loop {
                match ask(ctx.out, &question)? {
                    Reply::Default => break None,
                    // What the other questions take is no name that anybody means.
                    Reply::Text(word) if is_yes_or_no(&word) => {
                        ctx.out.ask(&format!(
                            "That is not a branch: name one, or Return for {base}.\n"
                        ));
                    }
                    Reply::Text(name) if RefName::branch(&name).is_some() => {
                        break Some(name).filter(|name| name != base);
                    }
                    Reply::Text(_) => ctx.out.ask("That cannot be the name of a branch.\n"),
                }
            };
        }
        if self.skip_ci.is_none() {
            let question = "Does CI run for each push to that branch? tix can mark its commits with [skip ci]. [y/N] ";
            self.skip_ci = Some(ask_yes_no(ctx.out, question)?);
        }
        if !self.review {
            let question = "Must somebody else review work before it is complete? [y/N] ";
            self.review = ask_yes_no(ctx.out, question)?;
        }
        if !self.hooks {
            let question =
                "Install the git hooks in this clone that keep code off protected branches? [y/N] ";
            self.hooks = ask_yes_no(ctx.out, question)?;
        }
        Ok(self)
    }

    /// The settings for `.tix.yaml`.
    pub fn settings<'a>(&self, trunk: Option<&'a str>) -> ChosenSettings<'a> {
        ChosenSettings { trunk, skip_ci: self.skip_ci == Some(true), review: self.review }
    }
}

fn is_yes_or_no(word: &str) -> bool {
    ["y", "yes", "n", "no"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether there is no commit, here or on the remote. Only a repository without any asks the remote.
fn is_empty(ctx: &Context<'_>) -> Result<bool, Failure> {
    if ctx.objects.resolve("HEAD")?.is_some() {
        return Ok(false);
    }
    let Some(remote) = &ctx.remote else { return Ok(true) };
    let until = ctx.started + ctx.config.timeout;
    // One that does not answer says so when the files are pushed.
    Ok(ctx.repo.ls_remote(remote, &["refs/heads/*"], until).is_ok_and(|all| all.is_empty()))
}

/// Whether there are settings, which already answer the questions.
fn is_set_up(ctx: &Context<'_>) -> bool {
    let here = ctx.repo.worktree.as_ref().map(|root| root.join(CONFIG_FILE));
    ctx.shared.blob.is_some() || here.is_some_and(|path| path.exists())
}
