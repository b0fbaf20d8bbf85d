//! How the answers of the programs are read.

use serde_json::Value;

use super::program::ForgeProgram;
use crate::ticket::{PullRequest, PullState};

/// A pull request with what tix compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPull {
    pub request: PullRequest,
    pub title: String,
    pub body: String,
    /// The commit that it is at; `None` if the program does not say.
    pub head: Option<String>,
}

/// The pull requests in a program's answer that are of this branch, if one is named, in the repository itself.
pub fn read(
    program: ForgeProgram,
    text: &str,
    branch: Option<&str>,
) -> Result<Vec<FoundPull>, String> {
    let text = text.trim();
    // `tea` prints nothing for none.
    let all: Vec<Value> = match text {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| error.to_string())?,
    };
    let mut found = Vec::new();
    for one in all {
        let field = |key: &str| one.get(key).unwrap_or(&Value::Null);
        let is_own = match program {
            ForgeProgram::Gh => field("isCrossRepository") != true,
            ForgeProgram::Glab => field("source_project_id") == field("target_project_id"),
            // Of another repository it is `owner:branch`.
            ForgeProgram::Tea => branch.is_none_or(|branch| field("head") == branch),
        };
        if is_own {
            found.push(read_one(program, &one).ok_or_else(|| format!("{one}"))?);
        }
    }
    Ok(found)
}

fn read_one(program: ForgeProgram, one: &Value) -> Option<FoundPull> {
    let field = |key: &str| one.get(key).unwrap_or(&Value::Null);
    let text = |key: &str| field(key).as_str().map(str::to_owned);
    let (number, url, body, head) = match program {
        ForgeProgram::Gh => ("number", "url", "body", "headRefOid"),
        ForgeProgram::Glab => ("iid", "web_url", "description", "sha"),
        ForgeProgram::Tea => ("index", "url", "body", ""),
    };
    let number = &field(number);
    let number = number.as_u64().or_else(|| number.as_str()?.parse().ok())?;
    let state = match text("state")?.to_ascii_lowercase().as_str() {
        "open" | "opened" | "locked" => PullState::Open,
        "merged" => PullState::Merged,
        "closed" => PullState::Closed,
        _ => return None,
    };
    let title = text("title").unwrap_or_default();
    let draft = match program {
        ForgeProgram::Gh => field("isDraft") == true,
        ForgeProgram::Glab => field("draft") == true,
        ForgeProgram::Tea => without_mark(&title) != title,
    };
    let request = PullRequest { number, url: text(url)?, state, draft };
    Some(FoundPull { request, title, body: text(body).unwrap_or_default(), head: text(head) })
}

/// The title without the mark by which Gitea knows a draft.
pub fn without_mark(title: &str) -> &str {
    let rest = |mark: &str| {
        let (start, rest) = title.split_at_checked(mark.len())?;
        start.eq_ignore_ascii_case(mark).then(|| rest.trim_start())
    };
    ["WIP:", "[WIP]"].into_iter().find_map(rest).unwrap_or(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(program: ForgeProgram, text: &str) -> Vec<String> {
        let found = read(program, text, Some("ticket/TICKET-a")).unwrap();
        found.iter().map(|pull| format!("{} {}", pull.request, pull.request.url)).collect()
    }

    #[test]
    fn the_answer_of_each_program_is_read_and_forks_are_left_out() {
        let gh = r#"[{"number":7,"url":"https://x/7","state":"OPEN","isDraft":true,"isCrossRepository":false,"body":"b","headRefOid":"c"},
            {"number":8,"url":"https://x/8","state":"OPEN","isDraft":false,"isCrossRepository":true,"body":""}]"#;
        assert_eq!(numbers(ForgeProgram::Gh, gh), ["pull request 7 (draft) https://x/7"]);
        let glab = r#"[{"iid":7,"web_url":"https://x/7","state":"merged","draft":false,"source_project_id":1,"target_project_id":1,"description":null,"sha":"c"},
            {"iid":8,"web_url":"https://x/8","state":"opened","draft":false,"source_project_id":2,"target_project_id":1}]"#;
        assert_eq!(numbers(ForgeProgram::Glab, glab), ["pull request 7 (merged) https://x/7"]);
        let tea = r#"[{"index":"7","url":"https://x/7","state":"open","head":"ticket/TICKET-a","title":"WIP: a","body":""},
            {"index":"8","url":"https://x/8","state":"closed","head":"bob:ticket/TICKET-a","title":"a","body":""}]"#;
        assert_eq!(numbers(ForgeProgram::Tea, tea), ["pull request 7 (draft) https://x/7"]);
        assert_eq!(numbers(ForgeProgram::Tea, ""), [""; 0]);
    }

    #[test]
    fn an_answer_of_another_form_is_no_answer() {
        assert!(read(ForgeProgram::Gh, "no pull requests", None).is_err());
        assert!(read(ForgeProgram::Gh, r#"[{"number":1,"state":"ODD","url":"u"}]"#, None).is_err());
    }
}
