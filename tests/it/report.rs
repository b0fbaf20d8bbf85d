//! `tix report`: figures and a page from the history of the trunk.

use std::fs;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};

use crate::harness::{Place, Sandbox, Ticket, notes};

const HOSTILE: &str =
    "\"</title><script>document.title='owned'</script><img src=x onerror=alert(1)> \\u202e\"";

fn lane(lane: &str, id: &str) -> String {
    format!("tickets/{lane}/{id}.md")
}

/// Moves tickets by hand, at a time.
fn step(clone: &Place, at: &str, message: &str, moves: &[(&str, &str)]) {
    let clone = clone.frozen_at(at);
    for (from, to) in moves {
        fs::create_dir_all(clone.path().join(to).parent().unwrap()).unwrap();
        clone.git(&["mv", "--", from, to]);
    }
    clone.git(&["commit", "-q", "-m", message]);
}

/// Three tickets in December 2025: one took two days, one is held, one waits. Then a merge brings a fourth to its end.
fn history() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let ticket =
        |id: &str| Ticket::new(id).key("title", HOSTILE).key("priority", "<b>P0</b>").text();
    let ids =
        ["TICKET-a-001", "TICKET-with-a-rather-long-name-001", "TICKET-c-001", "TICKET-d-001"];
    sandbox.seed(&ids.map(|id| (lane("queue", id), ticket(id))));
    let clone = sandbox.clone_named("a");
    let claim = "claim\n\nTix-Actor: Bob <i>Example</i> <bob@example.org>";
    let moved = |id: &str, from: &str, to: &str| (lane(from, id), lane(to, id));
    let go = |at: &str, message: &str, (from, to): (String, String)| {
        step(&clone, at, message, &[(&from, &to)]);
    };
    go("2025-12-04T12:00:00Z", claim, moved("TICKET-a-001", "queue", "active"));
    go(
        "2025-12-05T12:00:00Z",
        claim,
        moved("TICKET-with-a-rather-long-name-001", "queue", "active"),
    );
    go("2025-12-06T12:00:00Z", "complete", moved("TICKET-a-001", "active", "completed"));
    go("2025-12-07T12:00:00Z", claim, moved("TICKET-d-001", "queue", "active"));
    clone.git(&["branch", "-q", "work"]);
    let work = clone.at(sandbox.root().join("work"));
    clone.git(&["worktree", "add", "-q", "--force", work.path().to_str().unwrap(), "work"]);
    let (from, to) = moved("TICKET-d-001", "active", "completed");
    step(&work, "2025-12-08T12:00:00Z", "complete", &[(&from, &to)]);
    let merge = clone.frozen_at("2025-12-10T12:00:00Z");
    merge.git(&["merge", "-q", "--no-ff", "-m", "land", "work"]);
    clone.git(&["push", "-q"]);
    (sandbox, clone)
}

#[test]
fn the_figures_are_those_of_the_commits() {
    let (_sandbox, clone) = history();
    let report = clone.tix(&["report", "--json"]).success().json();
    assert_eq!(report["schema"], "tix/report@1");
    assert_eq!((&report["queued"], &report["active"]), (&1.into(), &1.into()));
    let held = report["held"].as_array().unwrap();
    assert_eq!((held.len(), &held[0]["ticket"]), (1, &"TICKET-with-a-rather-long-name-001".into()));
    assert_eq!(held[0]["by"], "Bob <i>Example</i> <bob@example.org>");
    assert_eq!(held[0]["since"], "2025-12-05T12:00:00Z");
    let page = clone.tix(&["report", "--html", "-"]);
    let page = page.success().stdout();
    // What does not say when it was completed counts when it came to the trunk.
    for row in [
        "<td>TICKET-a-001</td><td>2025-12-06</td><td>2 d</td>",
        "<td>TICKET-d-001</td><td>2025-12-10</td><td>3 d</td>",
    ] {
        assert!(page.contains(row), "{row}\n{page}");
    }
    // The last row is how it is now, and no day is told of that has not begun.
    assert!(page.contains("<tr><td>now</td><td>1</td><td>1</td><td>2</td><td>0</td></tr>"));
    let text = clone.tix(&["report"]);
    let text = text.success().stdout();
    for line in [
        "waiting                            1",
        "in progress                        1",
        "cycle time, median                 -",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}: {text}");
    }
    // Both say a length of time in the same way: more than two days, in days alone.
    let in_days = |said: &str| {
        said.strip_suffix(" d").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    assert!(in_days(text.lines().last().unwrap().split("  ").next().unwrap()), "{text}");
    let on_page = page.split_once("<td class=\"time\">").unwrap().1.split('<').next().unwrap();
    assert!(in_days(on_page), "{on_page}");
}

