//! A person writes from the page of `tix serve` in Chromium while agents are at work: what the page shows, what arrives, and what
//! stays as it was. Prints a line for each thing that holds; ends with a panic at the first that does not.

mod world;

use std::future::Future;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use world::{World, first_line};

const AGENTS: usize = 8;

/// How long anything may take: the remote is asked every ten seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut words = std::env::args().skip(1);
    let tix = words.next().expect("the first word is the program");
    let pictures = words.next();
    let world = World::new(&tix, AGENTS + 1);
    let (mut driver, port) = driver(&world);
    let mut served = world.tix("me", &["serve", "--open"]);
    world.with_desktop(&mut served);
    let mut served = served.stdout(Stdio::piped()).spawn().unwrap();
    let address = first_line(&mut served);
    let served = Running(served);
    let browser = browser(port, &world, &[]).await;
    let page = Page { browser: &browser, home: address.split("enter").next().unwrap().to_owned() };
    enter(&world, &page, &address).await;

    a_ticket_is_created_while_agents_claim(&world, &page).await;
    news_arrives_without_a_reload(&world, &page).await;
    whoever_reads_stays_where_they_are(&world, &page).await;
    failures_are_told(&world, &page).await;
    if let Some(directory) = pictures {
        take_pictures(&page, &directory, "").await;
        let dark = self::browser(port, &world, &["--force-dark-mode"]).await;
        dark.goto(&format!("{}style.css", page.home)).await.unwrap();
        for cookie in browser.get_all_cookies().await.unwrap() {
            dark.add_cookie(cookie).await.unwrap();
        }
        take_pictures(&Page { browser: &dark, home: page.home.clone() }, &directory, "-dark").await;
        dark.close().await.ok();
    }
    a_server_that_was_started_again_is_told(&world, &page, served).await;
    browser.close().await.ok();
    driver.0.kill().ok();
    println!("the page of `tix serve` held in Chromium, with {AGENTS} agents at work");
}

fn driver(world: &World) -> (Running, u16) {
    let mut command = Command::new("chromedriver");
    let mut child =
        command.arg("--port=0").stdout(Stdio::piped()).env("TMPDIR", world.root()).spawn().unwrap();
    let mut line = first_line(&mut child);
    while !line.contains("on port ") || line.starts_with("Starting") {
        line = first_line(&mut child);
    }
    let port = line.rsplit("on port ").next().unwrap().trim_end_matches('.').parse().unwrap();
    (Running(child), port)
}

async fn browser(port: u16, world: &World, more: &[&str]) -> Client {
    let data = world.root().join(format!("chromium{}", more.len()));
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        format!("--user-data-dir={}", data.display()),
    ];
    arguments.extend(more.iter().map(ToString::to_string));
    let mut capabilities = serde_json::Map::new();
    capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .unwrap()
}

struct Page<'b> {
    browser: &'b Client,
    /// The address of the board.
    home: String,
}

impl Page<'_> {
    async fn open(&self, path: &str) {
        self.browser.goto(&format!("{}{}", self.home, path.trim_start_matches('/'))).await.unwrap();
    }

    async fn text(&self) -> String {
        let body = self.browser.find(Locator::Css("body")).await.unwrap();
        body.text().await.unwrap_or_default()
    }

    async fn path(&self) -> String {
        self.browser.current_url().await.unwrap().path().to_owned()
    }

    async fn says(&self, words: &str) {
        let text = self.text().await;
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }

    async fn fill(&self, name: &str, text: &str) {
        let field = self.browser.find(Locator::Css(&format!("main [name={name}]"))).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn press(&self, form: &str) {
        let button = format!("form[action='{form}'] button");
        let button = self.browser.find(Locator::Css(&button)).await.unwrap();
        button.click().await.unwrap();
    }

    /// Creates a ticket as a person does, and waits for the answer.
    async fn create(&self, title: &str) {
        self.open("/new").await;
        self.fill("title", title).await;
        self.fill("body", "What is to be done.").await;
        self.press("/new").await;
        until("the form is answered", async || {
            let answered = "#main > [role=alert], #main > .receipt";
            self.browser.find(Locator::Css(answered)).await.is_ok()
        })
        .await;
    }
}

/// Waits until something holds.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// By the file that `--open` hands to the browser, as a desktop would. For a browser that is another site which leads here.
async fn enter(world: &World, page: &Page<'_>, address: &str) {
    let file = world.root().join("me/.git/tix/serve.html");
    until("the file of --open", async || file.exists()).await;
    page.browser.goto(&format!("file://{}", file.display())).await.unwrap();
    until("the board", async || {
        page.path().await == "/" && page.text().await.contains("Diagnostics")
    })
    .await;
    page.browser.goto(address).await.unwrap();
    page.says("This browser has no session here").await;
    page.open("/").await;
    page.says("Diagnostics").await;
    println!("the file of --open leads to the board; the address opens nothing a second time");
}

