//! Commands in backticks, written as `$(…)`.
//!
//! In backticks a backslash before `` ` ``, `\`, `$`, and in double quotes before `"`, belongs to the outer shell: a command in
//! them is another text than stands there. The parser reads it as it stands, and so finds no command in some places, and
//! fails in others. It reads the other form rightly.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// What a character stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Quotes,
    Parentheses,
}

/// The text with each command in backticks as `$(…)`. A text with a here-document, whose lines have quotes of another kind, or in
/// which one backtick is left over, stays as it is.
pub fn in_parentheses(text: &str) -> Cow<'_, str> {
    let rewritten = if text.contains('`') { rewrite(text) } else { None };
    rewritten.map_or(Cow::Borrowed(text), Cow::Owned)
}

fn rewrite(text: &str) -> Option<String> {
    let mut rest = text.chars().peekable();
    let (mut out, mut inside, mut before) = (String::new(), Vec::new(), '\n');
    while let Some(sign) = rest.next() {
        let in_quotes = inside.last() == Some(&Inside::Quotes);
        match sign {
            '`' => {
                let command = command(&mut rest, in_quotes)?;
                let command = if command.contains('`') { rewrite(&command)? } else { command };
                // `$((` begins arithmetic, and a comment would take the bracket with it.
                let blank = if command.starts_with('(') { " " } else { "" };
                let end = if command.contains('#') { "\n" } else { "" };
                out.push_str(&format!("$({blank}{command}{end})"));
                before = ')';
                continue;
            }
            '"' if in_quotes => drop(inside.pop()),
            '"' => inside.push(Inside::Quotes),
            '(' if !in_quotes || before == '$' => inside.push(Inside::Parentheses),
            ')' if inside.last() == Some(&Inside::Parentheses) => drop(inside.pop()),
            '<' if !in_quotes && before == '<' => return None,
            _ => {}
        }
        out.push(sign);
        match sign {
            '\\' => out.extend(rest.next()),
            '\'' if !in_quotes => single_quotes(&mut rest, before == '$', &mut out),
            '#' if !in_quotes && " \t\n;&|(".contains(before) => {
                while let Some(sign) = rest.next_if(|sign| *sign != '\n') {
                    out.push(sign);
                }
            }
            _ => {}
        }
        before = sign;
    }
    Some(out)
}

/// What stands between two backticks, as the inner shell gets it.
fn command(rest: &mut Peekable<Chars<'_>>, in_quotes: bool) -> Option<String> {
    let mut command = String::new();
    loop {
        match rest.next()? {
            '`' => return Some(command),
            '\\' => {
                let next = rest.next()?;
                if !(matches!(next, '`' | '\\' | '$') || in_quotes && next == '"') {
                    command.push('\\');
                }
                command.push(next);
            }
            sign => command.push(sign),
        }
    }
}

/// Copies what is left of a text in single quotes. In `$'…'` a backslash keeps a quote from ending it.
fn single_quotes(rest: &mut Peekable<Chars<'_>>, is_ansi: bool, out: &mut String) {
    while let Some(sign) = rest.next() {
        out.push(sign);
        match sign {
            '\'' => return,
            '\\' if is_ansi => out.extend(rest.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_in_backticks_is_what_the_inner_shell_gets() {
        for (text, expected) in [
            ("echo `pwd`", "echo $(pwd)"),
            ("x=\"\\\"`pwd`\\\"\"", "x=\"\\\"$(pwd)\\\"\""),
            ("echo `echo \\`pwd\\``", "echo $(echo $(pwd))"),
            ("`echo \\`echo \\\\\\`pwd\\\\\\`\\``", "$(echo $(echo $(pwd)))"),
            ("`echo \\$x \\n \\\"a\\\"`", "$(echo $x \\n \\\"a\\\")"),
            ("\"`echo \\\"a\\\"`\"", "\"$(echo \"a\")\""),
            ("`(cd a) # b`", "$( (cd a) # b\n)"),
            ("'`a`' $'\\'`b`' \\`c", "'`a`' $'\\'`b`' \\`c"),
            ("\"it's `a`\"", "\"it's $(a)\""),
            ("\"$(echo \"`a`\" '`b`')`c`\"", "\"$(echo \"$(a)\" '`b`')$(c)\""),
            ("a # it's `b\nc `d` $# e", "a # it's `b\nc $(d) $# e"),
            ("echo \"\\\"`⮗`\"A", "echo \"\\\"$(⮗)\"A"),
        ] {
            assert_eq!(in_parentheses(text), expected, "{text}");
        }
        for text in ["a", "`a", "cat <<'E'\n`a`\nE", "`cat <<E\n\\`a\\`\nE`", "`a\\"] {
            assert_eq!(in_parentheses(text), text);
        }
    }
}
