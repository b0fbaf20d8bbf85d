use chrono::{TimeDelta, TimeZone};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode::{
    self, Char, Down, End, Enter, Esc, Home, Left, Right, Up,
};

use super::draw::text;
use super::*;
use crate::ticket::{Document, FrontMatter};

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 12, 11, 12, 0, 0).unwrap()
}

/// A ticket that has been in its lane for three hours, with this in its front matter.
fn row(id: &str, lane: Lane, front: &str) -> TicketRow {
    let document = Document::parse(format!("---\n{front}---\n").into_bytes()).unwrap();
    let id = TicketId::parse(id).unwrap();
    let mut row = TicketRow::new(
        id,
        lane,
        String::new(),
        FrontMatter::of(&document),
        "origin/main".to_owned(),
    );
    row.since = Some(noon() - TimeDelta::hours(3));
    row
}

fn content() -> BoardContent {
    let hello = row("TICKET-api-001", Lane::Queue, "title: Say hello in Welsh\n");
    let stuck = "title: 日本語のとても長い題名のチケット\nblocked: waits for Eve\n";
    let held = "title: Send mail\nclaimed_by: Ada Example <ada@example.org>\npriority: P1\n";
    let queue = vec![hello, row("TICKET-ui-002", Lane::Queue, stuck)];
    let active = vec![row("TICKET-mail-001", Lane::Active, held)];
    let columns = Lane::ALL.into_iter().zip([queue, active, Vec::new(), Vec::new()]);
    let columns = columns.map(|(lane, rows)| LaneColumn { lane, rows }).collect();
    BoardContent { heading: "shop  origin/main".to_owned(), now: noon(), columns }
}

fn board() -> Board {
    Board::new(content())
}

/// The frame as a terminal of this size shows it.
fn frame(board: &Board, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| frame.render_widget(board, frame.area())).unwrap();
    text(terminal.backend().buffer())
}

fn press(board: &mut Board, keys: &[KeyCode]) -> BoardRequest {
    keys.iter().map(|key| board.press(KeyEvent::from(*key))).last().unwrap()
}

fn typed(text: &str) -> Vec<KeyCode> {
    text.chars().map(Char).collect()
}