async fn a_ticket_is_created_while_agents_claim(world: &World, page: &Page<'_>) {
    let watched = ["me", "b", "c"];
    let before = watched.map(|clone| world.seen(clone));
    let agents: Vec<Child> = (0..AGENTS)
        .map(|agent| {
            let (clone, id) = (format!("agent{agent}"), world.ticket(agent));
            world.tix(&clone, &["activate", &id]).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    page.create("Written in a browser").await;
    let path = page.path().await;
    assert!(path.starts_with("/writes/"), "{path}: {}", page.text().await);
    for mut agent in agents {
        assert!(agent.wait().unwrap().success(), "an agent could not claim its ticket");
    }
    for words in ["origin/main", "refs/heads/main", "tickets/queue/", "attempts"] {
        page.says(words).await;
    }
    page.says("HEAD, index, stash, files are the same as before").await;
    let arrived =
        world.remote(&["grep", "-l", "Written in a browser", "main", "--", "tickets/queue"]);
    let file = arrived.trim().strip_prefix("main:").unwrap();
    page.says(file).await;
    let claimed = world.remote(&["ls-tree", "-r", "--name-only", "main", "tickets/active"]);
    assert_eq!(claimed.lines().filter(|path| path.ends_with(".md")).count(), AGENTS);
    for (clone, before) in watched.iter().zip(before) {
        assert_eq!(world.seen(clone), before, "{clone} was touched");
    }
    println!("{AGENTS} agents claimed; the ticket is on the remote; nobody's files were touched");
}

async fn news_arrives_without_a_reload(world: &World, page: &Page<'_>) {
    page.open("/").await;
    page.browser.execute("window.unloaded = false", Vec::new()).await.unwrap();
    // The page has begun to listen when it has been told its age.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (clone, title) in [("me", "Own news"), ("b", "News from elsewhere")] {
        let written = world.tix(clone, &["new", title]).stdout(Stdio::null()).status().unwrap();
        assert!(written.success());
        let began = Instant::now();
        until(title, async || page.text().await.contains(title)).await;
        println!("`{title}` is on the open page after {:.1} s", began.elapsed().as_secs_f64());
    }
    let same = page.browser.execute("return window.unloaded === false", Vec::new()).await.unwrap();
    assert_eq!(same, Value::Bool(true), "the page was loaded anew");
}

/// News leaves the focus, what is open and where the page is scrolled to; ages go on by themselves.
async fn whoever_reads_stays_where_they_are(world: &World, page: &Page<'_>) {
    let id = world.ticket(AGENTS);
    let run = async |script: &str| page.browser.execute(script, Vec::new()).await.unwrap();
    let note = |words: &str| {
        let noted = world.tix("me", &["note", &id, words]).stdout(Stdio::null()).status();
        assert!(noted.unwrap().success());
    };
    page.browser.set_window_size(800, 400).await.unwrap();
    let places = [
        (format!("/t/{id}"), "form[action$='/note'] button"),
        (format!("/t/{id}"), ".links a"),
        (format!("/t/{id}"), "#moves summary"),
        ("/".to_owned(), ".card a"),
        ("/writes".to_owned(), "td a"),
    ];
    for (at, (path, what)) in places.iter().enumerate() {
        page.open(path).await;
        run(&format!("window.held = document.querySelector(\"main {what}\"); held.focus()")).await;
        run("const one = document.querySelector('details'); if (one) one.open = true").await;
        run("window.before = held.getBoundingClientRect().top").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        run("window.trunk = document.querySelector('#as-of code').textContent").await;
        note(&format!("poke {at}"));
        until("the page is drawn anew", async || {
            let moved = "return document.querySelector('#as-of code').textContent !== trunk";
            run(moved).await == Value::Bool(true)
        })
        .await;
        let same = run("return held.isConnected && document.activeElement === held").await;
        let now = run("return document.activeElement.outerHTML.slice(0, 90)").await;
        assert_eq!(same, Value::Bool(true), "{path} {what}: {now}");
        let moved = run("return Math.abs(held.getBoundingClientRect().top - before)").await;
        // News above it may take up a line or two.
        assert!(moved.as_f64().unwrap() < 80.0, "{path} {what}: moved by {moved}");
        let open =
            run("const one = document.querySelector('details'); return !one || one.open").await;
        assert_eq!(open, Value::Bool(true), "{path}: it was closed");
    }
    page.open(&format!("/t/{id}")).await;
    page.fill("text", "half a note").await;
    note("meanwhile");
    until("the page says so", async || page.text().await.contains("there is news")).await;
    let typed = run("return document.getElementById('note-text').value").await;
    assert_eq!(typed, Value::from("half a note"));
    // Whoever takes it back and leaves the field sees what has waited.
    page.browser.find(Locator::Css("#note-text")).await.unwrap().clear().await.unwrap();
    run("document.getElementById('note-text').blur()").await;
    // The note stands in the changelog, which is folded.
    let drawn = "return document.getElementById('main').textContent.includes('meanwhile')";
    until("the news is drawn", async || run(drawn).await == Value::Bool(true)).await;
    page.open("/").await;
    let ages =
        "return [...document.querySelectorAll('main time')].map((one) => one.textContent).join()";
    let before = run(ages).await;
    until("the ages go on", async || run(ages).await != before).await;
    page.browser.set_window_size(360, 740).await.unwrap();
    let lines = run("return new Set([...document.querySelectorAll('header nav a')].map((one) => one.offsetTop)).size").await;
    assert_eq!(lines, Value::from(1), "the navigation has one line at 360 px");
    page.browser.set_window_size(1280, 900).await.unwrap();
    println!("news leaves focus, scroll and half a note where they are; ages go on by themselves");
}

async fn failures_are_told(world: &World, page: &Page<'_>) {
    world.refuse_pushes(true);
    page.create("Refused").await;
    page.says("this branch is protected").await;
    let role = "return document.activeElement.getAttribute('role')";
    let focused = page.browser.execute(role, Vec::new()).await.unwrap();
    assert_eq!(focused, Value::from("alert"), "the failure has the focus");
    world.refuse_pushes(false);
    let heard = world.tix("me", &["new", "Meanwhile"]).stdout(Stdio::null()).status().unwrap();
    assert!(heard.success());
    until("the page says that there is news", async || page.text().await.contains("there is news"))
        .await;
    let title = page.browser.find(Locator::Css("main [name=title]")).await.unwrap();
    assert_eq!(title.prop("value").await.unwrap().as_deref(), Some("Refused"), "it is lost");
    world.hide_remote(true);
    page.create("Away").await;
    page.says("unreachable").await;
    page.open("/writes?failed=1").await;
    page.says("unreachable").await;
    page.says("remote refused").await;
    let is_away = async || page.text().await.contains("does not answer");
    until("the page says that the remote is away", is_away).await;
    world.hide_remote(false);
    until("the page says that it is back", async || !is_away().await).await;
    let id = world.ticket(AGENTS);
    page.open(&format!("/t/{id}/edit")).await;
    let note = world.tix("b", &["note", &id, "somebody was faster"]).stdout(Stdio::null()).status();
    assert!(note.unwrap().success());
    page.fill("text", "my own words").await;
    page.press(&format!("/t/{id}/edit")).await;
    until("the form is answered", async || page.text().await.contains("The ticket has changed"))
        .await;
    page.says("my own words").await;
    page.says("somebody was faster").await;
    println!("a protected trunk, an unreachable remote and a moved ticket are told in the page");
}

/// It answers, and has other sessions: the open page says what to do.
async fn a_server_that_was_started_again_is_told(world: &World, page: &Page<'_>, served: Running) {
    page.open("/").await;
    drop(served);
    until("the server is gone", async || page.text().await.contains("does not answer")).await;
    let port = page.home.trim_end_matches('/').rsplit(':').next().unwrap();
    let mut again = world.tix("me", &["serve", "--port", port]).stdout(Stdio::piped()).spawn().unwrap();
    let address = first_line(&mut again);
    let _again = Running(again);
    until("the page says so", async || page.text().await.contains("has no session any more")).await;
    page.browser.goto(address.trim()).await.unwrap();
    until("the board is there", async || page.text().await.contains("New ticket")).await;
    println!("a page of an earlier `tix serve` says that its session is over");
}

/// Each view at three widths, to be looked at.
async fn take_pictures(page: &Page<'_>, directory: &str, theme: &str) {
    std::fs::create_dir_all(directory).unwrap();
    let views = [
        ("board", "/"),
        ("new", "/new"),
        ("writes", "/writes"),
        ("write", "/writes/1"),
        ("doctor", "/doctor"),
        ("flow", "/flow"),
    ];
    for width in [360, 800, 1600] {
        page.browser.set_window_size(width, 900).await.unwrap();
        for (name, path) in views {
            page.open(path).await;
            let picture = page.browser.screenshot().await.unwrap();
            std::fs::write(format!("{directory}/{name}-{width}{theme}.png"), picture).unwrap();
        }
    }
}
