//! Roles: a restricted set of commands, for agents that should keep to their part.

use std::collections::BTreeMap;

use super::command_line;
use super::context::{CONFIG_FILE, Context, Globals};
use super::unknown::OnUnknown;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::out::Out;
use crate::text::near;
use crate::workspace::Session;

/// What any role may do: read, and what git, agents and shells call by themselves.
pub const ALWAYS: [&str; 21] = [
    "agent-guide",
    "board",
    "check",
    "completions",
    "demo",
    "doctor",
    "explain",
    "export",
    "graph",
    "hook",
    "list",
    "log",
    "man",
    "mcp",
    "serve",
    "next",
    "path",
    "report",
    "shell-init",
    "show",
    "status",
];

/// Checks that the named role, if any, may use this command.
pub fn check(verb: &str, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let named = named(globals, env)?;
    let Some(role) = named.filter(|_| !ALWAYS.contains(&verb)) else { return Ok(()) };
    // The command itself says what it does not understand.
    let globals = Globals { on_unknown: OnUnknown::PassOver, ..globals.clone() };
    let ctx = Context::open(&globals, env, out, None)?;
    judge(role, verb, &ctx.config.roles, &known_verbs()).map_err(|failure| ctx.by_settings(failure))
}

/// Why the role that was named may not use a command; `None` where it may. A role that nobody knows is told by the command.
pub fn objection(ctx: &Context<'_>, verb: &str) -> Option<String> {
    let role = ctx.role().filter(|_| !ALWAYS.contains(&verb))?;
    let allowed = ctx.config.roles.get(role)?;
    (!allowed.iter().any(|one| one == verb)).then(|| may_not(role, verb))
}

/// The session of this call, as far as it decides what the caller holds. A role that may not use `activate` cannot take a
/// ticket over from another session, so no session shuts it out.
pub fn deciding_session(ctx: &Context<'_>) -> Result<Option<Session>, Failure> {
    let session = ctx.session()?;
    Ok(session.filter(|_| objection(ctx, "activate").is_none()))
}

/// Whether the role of this call may run the command; whatever is no command of tix, it may.
pub fn may_run(ctx: &Context<'_>, command: &str) -> bool {
    let verb = command.strip_prefix("tix ").and_then(|rest| rest.split(' ').next());
    verb.is_none_or(|verb| objection(ctx, verb).is_none())
}

fn may_not(role: &str, verb: &str) -> String {
    format!("the role `{role}` may not use `tix {verb}`")
}

/// The role of this call, if one was named.
fn named<'a>(globals: &'a Globals, env: &'a Env) -> Result<Option<&'a str>, Failure> {
    match &globals.role {
        Some(role) => Ok(Some(role.as_str())),
        None => env.role().map_err(|error| Failure::new(Exit::Usage, error.to_string())),
    }
}

fn known_verbs() -> Vec<String> {
    let commands = command_line::description();
    commands.get_subcommands().map(|one| one.get_name().to_owned()).collect()
}

/// The commands that the role which was named may use; `None` without a role.
pub fn allowed(globals: &Globals, env: &Env, out: &Out) -> Result<Option<Vec<String>>, Failure> {
    let Some(role) = named(globals, env)? else { return Ok(None) };
    let ctx = Context::open(globals, env, out, None)?;
    let granted = granted(role, &ctx.config.roles, &known_verbs())
        .map_err(|failure| ctx.by_settings(failure))?;
    let always = ALWAYS.map(str::to_owned);
    Ok(Some(granted.iter().cloned().chain(always).collect()))
}