#[test]
fn the_page_holds_everything_it_needs_and_nothing_of_a_ticket_is_markup() {
    let (_sandbox, clone) = history();
    let output = clone.tix(&["report", "--html", "page.html"]);
    assert!(output.success().stdout().ends_with("page.html\n"), "{output}");
    let page = clone.read("page.html");
    for outside in [
        "<script", "<img", "<link", " src=\"", "http:", "https:", "@import", "url(", "<b>P0", "<i>",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("&lt;script&gt;document.title='owned'"), "{page}");
    assert!(page.contains("\\u{202e}") && !page.contains('\u{202e}'));
    for part in [
        // The remote's name, not that of the clone's directory.
        "<title>Tickets of origin</title>",
        "prefers-color-scheme: dark",
        "role=\"img\"",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("bob@example.org"), "a page that is shown around has no addresses");
    clone.tix(&["report", "--html", "nowhere/page.html"]).exits(5);
}

#[test]
fn a_repository_without_any_history_of_tickets_has_a_page_too() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    let page = clone.tix(&["report", "--html", "-"]);
    assert!(page.success().stdout().contains("Nobody holds a ticket."), "{page}");
}

#[test]
fn the_holder_is_whoever_holds_it_now() {
    let sandbox = Sandbox::new();
    let ticket = Ticket::new("TICKET-a-001").key("status", "open").text();
    sandbox.seed(&[(lane("queue", "TICKET-a-001"), ticket)]);
    let (clone, other) = (sandbox.clone_named("a"), sandbox.clone_named("b"));
    other.git(&["config", "user.name", "Eve Example"]);
    other.git(&["config", "user.email", "eve@example.org"]);
    let held_by = |place: &Place| {
        let by = place.tix(&["report", "--json"]).success().json()["held"][0]["by"].clone();
        let text = place.tix(&["report"]);
        let text = text.success().stdout().to_owned();
        (by.as_str().unwrap().to_owned(), text.lines().last().unwrap().to_owned())
    };
    clone.tix(&["activate", "a"]).success();
    clone.tix(&["handoff", "a", "--to", "Bob Weaver <bob@example.org>"]).success();
    let (by, line) = held_by(&clone);
    assert_eq!(by, "Bob Weaver <bob@example.org>");
    assert!(line.ends_with("  a-001        Bob Weaver"), "{line}");
    other.tix(&["reclaim", "a", "--force", "--reason", "Bob is away"]).success();
    let (by, line) = held_by(&other);
    assert_eq!(by, "Eve Example <eve@example.org>");
    assert!(line.ends_with("  a-001        Eve Example"), "{line}");
}

/// Noon so many days ago: the figures are about the last 30 days.
#[expect(clippy::disallowed_methods, reason = "the figures are about the days before the test")]
fn days_ago(days: i64) -> DateTime<Utc> {
    let now: DateTime<Utc> = SystemTime::now().into();
    let noon = now.date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    noon - TimeDelta::days(days)
}

