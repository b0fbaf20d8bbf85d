//! Finds the calls of tix in prose, scripts and plugin manifests.

/// The calls with the lines they are on, each split into words, `tix` first.
pub type Calls = Vec<(usize, Vec<String>)>;

/// Words after which a command begins.
const LEADS: [&str; 9] = ["exec", "if", "then", "while", "do", "else", "!", "$", "time"];

/// In fenced blocks, where a block with prompts is a session whose other lines are output; in code spans that begin with
/// `tix`; and in the tool permissions of a slash command.
pub fn in_markdown(text: &str) -> Calls {
    let lines: Vec<&str> = text.lines().collect();
    let mut calls = Calls::new();
    let mut index = 0;
    while index < lines.len() {
        if let Some(fence) = fence(lines[index]) {
            let end = (index + 1..lines.len())
                .find(|line| lines[*line].trim() == fence)
                .unwrap_or(lines.len());
            let block = &lines[index + 1..end];
            let session = block.iter().any(|line| line.trim_start().starts_with("$ "));
            for (number, line) in (index + 2..).zip(block) {
                if !session || line.trim_start().starts_with("$ ") {
                    calls.extend(calls_of(line).into_iter().map(|words| (number, words)));
                }
            }
            index = end;
        } else {
            for code in code_spans(lines[index]).into_iter().chain(permissions(lines[index])) {
                if code.starts_with("tix ") {
                    calls.extend(calls_of(code).into_iter().map(|words| (index + 1, words)));
                }
            }
        }
        index += 1;
    }
    calls
}

pub fn in_shell(text: &str) -> Calls {
    let numbered = (1..).zip(text.lines());
    numbered
        .flat_map(|(number, line)| calls_of(line).into_iter().map(move |words| (number, words)))
        .collect()
}

/// In a manifest a command is a line for the shell, or a program with its arguments in a list. JSON has no line numbers.
pub fn in_json(text: &str) -> Calls {
    let mut calls = Calls::new();
    let mut waiting = vec![serde_json::from_str::<serde_json::Value>(text).unwrap()];
    while let Some(value) = waiting.pop() {
        if let (Some(command), arguments) = (value["command"].as_str(), value["args"].as_array()) {
            let arguments: Option<Vec<String>> = arguments.map(|list| {
                list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
            });
            match arguments {
                Some(words) if command == "tix" => {
                    calls.push((1, [vec![command.to_owned()], words].concat()));
                }
                Some(words) => calls.extend(words.iter().flat_map(|word| in_shell(word))),
                None => calls.extend(in_shell(command)),
            }
        }
        waiting.extend(value.as_array().cloned().into_iter().flatten());
        waiting.extend(value.as_object().into_iter().flat_map(|map| map.values().cloned()));
    }
    calls
}

/// The sign that opens a fenced block, which is also the one that closes it.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let sign = line.chars().next().filter(|sign| "`~".contains(*sign))?;
    let length = line.len() - line.trim_start_matches(sign).len();
    (length >= 3 && !line[length..].contains(sign)).then(|| &line[..length])
}

fn code_spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).map(str::trim).collect()
}

/// The commands in `Bash(tix list *), Bash(tix show *)`.
fn permissions(line: &str) -> Vec<&str> {
    line.split("Bash(").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// The calls of tix in one line of shell.
fn calls_of(line: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for word in shell_words(line).into_iter().chain([";".to_owned()]) {
        if ["|", "||", "&&", ";", "&", "(", ")"].contains(&word.as_str()) {
            let lead = |word: &String| LEADS.contains(&word.as_str()) || is_assignment(word);
            let call: Vec<String> = words.drain(..).skip_while(lead).collect();
            if call.first().is_some_and(|word| word == "tix") {
                calls.push(call);
            }
        } else {
            words.push(word);
        }
    }
    calls
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

/// Words as a shell would split them, as far as documentation needs it: quotes, comments, redirections, and the signs that
/// end a command. A sign inside a word, as in `a|b`, is a synopsis and stays.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let spaced = line.replace("$(", " ( ").replace(')', " ) ");
    for sign in spaced.chars().chain([' ']) {
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, '#') if word.is_empty() => break,
            (None, ';') => words.extend([std::mem::take(&mut word), ";".to_owned()]),
            (None, _) if sign.is_whitespace() => words.push(std::mem::take(&mut word)),
            _ => word.push(sign),
        }
    }
    let redirection = |word: &str| {
        word.trim_start_matches(|sign: char| sign.is_ascii_digit()).starts_with(['>', '<'])
    };
    words.retain(|word| !word.is_empty() && word != "\\" && !redirection(word));
    words
}

#[test]
fn calls_are_found_in_every_kind_of_file() {
    let lines = |calls: Calls| {
        let lines = calls.into_iter().map(|(line, words)| format!("{line} {}", words.join(" ")));
        lines.collect::<Vec<_>>().join("\n")
    };
    let markdown = "\
---
allowed-tools: Bash(tix list *), Bash(git log)
---
Say `tix activate ID` or `tix`, not `git push`; ``tix: held``.
!`tix list --queue || true`

```sh
tix activate 'A B' --json   # tix comment
git fetch && id=1; FOO=1 tix next | jq .
echo tix no
```
```console
$ tix show X 2>/dev/null
tix is output here
```
";
    let expected = "2 tix list *\n4 tix activate ID\n5 tix list --queue\n8 tix activate A B --json\n9 tix next\n13 tix show X";
    assert_eq!(lines(in_markdown(markdown)), expected);
    let shell = "#!/bin/sh\ncommand -v tix >/dev/null || exit 2\nif x=$(tix next); then exec tix hook claude; fi";
    assert_eq!(lines(in_shell(shell)), "3 tix next\n3 tix hook claude");
    let json = r#"{"hooks":[{"command":"tix","args":["hook","claude"]},{"command":"true; exec tix hook codex"},
        {"command":"/bin/sh","args":["-c","exec tix hook gemini"]}]}"#;
    let mut found = in_json(json);
    found.sort();
    assert_eq!(lines(found), "1 tix hook claude\n1 tix hook codex\n1 tix hook gemini");
}