/// The commands of a role, once all roles have been looked at.
fn granted<'a>(
    role: &str,
    roles: &'a BTreeMap<String, Vec<String>>,
    verbs: &[String],
) -> Result<&'a [String], Failure> {
    for (name, allowed) in roles {
        if let Some(unknown) = allowed.iter().find(|one| !verbs.contains(one)) {
            let message = format!(
                "{CONFIG_FILE}: the role `{name}` lists `{unknown}`, which is not a tix command"
            );
            let nearest = nearest(unknown, verbs.iter().map(String::as_str));
            return Err(Failure::new(Exit::Damaged, message)
                .maybe_fact("nearest", nearest)
                .hint("see the commands: tix --help"));
        }
    }
    roles.get(role).map(Vec::as_slice).ok_or_else(|| {
        let failure = Failure::new(Exit::Usage, format!("there is no role `{role}`"))
            .maybe_fact("nearest", nearest(role, roles.keys().map(String::as_str)));
        if roles.is_empty() {
            let way = "a person takes the role out of TIX_ROLE, or defines it there";
            failure.hint(format!("{CONFIG_FILE} defines no roles: {way}"))
        } else {
            let names: Vec<&str> = roles.keys().map(String::as_str).collect();
            let failure = failure.fact("roles", names.join(", "));
            failure
                .hint("name one with --role, or with TIX_ROLE")
                .hint("or let a person set TIX_ROLE to one of them")
        }
    })
}

fn judge(
    role: &str,
    verb: &str,
    roles: &BTreeMap<String, Vec<String>>,
    verbs: &[String],
) -> Result<(), Failure> {
    let allowed = granted(role, roles, verbs)?;
    if allowed.iter().any(|one| one == verb) {
        return Ok(());
    }
    let may: Vec<&str> = roles
        .iter()
        .filter(|(_, allowed)| allowed.iter().any(|one| one == verb))
        .map(|(name, _)| name.as_str())
        .collect();
    let failure = Failure::new(Exit::Refused, may_not(role, verb));
    let this = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    Err(if may.is_empty() {
        failure.fact("this one may", this).hint("leave it to a person, who acts in no role")
    } else {
        let failure = failure.fact("roles that may", may.join(", ")).fact("this one may", this);
        failure.hint("leave it to one of them")
    })
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(name, known.map(|known| (known, known))).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(role: &str, verb: &str, roles: &[(&str, &[&str])]) -> Option<Failure> {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let roles = roles.iter().map(|(name, verbs)| ((*name).to_owned(), owned(verbs))).collect();
        judge(role, verb, &roles, &owned(&["activate", "release", "run"])).err()
    }

    #[test]
    fn a_role_may_what_it_may_and_a_refusal_names_those_who_may() {
        let roles: [(&str, &[&str]); 3] =
            [("boss", &["activate", "release"]), ("coder", &["run"]), ("reader", &[])];
        assert!(told("coder", "run", &roles).is_none());
        let refused = told("coder", "release", &roles).unwrap();
        assert_eq!(refused.exit, Exit::Refused);
        assert_eq!(refused.facts[0], ("roles that may", "boss".to_owned()));
        assert_eq!(refused.facts[1], ("this one may", "run".to_owned()));
        assert_eq!(told("reader", "run", &roles).unwrap().facts[1].1, "none");
        // Where no role may, a person does it.
        let refused = told("coder", "undo", &roles).unwrap();
        assert_eq!(refused.facts, [("this one may", "run".to_owned())]);
        assert_eq!(refused.hints, ["leave it to a person, who acts in no role"]);
    }

    #[test]
    fn a_name_that_is_not_known_is_an_error_with_the_nearest() {
        let unknown = told("codr", "run", &[("coder", &["run"])]).unwrap();
        assert_eq!((unknown.exit, unknown.facts[0].1.as_str()), (Exit::Usage, "coder"));
        assert!(told("coder", "run", &[]).unwrap().hints[0].contains("defines no roles: a person"));
        // Also in a role that was not named: it would be found out much later.
        let typo = told("coder", "run", &[("coder", &["run"]), ("boss", &["realese"])]).unwrap();
        assert_eq!((typo.exit, typo.facts[0].1.as_str()), (Exit::Damaged, "release"));
    }
}