/// Many tickets that wait and one that took two days, of three priorities; each was blocked for three hours.
fn people() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    let at = |days: i64, format: &str| days_ago(days).format(format).to_string();
    let iso = |days: i64| at(days, "%Y-%m-%dT%H:%M:%SZ");
    let ticket = |id: &str, priority: &str, more: &str| {
        let (created, day) = (iso(9), at(8, "%Y-%m-%d"));
        format!(
            "---\ntitle: Ticket {id}\nstatus: {more}\npriority: {priority}\nlabels: [ui, {id}]\ncreated: {created}\n---\n# \
             Changelog\n\n## [{day} 09:00] - Creator: blocked\n- x\n\n## [{day} 12:00] - Creator: unblocked\n- x\n"
        )
    };
    let done = format!("approved\nclaimed_by: Bob <bob@example.org>\ncompleted_at: {}", iso(3));
    let mut files: Vec<(String, String)> = (1..=20)
        .map(|n| (lane("queue", &format!("TICKET-q-{n:03}")), ticket("q", "P2", "open")))
        .collect();
    files.push((lane("queue", "TICKET-z-001"), ticket("z", "urgent", "open")));
    files.push((lane("queue", "TICKET-d-001"), ticket("d", "P1", &done)));
    sandbox.seed(&files);
    let clone = sandbox.clone_named("a");
    for (at, from, to) in [(5, "queue", "active"), (3, "active", "completed")] {
        let path = |lane_name| lane(lane_name, "TICKET-d-001");
        step(&clone, &iso(at), "move", &[(&path(from), &path(to))]);
    }
    clone.git(&["push", "-q"]);
    (sandbox, clone)
}

