//! Templates for the names that tix creates: the ticket branch, the directory of a held ticket, the worktree.
//!
//! The values are hostile: a session id is a line of a file that anybody may have written, or a variable. No value can
//! lead outside the template's directory: every value must be one harmless name, and the expanded result is checked
//! again as a whole.

use super::names::{component_problem, ref_problem, text_problem};
use super::quote::quoted;

/// What a template creates; this decides which fields it may have and what must hold of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A branch name. It has `{id}` once and no other field, so that the id can be read back.
    Branch,
    /// A directory below a lane.
    ActiveDir,
    /// A path for a worktree, absolute or relative to the root of the main worktree. It has `{id}`, and only it may
    /// begin with `/` or `..`.
    Worktree,
}

impl Purpose {
    fn fields(self) -> &'static [TemplateField] {
        match self {
            Self::Branch => &[TemplateField::Id],
            Self::ActiveDir => &[TemplateField::Id, TemplateField::Session],
            Self::Worktree => &[TemplateField::Repo, TemplateField::Id, TemplateField::Session],
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Branch => "{id}",
            Self::ActiveDir => "{id} and {session}",
            Self::Worktree => "{repo}, {id} and {session}",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateField {
    Id,
    /// The ticket's session id.
    Session,
    /// The name of the directory that contains the repository.
    Repo,
}

impl TemplateField {
    /// The name between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Session => "session",
            Self::Repo => "repo",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    pub id: &'a str,
    /// The ticket's session id, where it has one.
    pub session: Option<&'a str>,
    pub repo: &'a str,
}

impl<'a> Fields<'a> {
    fn value(&self, field: TemplateField) -> Option<&'a str> {
        match field {
            TemplateField::Id => Some(self.id),
            TemplateField::Session => self.session,
            TemplateField::Repo => Some(self.repo),
        }
    }
}

/// Why a template cannot be used, or not for this ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An unmatched brace.
    #[error("it has an unmatched `{{` or `}}`")]
    Unbalanced,
    /// A field that this template cannot have.
    #[error("it may contain {allowed}, not {}", quoted(&format!("{{{name}}}")))]
    UnknownField {
        /// The name between the braces.
        name: String,
        allowed: &'static str,
    },
    /// Without the id, two tickets would get the same name.
    #[error("it must contain {{id}}, or two tickets would get the same name")]
    NoId,
    /// The id occurs twice and could not be read back.
    #[error("it must contain {{id}} only once")]
    IdTwice,
    /// `~name`, which only a shell can expand.
    #[error("it begins with `~`, of which only `~/` is expanded")]
    Tilde,
    /// `~/`, but the home directory is unknown.
    #[error("it begins with `~/`, and the home directory is not known or not UTF-8")]
    NoHome,
    /// The ticket has no value for the field.
    #[error("the ticket has no {} to put into it", .0.name())]
    NoValue(TemplateField),
    /// The value for the field is not one harmless name.
    #[error("the {} {} cannot be part of a name: {reason}", .field.name(), quoted(.value))]
    BadValue { field: TemplateField, value: String, reason: &'static str },
    /// The result is not a usable name.
    #[error("{} is not a usable name: {reason}", quoted(.name))]
    BadResult { name: String, reason: &'static str },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field(TemplateField),
}

/// A checked template. It can be expanded for any ticket whose values are harmless names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    purpose: Purpose,
    pieces: Vec<Piece>,
}

impl Template {
    /// Parses a template such as `ticket/{id}`. Fails on one that no ticket could use.
    pub fn parse(text: &str, purpose: Purpose) -> Result<Self, TemplateError> {
        Self { purpose, pieces: pieces(text, purpose)? }.checked()
    }

    /// A template for a worktree below a fixed directory. Braces in the directory's name are not fields.
    pub fn parse_below(dir: &str, rest: &str) -> Result<Self, TemplateError> {
        let mut parts = vec![Piece::Literal(format!("{}/", dir.trim_end_matches('/')))];
        parts.extend(pieces(rest, Purpose::Worktree)?);
        Self { purpose: Purpose::Worktree, pieces: parts }.checked()
    }

