//! Checks on the clone itself.

use super::{Check, DefaultMove, Finding, Fix, HookHealth, RepoFacts, Severity};
use crate::text::count;

pub(super) fn findings(facts: &RepoFacts) -> Vec<Finding> {
    let one_each = [
        pushes_elsewhere(facts),
        default_moved(facts),
        hooks_missing(facts),
        trunk_ahead(facts),
        leftovers(facts),
        unseen(facts),
    ];
    let several = unknown_settings(facts).chain(idle_agents(facts));
    several.chain(one_each.into_iter().flatten()).collect()
}

fn idle_agents(facts: &RepoFacts) -> impl Iterator<Item = Finding> {
    facts.idle_agents.iter().map(|message| {
        Finding::new(Check::IdleAgentHooks, None, message.clone())
            .repair("see the state of each agent's hooks", &["tix", "hook", "status"])
    })
}

fn unknown_settings(facts: &RepoFacts) -> impl Iterator<Item = Finding> {
    facts.not_understood.iter().map(|message| {
        Finding::new(Check::UnknownSetting, None, message.clone())
            .repair("see the settings that this tix knows", &["tix", "explain", "config"])
            .repair("see the version of this tix", &["tix", "--version"])
    })
}

fn pushes_elsewhere(facts: &RepoFacts) -> Option<Finding> {
    let target = facts.pushes_elsewhere.as_ref()?;
    let message = format!("git fetches {} from one address and pushes to another", target.remote);
    let (why, command) = &target.way_out;
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let finding = Finding::new(Check::PushesElsewhere, None, message);
    Some(
        finding
            .fact("fetch", target.fetch.clone())
            .fact("push", target.push.clone())
            .repair(*why, &command),
    )
}

fn default_moved(facts: &RepoFacts) -> Option<Finding> {
    let DefaultMove { remote, here, there } = facts.default_moved.as_ref()?;
    let message = format!("the default branch of {remote} is {there}, but this clone uses {here}");
    Some(
        Finding::new(Check::DefaultMoved, None, message)
            .repair("if it was renamed, fetch it", &["git", "fetch", remote])
            .repair("and follow it", &["git", "remote", "set-head", remote, there])
            .repair("or set it for this clone", &["git", "config", "tix.trunk", here]),
    )
}

fn hooks_missing(facts: &RepoFacts) -> Option<Finding> {
    let hooks = facts.hooks.as_ref()?;
    let message = match &hooks.installed {
        HookHealth::Never => "the guard's hooks are not installed in this clone",
        HookHealth::Broken if hooks.lacking.is_empty() => {
            "the guard is installed in this clone, but does not run in all of its worktrees"
        }
        HookHealth::Broken => "the guard was installed in this clone, but not all of its hooks run",
        HookHealth::Shadowed(_) => {
            "the environment of this process keeps git from running the guard's hooks"
        }
    };
    let mut finding = Finding::new(Check::HooksMissing, None, message.to_owned());
    if !hooks.lacking.is_empty() {
        finding = finding.fact("hooks", hooks.lacking.join(", "));
    }
    finding = finding.fact("directory", hooks.directory.display().to_string());
    let copies = hooks.worktrees.iter().filter_map(|worktree| worktree.copy.as_ref());
    for worktree in &hooks.worktrees {
        finding = finding
            .fact("unguarded", format!("{} ({})", worktree.path.display(), worktree.lacking));
    }
    for copy in hooks.copy.iter().chain(copies) {
        let copy: Vec<&str> = copy.iter().map(String::as_str).collect();
        finding = finding.repair("give a worktree the hooks of the main one", &copy);
    }
    let install = ["tix", "hook", "install"];
    let status = ["tix", "hook", "status"];
    Some(match &hooks.installed {
        // A server may guard the trunk, and nobody has to want the hooks as well.
        HookHealth::Never => finding.repair("install them", &install).only(Severity::Info),
        HookHealth::Broken if hooks.lacking.is_empty() || hooks.copy.is_some() => {
            finding.repair("or see the state of each", &status)
        }
        HookHealth::Broken => {
            finding.repair("install them", &install).repair("or see the state of each", &status)
        }
        HookHealth::Shadowed(variables) => {
            let unset = variables.iter().flat_map(|name| ["-u", *name]);
            let command: Vec<&str> = ["env"].into_iter().chain(unset).chain(status).collect();
            finding.repair("see their state without it", &command)
        }
    })
}

fn trunk_ahead(facts: &RepoFacts) -> Option<Finding> {
    let local = facts.local_trunk.as_ref().filter(|local| local.ahead > 0)?;
    let (name, theirs) = (&local.name, &facts.trunk);
    let state = if local.behind > 0 { "has diverged from" } else { "is ahead of" };
    let finding =
        Finding::new(Check::TrunkAhead, None, format!("your local {name} {state} {theirs}"))
            .fact("only here", commits(local.ahead))
            .fact("only there", commits(local.behind))
            .repair("see them", &["git", "log", "--oneline", &format!("{theirs}..{name}")])
            .repair(
                "keep them under another name",
                &["git", "branch", &format!("{name}-mine"), name],
            );
    Some(finding)
}

fn commits(number: u64) -> String {
    count(number, "commit", "commits")
}

fn leftovers(facts: &RepoFacts) -> Option<Finding> {
    let left: Vec<&str> = facts.leftovers.iter().map(|leftover| leftover.what.as_str()).collect();
    if left.is_empty() {
        return None;
    }
    let killed = count(left.len(), "run was killed", "runs were killed");
    let finding =
        |message| Finding::new(Check::Leftovers, None, message).fact("what", left.join(", "));
    Some(if facts.leftovers.iter().all(|leftover| leftover.cleared) {
        finding(format!("{killed} and left something behind; doctor has cleared it"))
    } else {
        finding(format!("{killed} and left something behind"))
            .repair("clear it", &["tix", "doctor", "--fix"])
            .fixed_by(Fix::ClearLeftovers)
    })
}

fn unseen(facts: &RepoFacts) -> Option<Finding> {
    let why = facts.unseen.as_ref()?;
    let message = format!("{} is shown as last fetched", facts.trunk);
    Some(Finding::new(Check::RemoteUnseen, None, message).fact("because", why.clone()))
}
