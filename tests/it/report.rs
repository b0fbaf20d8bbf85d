//! `tix report`: figures and a page from the history of the trunk.

use std::fs;

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
    // What was merged counts when it came to the trunk.
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
    assert!(text.starts_with("waiting               1\nworked on             1\n"), "{text}");
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
    assert!(page.contains("&lt;script&gt;document.title=&#39;owned&#39;"), "{page}");
    assert!(page.contains("\\u{202e}") && !page.contains('\u{202e}'));
    for part in [
        "<title>Tickets of a</title>",
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
        assert_eq!(said[4], "4+3+2", "the shapes of the three charts");
        assert_eq!(said[5..7], ["Tickets of a", "0"], "a title was taken for markup");
        assert_eq!(said[7], scheme);
        if scheme == "dark" {
            assert_eq!(said[8], "1", "an id is broken over two lines though there is room");
        }
    }
}