#[test]
fn the_lanes_stand_side_by_side() {
    insta::assert_snapshot!(frame(&board(), 112, 15), @"
    shop  origin/main
     queue 2                     active 1                    completed 0                 archive 0

    ▌ TICKET-api-001            │ TICKET-mail-001
    ▌ Say hello in Welsh        │ Send mail
    ▌ 3 h                       │ 3 h · P1 · Ada Example

    │ TICKET-ui-002
    │ 日本語のとても長い題名…
    │ 3 h · blocked: waits fo…




    ←↓↑→ move   enter open   a activate   / filter   f fetch   q quit
    ");
}

#[test]
fn where_there_is_little_room_the_lane_of_the_cursor_is_shown() {
    let mut board = board();
    press(&mut board, &[Right]);
    insta::assert_snapshot!(frame(&board, 34, 10), @"
    shop  origin/main
    ‹ queue 2  active 1  completed 0 ›

    ▌ TICKET-mail-001
    ▌ Send mail
    ▌ 3 h · P1 · Ada Example



    enter open   a activate   q quit
    ");
    // Nothing is too small to be drawn.
    for (width, height) in [(1, 1), (3, 12), (5, 3), (30, 4), (300, 2)] {
        frame(&board, width, height);
    }
}

#[test]
fn lanes_that_do_not_fit_are_named_beside_those_that_do() {
    let mut board = board();
    let names = |board: &Board, width| frame(board, width, 10).lines().nth(1).unwrap().to_owned();
    let below = |board: &Board, width| frame(board, width, 10).lines().nth(2).unwrap().to_owned();
    // One lane is shown: the others are tabs.
    assert_eq!(names(&board, 50), "  queue 2  active 1  completed 0  archive 0 ›");
    assert_eq!(names(&board, 26), "  queue 2  active 1 ›");
    assert_eq!(names(&board, 12), "  queue 2 ›");
    // Three are, and all is on one line.
    let three = "  queue 2                   active 1                  completed 0  archive 0 ›";
    assert_eq!([names(&board, 80).as_str(), &below(&board, 80)], [three, ""]);
    press(&mut board, &[Right; 3]);
    assert_eq!(names(&board, 50), "‹ queue 2  active 1  completed 0  archive 0");
    let three = "‹ queue 2  active 1         completed 0               archive 0";
    assert_eq!([names(&board, 80).as_str(), &below(&board, 80)], [three, ""]);
    // Two are, and there is room for one name more.
    assert_eq!(names(&board, 52), "‹ active 1  completed 0    archive 0");
    // With a filter the names are longer.
    press(&mut board, &[&[Char('/')], typed("mail").as_slice(), &[Enter, Left]].concat());
    assert_eq!(names(&board, 52), "‹ queue 0 of 2  active 1   completed 0  archive 0 ›");
    press(&mut board, &[Left]);
    assert_eq!(names(&board, 40), "‹ queue 0 of 2  active 1  completed 0 ›");
    assert_eq!(names(&board, 38), "‹ active 1 ›");
}

#[test]
fn at_every_width_the_lanes_around_the_cursor_are_whole() {
    let mut board = board();
    press(&mut board, &[Right]);
    insta::assert_snapshot!(frame(&board, 40, 8), @"
    shop  origin/main
    ‹ queue 2  active 1  completed 0 ›

    ▌ TICKET-mail-001
    ▌ Send mail
    ▌ 3 h · P1 · Ada Example

    enter open   a activate   q quit
    ");
    // What is only half there is drawn as far as it goes.
    insta::assert_snapshot!(frame(&board, 80, 11), @"
    shop  origin/main
      queue 2                   active 1                  completed 0  archive 0 ›

    │ TICKET-api-001           ▌ TICKET-mail-001
    │ Say hello in Welsh       ▌ Send mail
    │ 3 h                      ▌ 3 h · P1 · Ada Example

    │ TICKET-ui-002
    │ 日本語のとても長い題名…

    ←↓↑→ move   enter open   a activate   / filter   f fetch   q quit
    ");
    insta::assert_snapshot!(frame(&board, 110, 8), @"
    shop  origin/main
     queue 2                     active 1                   completed 0                 archive 0

    │ TICKET-api-001            ▌ TICKET-mail-001
    │ Say hello in Welsh        ▌ Send mail
    │ 3 h                       ▌ 3 h · P1 · Ada Example

    ←↓↑→ move   enter open   a activate   / filter   f fetch   q quit
    ");
}

#[test]
fn printed_on_narrow_paper_the_lanes_stand_below_each_other() {
    insta::assert_snapshot!(printed(&board(), 60, 1), @"
    shop  origin/main
     queue 2                       active 1

    │ TICKET-api-001              │ TICKET-mail-001
    │ Say hello in Welsh          │ Send mail
    │ 3 h                         │ 3 h · P1 · Ada Example

     completed 0                   archive 0
    ");
}

#[test]
fn the_way_out_is_named_where_there_is_little_room_and_what_is_least_needed_goes_first() {
    let board = board();
    for (width, keys) in [
        (65, "←↓↑→ move   enter open   a activate   / filter   f fetch   q quit"),
        (64, "←↓↑→ move   enter open   a activate   / filter   q quit"),
        (50, "←↓↑→ move   enter open   a activate   q quit"),
        (20, "enter open   q quit"),
        (6, "q quit"),
    ] {
        assert_eq!(frame(&board, width, 10).lines().last(), Some(keys), "{width}");
    }
}

#[test]
fn what_is_short_is_not_cut_off_by_what_is_long() {
    let mut board = board();
    let front =
        "title: Receive mail\nstatus: critic_review\nclaimed_by: Bob Weaver <bob@example.org>\n";
    let reviewed = row("TICKET-mail-002", Lane::Active, front);
    let front = format!("{front}blocked: waits for Eve\npriority: P0\n");
    let stuck = row("TICKET-mail-003", Lane::Active, &front);
    board.content.columns[0].rows = vec![reviewed, stuck];
    let text = frame(&board, 104, 20);
    let lines: Vec<&str> = text.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(lines[5], "▌ 3 h · critic_review ·…", "{text}");
    assert_eq!(lines[9], "│ 3 h · P0 · blocked: w…", "{text}");
}

#[test]
fn that_the_remote_is_away_is_said_for_as_long_as_it_is_below_every_notice() {
    let mut board = board();
    board.away = "origin does not answer".to_owned();
    let notice = |board: &Board| frame(board, 80, 10).lines().nth(8).unwrap().to_owned();
    assert_eq!(notice(&board), "origin does not answer");
    press(&mut board, &[Right, Char('a')]);
    assert_eq!(notice(&board), "TICKET-mail-001 is not in the queue");
    press(&mut board, &[Left]);
    assert_eq!(notice(&board), "origin does not answer");
}

#[test]
fn keys_move_the_cursor_and_never_out_of_the_board() {
    let mut board = board();
    assert_eq!(board.selected().unwrap().id.as_str(), "TICKET-api-001");
    press(&mut board, &[Down, Down, KeyCode::PageDown, End]);
    assert_eq!(board.selected().unwrap().id.as_str(), "TICKET-ui-002");
    press(&mut board, &[Right]);
    assert_eq!(board.selected().unwrap().id.as_str(), "TICKET-mail-001");
    press(&mut board, &[Right, Right, Right, Up, Home]);
    assert_eq!(board.selected(), None);
    assert_eq!(press(&mut board, &[Enter]), BoardRequest::None);
    press(&mut board, &[Left, Left, Left, Left]);
    assert_eq!(board.selected().unwrap().id.as_str(), "TICKET-ui-002", "each lane keeps its place");
}

#[test]
fn what_is_asked_for_is_about_the_ticket_at_the_cursor() {
    let mut board = board();
    let id = || TicketId::parse("TICKET-api-001").unwrap();
    assert_eq!(press(&mut board, &[Enter]), BoardRequest::Open(id()));
    assert_eq!(press(&mut board, &[Char('a')]), BoardRequest::Activate(id()));
    assert_eq!(press(&mut board, &[Right, Char('a')]), BoardRequest::None);
    assert_eq!(board.notice, "TICKET-mail-001 is not in the queue");
    assert_eq!(press(&mut board, &[Char('f')]), BoardRequest::Fetch);
    assert_eq!(press(&mut board, &[Char('q')]), BoardRequest::Quit);
}

#[test]
fn a_filter_hides_what_does_not_fit_and_quits_nothing() {
    let mut board = board();
    press(&mut board, &[&[Char('/')], typed("quit").as_slice()].concat());
    assert_eq!(board.mode, BoardMode::Filter);
    assert_eq!(board.selected(), None);
    press(&mut board, &[KeyCode::Backspace; 9]);
    press(&mut board, &[typed("EVE").as_slice(), &[Enter]].concat());
    assert_eq!((board.shown(0).len(), board.selected().unwrap().id.as_str()), (1, "TICKET-ui-002"));
    insta::assert_snapshot!(frame(&board, 112, 8), @"
    shop  origin/main                                                                                           /EVE
     queue 1 of 2                active 0 of 1               completed 0                 archive 0

    ▌ TICKET-ui-002
    ▌ 日本語のとても長い題名…
    ▌ 3 h · blocked: waits fo…

    ←↓↑→ move   enter open   a activate   / filter   f fetch   q quit
    ");
    press(&mut board, &[Esc]);
    assert_eq!(board.shown(0).len(), 2);
    press(&mut board, &[Char('/')]);
    let interrupt = KeyEvent::new(Char('c'), KeyModifiers::CONTROL);
    assert_eq!(board.press(interrupt), BoardRequest::Quit);
}

#[test]
fn a_text_is_read_in_pages() {
    let mut board = board();
    let text: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    board.read("TICKET-api-001".to_owned(), &text);
    press(&mut board, &[Char(' '), Down, Up]);
    insta::assert_snapshot!(frame(&board, 40, 8), @"
    shop  origin/main
    TICKET-api-001

    line 11
    line 12
    line 13

    ↓↑ scroll   esc back
    ");
    press(&mut board, &[End, KeyCode::PageDown, Esc]);
    assert_eq!(board.mode, BoardMode::Browse);
}

#[test]
fn the_cursor_stays_at_its_ticket_when_the_board_changes() {
    let mut board = board();
    press(&mut board, &[Down]);
    let mut later = content();
    let moved = later.columns[0].rows.remove(1);
    later.columns[1].rows.insert(0, moved);
    board.renew(later);
    assert_eq!((board.at, board.selected().unwrap().id.as_str()), (1, "TICKET-ui-002"));
    // Ages are counted to the moment of the last look.
    board.renew(BoardContent { now: noon() + TimeDelta::hours(1), ..content() });
    assert!(frame(&board, 112, 10).contains("▌ 4 h · blocked"), "{}", frame(&board, 112, 10));
    // It is gone: the cursor is where something is, or in an empty lane.
    board.renew(BoardContent { columns: Vec::new(), ..content() });
    assert_eq!(board.selected(), None);
    frame(&board, 80, 24);
}