    /// The default branch of a ticket: `ticket/{id}`.
    pub fn default_branch() -> Self {
        let pieces = vec![Piece::Literal("ticket/".to_owned()), Piece::Field(TemplateField::Id)];
        Self { purpose: Purpose::Branch, pieces }
    }

    /// The default directory of a held ticket: `{id}`.
    pub fn default_active_dir() -> Self {
        Self { purpose: Purpose::ActiveDir, pieces: vec![Piece::Field(TemplateField::Id)] }
    }

    /// The default worktree of a ticket: `../{repo}.worktrees/{id}`.
    pub fn default_worktree() -> Self {
        let pieces = vec![
            Piece::Literal("../".to_owned()),
            Piece::Field(TemplateField::Repo),
            Piece::Literal(".worktrees/".to_owned()),
            Piece::Field(TemplateField::Id),
        ];
        Self { purpose: Purpose::Worktree, pieces }
    }

    /// Expands the fields. The result contains no control characters, never begins with `-`, and contains no `..`
    /// except those at the beginning of a worktree's template. A value that would break this is an error and is never
    /// repaired: two values could be repaired to the same name.
    pub fn expand(&self, fields: &Fields<'_>) -> Result<String, TemplateError> {
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => name.push_str(text),
                Piece::Field(field) => {
                    let value = fields.value(*field).ok_or(TemplateError::NoValue(*field))?;
                    if let Some(reason) = component_problem(value) {
                        let value = value.to_owned();
                        return Err(TemplateError::BadValue { field: *field, value, reason });
                    }
                    name.push_str(value);
                }
            }
        }
        match self.problem(&name) {
            Some(reason) => Err(TemplateError::BadResult { name, reason }),
            None => Ok(name),
        }
    }

    fn checked(self) -> Result<Self, TemplateError> {
        let ids =
            self.pieces.iter().filter(|piece| **piece == Piece::Field(TemplateField::Id)).count();
        match (self.purpose, ids) {
            (Purpose::Branch | Purpose::Worktree, 0) => return Err(TemplateError::NoId),
            (Purpose::Branch, 2..) => return Err(TemplateError::IdTwice),
            (Purpose::Branch | Purpose::Worktree | Purpose::ActiveDir, _) => {}
        }
        // A template that fails for these values fails for all: no values are more harmless.
        self.expand(&Fields { id: "TICKET-1", session: Some("session"), repo: "repo" })?;
        Ok(self)
    }

    fn problem(&self, name: &str) -> Option<&'static str> {
        match self.purpose {
            Purpose::Branch => ref_problem(name),
            Purpose::ActiveDir => name.split('/').find_map(component_problem),
            Purpose::Worktree => text_problem(name).or_else(|| {
                // A value is never empty or `.`, so these can only come from the template, as in
                // `$TMPDIR/work` where TMPDIR ends with a slash.
                let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
                parts.skip(self.ups()).find_map(component_problem)
            }),
        }
    }

    /// How many `..` the template itself begins with, before its first field.
    fn ups(&self) -> usize {
        let Some(Piece::Literal(start)) = self.pieces.first() else {
            return 0;
        };
        // The text after the last slash may continue in a field, so it is not a component yet.
        let whole = start.rsplit_once('/').map_or("", |(whole, _)| whole);
        whole
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .take_while(|part| *part == "..")
            .count()
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => f.write_str(text),
            Piece::Field(field) => write!(f, "{{{}}}", field.name()),
        })
    }
}

fn pieces(text: &str, purpose: Purpose) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (literal, field) = match rest.split_once('{') {
            None => (rest, None),
            Some((literal, tail)) => {
                let (name, after) = tail.split_once('}').ok_or(TemplateError::Unbalanced)?;
                (literal, Some((name, after)))
            }
        };
        if literal.contains('}') {
            return Err(TemplateError::Unbalanced);
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.to_owned()));
        }
        let Some((name, after)) = field else { break };
        let known = purpose.fields().iter().find(|field| field.name() == name);
        let unknown =
            || TemplateError::UnknownField { name: name.to_owned(), allowed: purpose.allowed() };
        pieces.push(Piece::Field(*known.ok_or_else(unknown)?));
        rest = after;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests;
