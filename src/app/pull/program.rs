//! The programs of the forges.
//!
//! Each is logged in as whoever calls tix, and asks nobody anything: what it cannot do alone fails, in its own words.

use crate::app::context::Context;
use crate::app::request::Forge;
use crate::error::{Exit, Failure};
use crate::git::exec::text_of;
use crate::git::{Program, RemotePlace};
use crate::names::RemoteName;

/// A program that opens pull requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgeProgram {
    Gh,
    Glab,
    Tea,
}

impl ForgeProgram {
    pub fn of(forge: Forge) -> Option<ForgeProgram> {
        match forge {
            Forge::GitHub => Some(ForgeProgram::Gh),
            Forge::GitLab => Some(ForgeProgram::Glab),
            Forge::Gitea => Some(ForgeProgram::Tea),
            Forge::Bitbucket => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            ForgeProgram::Gh => "gh",
            ForgeProgram::Glab => "glab",
            ForgeProgram::Tea => "tea",
        }
    }

    /// What it calls the text of a pull request.
    pub(super) fn body_option(self) -> &'static str {
        match self {
            ForgeProgram::Gh => "body",
            ForgeProgram::Glab | ForgeProgram::Tea => "description",
        }
    }
}

/// The program for the forge of this clone's remote.
pub struct ForgeCall<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) program: ForgeProgram,
    /// The page of the repository, by which `gh` and `glab` know it.
    pub(in crate::app) page: String,
    /// The remote, by which `tea` does.
    pub(super) remote: &'a RemoteName,
}

impl<'a> ForgeCall<'a> {
    /// The program; an error says why there is none.
    pub fn find(ctx: &'a Context<'a>) -> Result<ForgeCall<'a>, String> {
        let Some(remote) = &ctx.remote else {
            return Err("there is no remote, so there is no forge".to_owned());
        };
        let RemotePlace::Host { host, page } = ctx.repo.place_of(remote) else {
            return Err(format!("{remote} is not on a forge"));
        };
        let Some(program) = Forge::of(&host).and_then(ForgeProgram::of) else {
            return Err(format!("tix knows no program that opens pull requests on {host}"));
        };
        if !ctx.env.finds_program(program.name().as_ref()) {
            return Err(format!("{} is not on the PATH", program.name()));
        }
        Ok(ForgeCall { ctx, program, page, remote })
    }

    /// The program of GitHub alone.
    pub fn gh(ctx: &'a Context<'a>) -> Result<ForgeCall<'a>, String> {
        let call = ForgeCall::find(ctx)?;
        if call.program != ForgeProgram::Gh {
            return Err(format!("{} is not on GitHub", call.remote));
        }
        Ok(call)
    }

    /// What the program prints. `what` completes "cannot".
    pub(in crate::app) fn run(&self, what: &str, args: &[&str]) -> Result<String, Failure> {
        let name = self.program.name();
        // None of them may wait for somebody who is not there.
        let quiet = ["GH_PROMPT_DISABLED", "NO_PROMPT", "GH_NO_UPDATE_NOTIFIER", "NO_COLOR"];
        let finished = Program::new(name, &self.ctx.dir)
            .args(args)
            .envs(self.ctx.env.inherited())
            .envs(quiet.map(|variable| (variable.into(), "1".into())))
            .run()?;
        if finished.code == Some(0) {
            return Ok(text_of(&finished.stdout));
        }
        let said = finished.stderr.trim();
        let said = if said.is_empty() { finished.status.as_str() } else { said };
        Err(Failure::new(Exit::RemoteRefused, format!("{name} cannot {what}")).fact("said", said))
    }
}
