//! The page of `tix serve` beside the commands that it stands for.
//!
//! Requests go over plain sockets, as a browser sends them. A page is asked for when nothing has happened since the last time, which
//! is what many open pages do; a write goes through a form and back to its receipt, beside the same command in the same clone, in
//! turns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints a table, and one whose world cannot be made has nothing to report but where it broke"
)]

#[path = "../tests/it/serve_writes/page.rs"]
mod page;
mod support;

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use page::Page;
use support::{Figures, Goals, Machine, Options, Shape, Table, World, millis, ratio, ticket_id};

const PROJECT: Shape = Shape { files: 250, tickets: 5000 };

/// How long the first byte of a board that is known may take, in ms by the median.
const FIRST_BYTE: f64 = 30.0;
/// How large a board may be, in kB.
const PAGE: f64 = 300.0;
/// How much longer than the command a form may take, with its receipt.
const WRITE: f64 = 1.5;
/// How late an open page may hear of a write of its clone, in ms by the median.
const EVENT: f64 = 500.0;
/// What the server may hold with fifty open pages, in MB.
const MEMORY: f64 = 80.0;
const PAGES: usize = 50;

fn main() -> ExitCode {
    let options = Options::read();
    let mut goals = Goals::default();
    let world = World::new();
    PROJECT.make_remote(&world);
    let clone = Shape::clone_to(&world, "served");
    let page = Page::of(&world, &clone);
    if options.wants("board") {
        board(&page, &options, &mut goals);
    }
    if options.wants("write") {
        writes(&world, &clone, &page, &options, &mut goals);
    }
    if options.wants("event") {
        events(&world, &clone, &page, &options, &mut goals);
    }
    if options.wants("memory") {
        memory(&page, &mut goals);
    }
    goals.report(&options)
}

impl Page {
    fn of(world: &World, clone: &Path) -> Page {
        Page::start(&mut world.tix(&Machine::named("git"), clone, &["serve"]))
    }

    /// Creates a ticket, and reads its receipt.
    fn create(&self, csrf: &str, title: &str) {
        let written = self.post("/new", &[("csrf", csrf), ("title", title)]).expect(303);
        self.get(written.place()).says(title);
    }
}

fn board(page: &Page, options: &Options, goals: &mut Goals) {
    let cold = page.get("/").first_byte;
    let rounds = options.rounds(200, 20);
    let mut size = 0;
    let sample = (0..rounds).map(|_| {
        let answer = page.get("/");
        size = answer.head.len() + answer.body.len();
        answer.first_byte
    });
    let warm = Figures::of(sample.collect());
    let mut table = Table::new(&["a board", "first byte, ms"]);
    table.row(&["first, cold".to_owned(), millis(cold)]);
    table.row(&["median, warm".to_owned(), millis(warm.median)]);
    table.row(&["worst, warm".to_owned(), millis(warm.worst)]);
    table.print(&format!("## board: {PROJECT:?}, {rounds} rounds, {} kB", size / 1000));
    goals.at_most("first byte of a known board, ms by the median", in_ms(warm.median), FIRST_BYTE);
    goals.at_most("its size, kB", f64::from(u32::try_from(size).unwrap_or(u32::MAX)) / 1e3, PAGE);
}

fn writes(world: &World, clone: &Path, page: &Page, options: &Options, goals: &mut Goals) {
    let csrf = page.get("/new").hidden("csrf");
    let rounds = options.rounds(30, 5);
    let (mut by_page, mut by_command) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        by_command.push(world.time_tix(clone, &["new", &format!("command{round}")]));
        let began = Instant::now();
        page.create(&csrf, &format!("page{round}"));
        by_page.push(began.elapsed());
    }
    let (by_page, by_command) = (Figures::of(by_page), Figures::of(by_command));
    let mut table = Table::new(&["a new ticket", "median ms", "ratio"]);
    let more = ratio(by_page.median, by_command.median);
    table.row(&["tix new".to_owned(), millis(by_command.median), String::new()]);
    table.row(&["form, and its receipt".to_owned(), millis(by_page.median), format!("{more:.2}")]);
    table.print(&format!("## write: {rounds} rounds in turns"));
    goals.at_most("a form and its receipt beside the command", more, WRITE);
}

/// From the end of a write of this clone to the event on an open page.
fn events(world: &World, clone: &Path, page: &Page, options: &Options, goals: &mut Goals) {
    let rounds = options.rounds(20, 4);
    let mut sample = Vec::new();
    for round in 0..rounds {
        let mut lines = page.events(&page.get("/").state()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "event: age" || line == "event: away"));
        world.time_tix(clone, &["note", &ticket_id(round), "news"]);
        let began = Instant::now();
        assert!(lines.any(|line| line == "event: news"));
        sample.push(began.elapsed());
    }
    let found = Figures::of(sample);
    let mut table = Table::new(&["an event", "ms"]);
    table.row(&["median".to_owned(), millis(found.median)]);
    table.row(&["worst".to_owned(), millis(found.worst)]);
    table.print(&format!("## event: {rounds} rounds"));
    goals.at_most(
        "an event after a write of the clone, ms by the median",
        in_ms(found.median),
        EVENT,
    );
}

fn memory(page: &Page, goals: &mut Goals) {
    let streams: Vec<BufReader<TcpStream>> = (0..PAGES).map(|_| page.events("none")).collect();
    for _ in 0..PAGES {
        page.get("/");
    }
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", page.child.id())).unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most: f64 = most.map_or(0.0, |line| line.trim().trim_end_matches(" kB").parse().unwrap());
    drop(streams);
    println!("\n## memory: {:.0} MB at the most, {PAGES} pages open", most / 1e3);
    goals.at_most("memory of the server, MB", most / 1e3, MEMORY);
}

fn in_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
