//! What the programs of the forges are asked about pull requests.

use super::answer::{FoundPull, read, without_mark};
use super::program::{ForgeCall, ForgeProgram};
use super::text::with_section;
use super::{PullText, with_branch_names};
use crate::error::{Exit, Failure};
use crate::ticket::{PullRequest, PullState};

/// How many pull requests a look at all of them asks for: what each program gets in one page of its forge.
const NEWEST: &str = "100";
const NEWEST_OF_TEA: &str = "50";

/// What became of a pull request.
pub struct BroughtPull {
    pub request: PullRequest,
    /// `opened`, `updated` or `already`.
    pub outcome: &'static str,
}

impl ForgeCall<'_> {
    /// Opens the pull request, or brings the one that is there up to date. However often it is called, there is one.
    pub(super) fn bring(&self, wanted: &PullText) -> Result<BroughtPull, Failure> {
        let Some(found) = self.look(wanted)? else {
            let made = self.create(wanted);
            // Looked for whatever it said: its answer may have been lost, and somebody else may have opened one meanwhile.
            return match (self.look(wanted)?, made) {
                (Some(FoundPull { request, .. }), _) => {
                    Ok(BroughtPull { request, outcome: "opened" })
                }
                (None, Err(failure)) => Err(failure),
                (None, Ok(())) => Err(Failure::new(
                    Exit::RemoteRefused,
                    format!("{} shows no pull request, though it opened one", self.program.name()),
                )),
            };
        };
        let mut brought = BroughtPull { request: found.request, outcome: "already" };
        if brought.request.state != PullState::Open {
            return Ok(brought);
        }
        let number = brought.request.number;
        if let Some(body) = with_section(&found.body, &wanted.section) {
            self.describe(number, &body)?;
            brought.outcome = "updated";
        }
        if brought.request.draft && !wanted.draft {
            self.make_ready(number, &found.title)?;
            brought.request.draft = false;
            brought.outcome = "updated";
        }
        Ok(brought)
    }

    /// The pull request of the branch: the open one, else the one by which this very commit was merged. One that somebody has
    /// closed stays closed.
    fn look(&self, wanted: &PullText) -> Result<Option<FoundPull>, Failure> {
        let mut found = self.list(Some(with_branch_names(self.ctx, wanted)))?;
        found.sort_by_key(|pull| std::cmp::Reverse(pull.request.number));
        let is_open = |pull: &FoundPull| pull.request.state == PullState::Open;
        let is_merged = |pull: &FoundPull| {
            pull.request.state == PullState::Merged
                && pull.head.as_deref() == Some(wanted.tip.as_str())
        };
        let at = found.iter().position(is_open).or_else(|| found.iter().position(is_merged));
        Ok(at.map(|at| found.swap_remove(at)))
    }

    /// The newest pull requests of the repository, in one call.
    pub(super) fn newest(&self) -> Result<Vec<FoundPull>, Failure> {
        self.list(None)
    }

    /// The newest pull requests, or those to a base and from a branch.
    fn list(&self, between: Option<(&str, &str)>) -> Result<Vec<FoundPull>, Failure> {
        let page = self.page.as_str();
        let mut args: Vec<&str> = match self.program {
            ForgeProgram::Gh => {
                let fields = "number,url,title,state,isDraft,isCrossRepository,body,headRefOid";
                let all = ["--state", "all", "--limit", NEWEST, "--json", fields];
                [&["pr", "list", "--repo", page][..], &all].concat()
            }
            ForgeProgram::Glab => {
                let all = ["--all", "--per-page", NEWEST, "--output", "json"];
                [&["mr", "list", "--repo", page][..], &all].concat()
            }
            ForgeProgram::Tea => {
                let fields = "index,state,url,head,title,body";
                let all = ["--state", "all", "--limit", NEWEST_OF_TEA, "--fields", fields];
                let remote = self.remote.as_str();
                [&["pulls", "list", "--remote", remote][..], &all, &["--output", "json"]].concat()
            }
        };
        if let Some((base, head)) = between {
            args.extend(match self.program {
                ForgeProgram::Gh => vec!["--base", base, "--head", head],
                ForgeProgram::Glab => vec!["--target-branch", base, "--source-branch", head],
                // It has no such filter.
                ForgeProgram::Tea => Vec::new(),
            });
        }
        let text = self.run("list the pull requests", &args)?;
        read(self.program, &text, between.map(|(_, head)| head)).map_err(|why| {
            let name = self.program.name();
            Failure::new(Exit::RemoteRefused, format!("tix does not understand {name}: {why}"))
        })
    }

    fn create(&self, wanted: &PullText) -> Result<(), Failure> {
        let (base, head) = with_branch_names(self.ctx, wanted);
        // Gitea knows a draft by its title.
        let is_wip = wanted.draft && self.program == ForgeProgram::Tea;
        let title = format!("--title={}{}", if is_wip { "WIP: " } else { "" }, wanted.title);
        let (page, remote) = (self.page.as_str(), self.remote.as_str());
        let body = format!("--{}={}", self.program.body_option(), wanted.section);
        let mut args: Vec<&str> = match self.program {
            ForgeProgram::Gh => {
                vec!["pr", "create", "--repo", page, "--base", base, "--head", head]
            }
            ForgeProgram::Glab => {
                let between = ["--target-branch", base, "--source-branch", head];
                [&["mr", "create", "--repo", page][..], &between, &["--yes"]].concat()
            }
            ForgeProgram::Tea => {
                vec!["pulls", "create", "--remote", remote, "--base", base, "--head", head]
            }
        };
        args.extend([title.as_str(), body.as_str()]);
        if wanted.draft && self.program != ForgeProgram::Tea {
            args.push("--draft");
        }
        self.run("open the pull request", &args).map(drop)
    }

    fn describe(&self, number: u64, body: &str) -> Result<(), Failure> {
        self.edit(number, &format!("--{}={body}", self.program.body_option()))
    }

    fn make_ready(&self, number: u64, title: &str) -> Result<(), Failure> {
        match self.program {
            ForgeProgram::Gh => {
                let number = number.to_string();
                let args = ["pr", "ready", &number, "--repo", &self.page];
                self.run("mark the pull request as ready", &args).map(drop)
            }
            ForgeProgram::Glab => self.edit(number, "--ready"),
            ForgeProgram::Tea => self.edit(number, &format!("--title={}", without_mark(title))),
        }
    }

    fn edit(&self, number: u64, option: &str) -> Result<(), Failure> {
        let number = number.to_string();
        let [first, second] = match self.program {
            ForgeProgram::Gh => ["pr", "edit"],
            ForgeProgram::Glab => ["mr", "update"],
            // Older versions do not know it, and say so.
            ForgeProgram::Tea => ["pulls", "edit"],
        };
        let place = match self.program {
            ForgeProgram::Gh | ForgeProgram::Glab => ["--repo", self.page.as_str()],
            ForgeProgram::Tea => ["--remote", self.remote.as_str()],
        };
        let args = [first, second, &number, place[0], place[1], option];
        self.run("change the pull request", &args).map(drop)
    }
}
