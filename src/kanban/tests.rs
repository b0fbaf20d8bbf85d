mod keys;

use chrono::{TimeDelta, TimeZone};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode::{
    self, Char, Down, End, Enter, Esc, Home, Left, Right, Up,
};
use ratatui::crossterm::event::{KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::draw::text;
use super::*;
use crate::ticket::{Document, FrontMatter, PullState};

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
    let heading = "shop  origin/main".to_owned();
    let mine = TicketId::parse("TICKET-mail-001").into_iter().collect();
    BoardContent { heading, looked: None, now: noon(), columns, mine }
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

    ▌ Say hello in Welsh        │ Send mail
    ▌ api-001                   │ mail-001
    ▌ 3 h                       │ 3 h · P1 · Ada Example

    │ 日本語のとても長い題名…
    │ ui-002
    │ 3 h · blocked: waits fo…




    ←↓↑→ move   enter open   n new   a activate   / filter   f fetch   ? help   q quit
    ");
}

#[test]
fn where_there_is_little_room_the_lane_of_the_cursor_is_shown() {
    let mut board = board();
    press(&mut board, &[Right]);
    insta::assert_snapshot!(frame(&board, 34, 10), @"
    shop  origin/main
    ‹ queue 2  active 1  completed 0 ›

    ▌ Send mail
    ▌ mail-001
    ▌ 3 h · P1 · Ada Example



    enter open   ? help   q quit
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
    press(&mut board, &[&[Char('/')], typed("mail").as_slice(), &[Enter, Right]].concat());
    assert_eq!(names(&board, 52), "‹ queue 0 of 2  active 1   completed 0  archive 0 ›");
    press(&mut board, &[Left]);
    assert_eq!(names(&board, 40), "‹ queue 0 of 2  active 1  completed 0 ›");
    assert_eq!(names(&board, 38), "‹queue 0 of 2 active 1 completed 0›");
    assert_eq!(names(&board, 32), "‹ active 1 ›");
}

#[test]
fn at_every_width_the_lanes_around_the_cursor_are_whole() {
    let mut board = board();
    press(&mut board, &[Right]);
    insta::assert_snapshot!(frame(&board, 40, 8), @"
    shop  origin/main
    ‹queue 2 active 1 completed 0 archive 0›

    ▌ Send mail
    ▌ mail-001
    ▌ 3 h · P1 · Ada Example

    enter open   ? help   q quit
    ");
    // What is only half there is drawn as far as it goes.
    insta::assert_snapshot!(frame(&board, 80, 11), @"
    shop  origin/main
      queue 2                   active 1                  completed 0  archive 0 ›

    │ Say hello in Welsh       ▌ Send mail
    │ api-001                  ▌ mail-001
    │ 3 h                      ▌ 3 h · P1 · Ada Example

    │ 日本語のとても長い題名…
    │ ui-002

    enter open   n new   a activate   / filter   f fetch   ? help   q quit
    ");
    insta::assert_snapshot!(frame(&board, 110, 8), @"
    shop  origin/main
     queue 2                     active 1                   completed 0                 archive 0

    │ Say hello in Welsh        ▌ Send mail
    │ api-001                   ▌ mail-001
    │ 3 h                       ▌ 3 h · P1 · Ada Example

    ←↓↑→ move   enter open   n new   a activate   / filter   f fetch   ? help   q quit
    ");
}

#[test]
fn printed_on_narrow_paper_the_lanes_stand_below_each_other() {
    insta::assert_snapshot!(printed(&board(), 60, 1), @"
    shop  origin/main
     queue 2                       active 1

    │ Say hello in Welsh          │ Send mail
    │ api-001                     │ mail-001
    │ 3 h                         │ 3 h · P1 · Ada Example

     completed 0                   archive 0
    ");
}

#[test]
fn the_way_out_is_named_where_there_is_little_room_and_what_is_least_needed_goes_first() {
    let board = board();
    for (width, keys) in [
        (83, "←↓↑→ move   enter open   n new   a activate   / filter   f fetch   ? help   q quit"),
        (80, "enter open   n new   a activate   / filter   f fetch   ? help   q quit"),
        (50, "enter open   a activate   ? help   q quit"),
        (20, "? help   q quit"),
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
    assert_eq!(press(&mut board, &[Char('a')]), BoardRequest::None, "it asks first");
    assert_eq!(press(&mut board, &[Char('n')]), BoardRequest::None, "anything but y is a no");
    assert_eq!(board.mode, BoardMode::Browse);
    assert_eq!(press(&mut board, &[Char('a'), Char('y')]), BoardRequest::Activate(id()));
    for (key, request) in [
        ('e', BoardRequest::Edit(id())),
        ('o', BoardRequest::OpenRequest(id())),
        ('y', BoardRequest::Copy(id())),
        ('w', BoardRequest::Leave(id())),
    ] {
        assert_eq!(press(&mut board, &[Char(key)]), request);
    }
    assert_eq!(press(&mut board, &[Char('r')]), BoardRequest::None);
    assert_eq!(board.notice, "TICKET-api-001 is not active");
    assert_eq!(press(&mut board, &[Right, Char('a')]), BoardRequest::None);
    assert_eq!(board.notice, "TICKET-mail-001 is not in the queue");
    let id = || TicketId::parse("TICKET-mail-001").unwrap();
    assert_eq!(press(&mut board, &[Char('r'), Char('y')]), BoardRequest::Release(id()));
    assert_eq!(press(&mut board, &[Char('c'), Char('y')]), BoardRequest::Complete(id()));
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

    ▌ 日本語のとても長い題名…
    ▌ ui-002
    ▌ 3 h · blocked: waits fo…

    ←↓↑→ move   enter open   n new   a activate   / filter   f fetch   ? help   q quit
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
    board.fit(Rect::new(0, 0, 40, 8));
    board.read("TICKET-api-001".to_owned(), plain_text(&text));
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

#[test]
fn the_cursor_goes_to_a_ticket_also_past_a_filter_that_hides_it() {
    let mut board = board();
    let id = |text: &str| TicketId::parse(text).unwrap();
    board.go_to(&id("TICKET-mail-001"));
    assert_eq!(board.selected().unwrap().id, id("TICKET-mail-001"));
    press(&mut board, &typed("/mail"));
    press(&mut board, &[Enter]);
    board.go_to(&id("TICKET-ui-002"));
    assert_eq!(
        (board.selected().unwrap().id.as_str(), board.filter.as_str()),
        ("TICKET-ui-002", "")
    );
}

#[test]
fn a_new_ticket_is_asked_for_its_title() {
    let mut board = board();
    press(&mut board, &[&[Char('n')], typed("Say q!").as_slice()].concat());
    let shown = frame(&board, 80, 10);
    let below: Vec<&str> = shown.lines().skip(8).collect();
    assert_eq!(below, ["Title: Say q!▏", "enter create the ticket   esc cancel"]);
    assert_eq!(press(&mut board, &[Enter]), BoardRequest::New("Say q!".to_owned()));
    assert_eq!(press(&mut board, &[Char('n'), Char(' '), Enter]), BoardRequest::None, "no title");
    press(&mut board, &[Char('n'), Char('x'), Esc]);
    assert_eq!(board.mode, BoardMode::Browse);
}

#[test]
fn what_is_pushed_is_asked_for_below_the_board() {
    let mut board = board();
    press(&mut board, &[Char('a')]);
    let shown = frame(&board, 80, 10);
    let below: Vec<&str> = shown.lines().skip(8).collect();
    assert_eq!(below, ["Claim TICKET-api-001? The claim is pushed. (y/n)", "y yes   n no"]);
}

#[test]
fn a_question_is_never_cut() {
    let mut board = board();
    let long = "TICKET-rewrite-the-framework-from-scratch-001";
    board.content.columns[1].rows = vec![row(long, Lane::Active, "title: Rewrite\n")];
    board.content.mine = TicketId::parse(long).into_iter().collect();
    press(&mut board, &[Right, Char('r')]);
    let shown = frame(&board, 60, 12);
    let below: Vec<&str> = shown.lines().skip(9).collect();
    let question = [
        "Give TICKET-rewrite-the-framework-from-scratch-001 back to",
        "the queue? Its work goes to attic/. (y/n)",
    ];
    assert_eq!(below, [question[0], question[1], "y yes   n no"]);
}

#[test]
fn the_answer_to_a_command_is_never_cut() {
    let mut board = board();
    board.fit(Rect::new(0, 0, 30, 10));
    board.read(
        "activating".to_owned(),
        plain_text("it is yours\n\n  path  /home/ada/shop.worktrees/T\n"),
    );
    let shown = frame(&board, 30, 10);
    let lines: Vec<&str> = shown.lines().skip(3).take(4).collect();
    assert_eq!(lines, ["it is yours", "", "  path", "    /home/ada/shop.worktrees/T"]);
}

#[test]
fn only_what_may_have_a_workspace_offers_to_go_there() {
    let mut board = board();
    let below = |board: &mut Board| {
        board.read("answer".to_owned(), plain_text("done\n"));
        frame(board, 80, 10).lines().last().unwrap().to_owned()
    };
    assert_eq!(below(&mut board), "↓↑ scroll   esc back");
    press(&mut board, &[Esc, Right]);
    assert_eq!(below(&mut board), "↓↑ scroll   w go to the workspace   esc back");
}

#[test]
fn a_click_selects_a_second_one_opens_and_the_wheel_scrolls() {
    let mut board = board();
    board.fit(Rect::new(0, 0, 112, 15));
    let mut mouse = |kind, column, row| {
        let modifiers = KeyModifiers::NONE;
        let request = board.mouse(MouseEvent { kind, column, row, modifiers });
        (request, board.selected().map(|row| row.id.to_string()))
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    let id = |id: &str| Some(id.to_owned());
    let none = BoardRequest::None;
    assert_eq!(mouse(click, 4, 8), (none.clone(), id("TICKET-ui-002")));
    let open = BoardRequest::Open(TicketId::parse("TICKET-ui-002").unwrap());
    assert_eq!(mouse(click, 4, 8), (open, id("TICKET-ui-002")));
    assert_eq!(mouse(click, 30, 3), (none.clone(), id("TICKET-mail-001")));
    assert_eq!(mouse(click, 60, 1), (none.clone(), None), "the head of an empty lane");
    assert_eq!(mouse(MouseEventKind::ScrollUp, 2, 3), (none.clone(), id("TICKET-api-001")));
    assert_eq!(mouse(MouseEventKind::ScrollDown, 2, 3), (none.clone(), id("TICKET-ui-002")));
    assert_eq!(mouse(click, 4, 14), (none, id("TICKET-ui-002")), "below the board");
}

#[test]
fn the_cursor_goes_where_the_filter_leaves_something() {
    let mut board = board();
    press(&mut board, &[&[Char('/')], typed("mail").as_slice()].concat());
    assert_eq!(board.selected().unwrap().id.as_str(), "TICKET-mail-001");
    assert_eq!(board.mode, BoardMode::Filter);
    let found = press(&mut board, &[Enter, Enter]);
    assert_eq!(found, BoardRequest::Open(TicketId::parse("TICKET-mail-001").unwrap()));
}

#[test]
fn the_head_says_when_the_remote_was_asked() {
    let mut board = board();
    board.content.looked = Some(noon() - TimeDelta::seconds(12));
    let top = frame(&board, 80, 10).lines().next().unwrap().to_owned();
    assert_eq!(top, "shop  origin/main  looked 12 s ago");
}

#[test]
fn four_lanes_with_many_tickets_have_one_line_of_names() {
    let mut board = board();
    for (at, count) in [(0, 68), (1, 12), (2, 141), (3, 12)] {
        let many = (1..=count)
            .map(|n| row(&format!("TICKET-many-{n:03}"), Lane::ALL[at], "title: Many\n"));
        board.content.columns[at].rows = many.collect();
    }
    let lines: Vec<String> = frame(&board, 80, 24).lines().map(str::to_owned).collect();
    let names = "  queue 68                  active 12                 completed 141 archive 12›";
    assert_eq!([lines[1].as_str(), &lines[2]], [names, ""]);
}

#[test]
fn a_ticket_says_how_far_its_pull_request_is() {
    let mut content = content();
    let mut row = row("TICKET-a-001", Lane::Active, "title: Weave\npull_request: https://f/7\n");
    let pull = row.pull_request.as_mut().unwrap();
    assert_eq!((pull.number, pull.state_words()), (Some(7), None));
    pull.state = Some(PullState::Merged);
    content.columns[1].rows = vec![row];
    let shown = frame(&Board::new(content), 160, 12);
    assert!(shown.contains(" · pull request 7 (merged)"), "{shown}");
}
