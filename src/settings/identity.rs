//! Who acts, as far as that is known without asking git.

use serde::{Deserialize, Serialize};

use crate::env::{Env, GitVar, NotUtf8};
use crate::git::GitConfig;
use crate::text::one_line;

/// The configured author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorIdentity {
    name: Option<String>,
    email: Option<String>,
}

impl AuthorIdentity {
    pub fn configured(config: &GitConfig) -> AuthorIdentity {
        let value = |key| config.last(key).map(str::to_owned);
        AuthorIdentity { name: value("user.name"), email: value("user.email") }
    }

    /// Who acts: `TIX_ACTOR`, else git's `user.name <user.email>`, which the environment overrides.
    pub fn acting(&self, env: &Env) -> Result<Option<String>, NotUtf8> {
        // On one line, as in trailers and messages: it is later compared with what the ticket says.
        let actor = env.actor()?.map(one_line);
        if let Some(actor) = actor.filter(|actor| !actor.is_empty()) {
            return Ok(Some(actor));
        }
        let given = |var: GitVar, configured: &Option<String>| {
            let value = env.git(var).and_then(|value| value.to_str()).map(str::to_owned);
            let value = value.or_else(|| configured.clone());
            value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let name = given(GitVar::AuthorName, &self.name);
        let email = given(GitVar::AuthorEmail, &self.email);
        Ok(name.zip(email).map(|(name, email)| format!("{name} <{email}>")))
    }
}