#[test]
fn the_figures_are_cut_by_priority_person_and_label() {
    let (_sandbox, clone) = people();
    let report = clone.tix(&["report", "--json"]).success().json();
    let names = |by: &str| -> Vec<String> {
        let cuts = report[by].as_array().unwrap().iter();
        cuts.map(|cut| cut["name"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(names("by_priority"), ["P0 critical", "P1 high", "P2 medium"]);
    assert_eq!(names("by_person"), ["Bob"]);
    assert_eq!(names("by_label"), ["ui", "q", "d", "z"]);
    let done = &report["by_priority"][1];
    assert_eq!((&done["completed_30d"], &done["cycle_median_s"]), (&1.into(), &172_800.into()));
    assert_eq!((&done["blocked_s"], &report["blocked_s"]), (&10_800.into(), &(22 * 10_800).into()));
    assert_eq!(report["cycle_p85_s"], 172_800);
    assert!(report["lead_median_s"].as_i64() >= Some(172_800), "{report}");
    let text = clone.tix(&["report"]);
    let text = text.success().stdout();
    for heading in [
        "cycle time, 85th percentile (p85)  2 d",
        "PRIORITY     WAITING",
        "PERSON  WAITING",
        "LABEL  WAITING",
    ] {
        assert!(text.contains(heading), "{text}");
    }
}

/// A ticket that was claimed 40 days ago and completed so many days ago, three days before the trunk got it.
fn merged_later(completed: i64, how: &str) -> serde_json::Value {
    let iso = |days: i64| days_ago(days).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let sandbox = Sandbox::new();
    let ticket = Ticket::new("TICKET-a-001").key("status", "approved").key("priority", "P1");
    let ticket = ticket.key("claimed_by", "Bob <bob@example.org>").key("claimed_at", &iso(40));
    let text = ticket.key("completed_at", &iso(completed)).text();
    sandbox.seed(&[(lane("queue", "TICKET-a-001"), text)]);
    let clone = sandbox.clone_named("a");
    let path = |name| lane(name, "TICKET-a-001");
    step(&clone, &iso(40), "claim", &[(&path("queue"), &path("active"))]);
    clone.git(&["switch", "-q", "-c", "work"]);
    step(&clone, &iso(completed), "complete", &[(&path("active"), &path("completed"))]);
    clone.git(&["switch", "-q", "-"]);
    let merge = clone.frozen_at(&iso(completed - 3));
    merge.git(&["merge", "-q", how, "-m", "land", "work"]);
    if how == "--squash" {
        merge.git(&["commit", "-q", "-m", "land"]);
    }
    clone.git(&["push", "-q"]);
    clone.tix(&["report", "--json"]).success().json()
}

#[test]
fn a_ticket_is_completed_when_it_says_so_however_it_was_merged() {
    for how in ["--ff-only", "--no-ff", "--squash"] {
        let report = merged_later(20, how);
        assert_eq!(report["completed_30d"], 1, "{how}: {report}");
        assert_eq!(report["cycle_median_s"], 20 * 86_400, "{how}: {report}");
        // What was completed 32 days ago and came three days later is in no total, so it is in no part of one.
        let report = merged_later(32, how);
        assert_eq!(report["completed_30d"], 0, "{how}: {report}");
        assert_eq!(report["by_person"], serde_json::json!([]), "{how}: {report}");
    }
}

#[test]
fn a_ticket_on_the_page_links_to_its_file_where_the_code_is_hosted() {
    let (_sandbox, clone) = history();
    let head = clone.git(&["rev-parse", "origin/main"]);
    let head = head.trim().to_owned();
    for (remote, page) in [
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop/blob/"),
        ("https://gitlab.com/acme/shop.git", "https://gitlab.com/acme/shop/-/blob/"),
        ("https://codeberg.org/acme/shop", "https://codeberg.org/acme/shop/src/commit/"),
        ("https://bitbucket.org/acme/shop", "https://bitbucket.org/acme/shop/src/"),
    ] {
        clone.git(&["remote", "set-url", "origin", remote]);
        let shown = clone.tix(&["report", "--html", "-"]);
        let link = format!("href=\"{page}{head}/tickets/completed/TICKET-a-001.md\"");
        assert!(shown.success().stdout().contains(&link), "{link}\n{shown}");
    }
    clone.git(&["remote", "set-url", "origin", "https://example.org/acme/shop"]);
    let shown = clone.tix(&["report", "--html", "-"]);
    assert!(!shown.success().stdout().contains("href=\"http"), "{shown}");
}

#[test]
fn a_label_that_is_written_twice_counts_once() {
    let sandbox = Sandbox::new();
    let twice = "---\ntitle: A\nstatus: open\nlabels: [ui, ui]\n---\n# A\n";
    sandbox.seed(&[(lane("queue", "TICKET-a-001"), twice)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["new", "B", "--label", "api", "--label", "api"]).success();
    clone.tix(&["new", "C", "--label", "web"]).success();
    clone.tix(&["set", "c", "labels=cli, cli"]).success();
    let report = clone.tix(&["report", "--json"]).success().json();
    for cut in report["by_label"].as_array().unwrap() {
        assert_eq!(cut["queued"], 1, "{report}");
    }
    for (ticket, label) in [("b", "api"), ("c", "cli")] {
        let text = clone.tix(&["show", ticket]);
        let line = format!("labels: [{label}]");
        assert!(text.success().stdout().contains(&line), "{text}");
    }
}

#[test]
fn the_board_comes_first_in_the_order_of_next_and_folds_after_fifteen() {
    let (_sandbox, clone) = people();
    let page = clone.tix(&["report", "--html", "-"]);
    let page = page.success().stdout();
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(place("id=\"board\"") < place("class=\"tiles\""), "{page}");
    assert!(place(">z-001<") < place(">q-001<"), "the most urgent first");
    assert!(place(">q-014<") < place("<summary>6 more</summary>"), "{page}");
    assert!(place("<summary>6 more</summary>") < place(">q-015<"), "{page}");
    assert!(
        page.contains("<li class=\"card p0\">") && page.contains(">P0 critical</span>"),
        "{page}"
    );
    for words in
        ["cycle time, median", "cycle time, p85", "lead time, median", "85th percentile (p85)"]
    {
        assert!(page.contains(words), "{words}");
    }
}

/// What the page looks like to a browser: a script that only the test adds measures it.
const PROBE: &str = r"<script>
const light = rgb => { const [r, g, b] = rgb.match(/[\d.]+/g).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
const under = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c } return 'rgb(255, 255, 255)' };
const words = [...document.querySelectorAll('h1,h2,p,b,td,th,small,summary,bdi,.tiles span,.x,.y,.badges span,.id')];
const contrast = Math.min(...words.map(e => { const [a, b] = [light(getComputedStyle(e).color), light(under(e))]; return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }));
const wide = words.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll')).length;
const shapes = [...document.querySelectorAll('svg')].map(s => s.querySelectorAll('.area,rect,.dot').length).join('+');
document.body.dataset.probe = [innerWidth, document.documentElement.scrollWidth <= innerWidth, wide, contrast.toFixed(1), shapes, document.title, document.images.length, light(getComputedStyle(document.body).backgroundColor) < .5 ? 'dark' : 'light', Math.max(...[...document.querySelectorAll('.held code')].map(e => Math.round(e.getBoundingClientRect().height / 21)))].join('|');
</script>";

/// The first of these that is on the PATH.
fn browser(place: &Place) -> Option<String> {
    let find =
        "command -v chromium || command -v chromium-browser || command -v google-chrome || true";
    let found = place.sh(find).run();
    let path = found.success().stdout().trim().to_owned();
    (!path.is_empty()).then_some(path)
}

#[test]
fn a_real_browser_shows_it_in_light_and_dark_wide_and_narrow() {
    let (sandbox, clone) = history();
    let Some(browser) = browser(&clone) else {
        notes::skipped("chromium");
        return;
    };
    clone.tix(&["report", "--html", "page.html"]).success();
    // The page's own policy forbids every script, this one too.
    let page = clone.read("page.html");
    let (head, policy) = page.split_once("<meta http-equiv").unwrap();
    let open = format!("{head}{}", policy.split_once(">\n").unwrap().1);
    clone.write("probe.html", open.replace("</body>", &format!("{PROBE}</body>")));
    let start = |(scheme, size): (&'static str, &'static str)| {
        let profile = sandbox.fresh_directory("profile");
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--dump-dom",
            &format!("--user-data-dir={}", profile.display()),
            &format!("--window-size={size}"),
            &format!("--blink-settings=preferredColorScheme={}", u8::from(scheme == "light")),
            &format!("file://{}/probe.html", clone.path().display()),
        ];
        (scheme, size, clone.command(browser.as_ref(), &args).spawn())
    };
    let runs = [("dark", "1300,900"), ("light", "500,900")].map(start);
    for (scheme, size, running) in runs {
        let output = running.wait();
        let dom = output.success().stdout();
        let probe = dom.split_once("data-probe=\"").unwrap_or_else(|| panic!("{output}")).1;
        let said: Vec<&str> = probe.split('"').next().unwrap().split('|').collect();
        assert_eq!(said[0], size.split(',').next().unwrap(), "{said:?}");
        assert_eq!(said[1..3], ["true", "0"], "something is wider than the window: {said:?}");
        assert!(said[3].parse::<f64>().unwrap() >= 4.5, "some text is hard to read: {said:?}");
        assert_eq!(said[4], "4+3+2+2", "the shapes of the four charts");
        assert_eq!(said[5..7], ["Tickets of origin", "0"], "a title was taken for markup");
        assert_eq!(said[7], scheme);
        if scheme == "dark" {
            assert_eq!(said[8], "1", "an id is broken over two lines though there is room");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_counted_and_named() {
    let (sandbox, clone) = history();
    sandbox.seed(&[("tickets/queue/TICKET-bad-001.md", "no ticket\n")]);
    let json = clone.tix(&["report", "--fetch", "--json"]);
    let json = json.success().json();
    let home = clone.tix(&["--json"]).success().json();
    assert_eq!((&json["queued"], &json["active"]), (&1.into(), &1.into()));
    assert_eq!((&home["queue"], &home["active"]), (&1.into(), &1.into()));
    assert_eq!(json["damaged"][0]["path"], "tickets/queue/TICKET-bad-001.md");
    let text = clone.tix(&["report"]);
    assert!(text.success().stdout().contains("unreadable, counted nowhere  "), "{text}");
    assert!(text.stderr().contains("warning: tickets/queue/TICKET-bad-001.md"), "{text}");
    let page = clone.tix(&["report", "--html", "-"]);
    let told = "Unreadable, and not counted: <code>tickets/queue/TICKET-bad-001.md";
    assert!(page.success().stdout().contains(told), "{page}");
}
