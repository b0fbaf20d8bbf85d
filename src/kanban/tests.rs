use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw::text;
use super::*;

fn tile(id: &str, title: &str) -> Tile {
    let (id, title) = (id.to_owned(), title.to_owned());
    Tile { id, title, status: "open".to_owned(), age: "3 h".to_owned(), ..Tile::default() }
}

fn board() -> State {
    let held = Tile {
        status: "in_progress".to_owned(),
        holder: Some("Ada Example <ada@example.org>".to_owned()),
        priority: Some("P1".to_owned()),
        labels: vec!["slow".to_owned()],
        ..tile("TICKET-mail-001", "Send mail")
    };
    let stuck = Tile {
        blocked: Some("waits for Eve".to_owned()),
        ..tile("TICKET-ui-002", "日本語のとても長い題名のチケット")
    };
    let column = |lane, tiles| Column { lane, tiles };
    State::new(
        "shop  origin/main".to_owned(),
        vec![
            column(Lane::Queue, vec![tile("TICKET-api-001", "Say hello in Welsh"), stuck]),
            column(Lane::Active, vec![held]),
            column(Lane::Completed, Vec::new()),
            column(Lane::Archive, Vec::new()),
        ],
    )
}

/// The frame as a terminal of this size shows it.
fn frame(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(state, frame.buffer_mut(), Keys::Named)).unwrap();
    text(terminal.backend().buffer())
}

fn press(state: &mut State, keys: &[Key]) -> Effect {
    keys.iter().map(|key| state.press(*key)).last().unwrap()
}

fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
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
    let mut state = board();
    press(&mut state, &[Key::Right]);
    insta::assert_snapshot!(frame(&state, 34, 10), @"
    shop  origin/main
    ‹ queue 2  active 1  completed 0 ›

    ▌ TICKET-mail-001
    ▌ Send mail
    ▌ 3 h · P1 · Ada Example



    enter open   a activate   q quit
    ");
    // Nothing is too small to be drawn.
    for (width, height) in [(1, 1), (5, 3), (30, 4), (300, 2)] {
        frame(&state, width, height);
    }
}

#[test]
fn lanes_that_do_not_fit_are_named_on_their_side() {
    let mut state = board();
    let lines = |state: &State, width: u16| -> Vec<String> {
        frame(state, width, 10).lines().map(str::to_owned).collect()
    };
    // One lane is shown: the others are tabs.
    assert_eq!(lines(&state, 50)[1], "  queue 2  active 1  completed 0  archive 0 ›");
    assert_eq!(lines(&state, 26)[1], "  queue 2  active 1 ›");
    assert_eq!(lines(&state, 12)[1], "  queue 2 ›");
    // Three are.
    let names = " queue 2                   active 1                  completed 0";
    let right = format!("{:>80}", "archive 0 ›");
    assert_eq!(lines(&state, 80)[1..3], [names, &right]);
    press(&mut state, &[Key::Right; 3]);
    assert_eq!(lines(&state, 50)[1], "‹ queue 2  active 1  completed 0  archive 0");
    let names = " active 1                  completed 0               archive 0";
    assert_eq!(lines(&state, 80)[1..3], [names, "‹ queue 2"]);
    // Two are, and two are not.
    assert_eq!(lines(&state, 52)[2], "‹ queue 2  active 1");
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
    let state = board();
    for (width, keys) in [
        (65, "←↓↑→ move   enter open   a activate   / filter   f fetch   q quit"),
        (64, "←↓↑→ move   enter open   a activate   / filter   q quit"),
        (50, "←↓↑→ move   enter open   a activate   q quit"),
        (20, "enter open   q quit"),
        (6, "q quit"),
    ] {
        assert_eq!(frame(&state, width, 10).lines().last(), Some(keys), "{width}");
    }
}

#[test]
fn what_is_short_is_not_cut_off_by_what_is_long() {
    let mut state = board();
    let reviewed = Tile {
        status: "critic_review".to_owned(),
        holder: Some("Bob Weaver <bob@example.org>".to_owned()),
        ..tile("TICKET-mail-002", "Receive mail")
    };
    let stuck = Tile {
        blocked: Some("waits for Eve".to_owned()),
        priority: Some("P0".to_owned()),
        ..reviewed.clone()
    };
    state.columns[0].tiles = vec![reviewed, stuck];
    let text = frame(&state, 104, 20);
    let lines: Vec<&str> = text.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(lines[5], "▌ 3 h · critic_review ·…", "{text}");
    assert_eq!(lines[9], "│ 3 h · P0 · blocked: w…", "{text}");
}

#[test]
fn that_the_remote_is_away_is_said_for_as_long_as_it_is_below_every_notice() {
    let mut state = board();
    state.away = "origin does not answer".to_owned();
    let notice = |state: &State| frame(state, 80, 10).lines().nth(8).unwrap().to_owned();
    assert_eq!(notice(&state), "origin does not answer");
    press(&mut state, &[Key::Right, Key::Char('a')]);
    assert_eq!(notice(&state), "TICKET-mail-001 is not in the queue");
    press(&mut state, &[Key::Left]);
    assert_eq!(notice(&state), "origin does not answer");
}

#[test]
fn keys_move_the_cursor_and_never_out_of_the_board() {
    let mut state = board();
    assert_eq!(state.selected().unwrap().id, "TICKET-api-001");
    press(&mut state, &[Key::Down, Key::Down, Key::PageDown, Key::End]);
    assert_eq!(state.selected().unwrap().id, "TICKET-ui-002");
    press(&mut state, &[Key::Right]);
    assert_eq!(state.selected().unwrap().id, "TICKET-mail-001");
    press(&mut state, &[Key::Right, Key::Right, Key::Right, Key::Up, Key::Home]);
    assert_eq!(state.selected(), None);
    assert_eq!(press(&mut state, &[Key::Enter]), Effect::None);
    press(&mut state, &[Key::Left, Key::Left, Key::Left, Key::Left]);
    assert_eq!(state.selected().unwrap().id, "TICKET-ui-002", "each lane keeps its place");
}

#[test]
fn what_is_asked_for_is_about_the_ticket_at_the_cursor() {
    let mut state = board();
    let id = || "TICKET-api-001".to_owned();
    assert_eq!(press(&mut state, &[Key::Enter]), Effect::Open(id()));
    assert_eq!(press(&mut state, &[Key::Char('a')]), Effect::Activate(id()));
    assert_eq!(press(&mut state, &[Key::Right, Key::Char('a')]), Effect::None);
    assert_eq!(state.notice, "TICKET-mail-001 is not in the queue");
    assert_eq!(press(&mut state, &[Key::Char('f')]), Effect::Fetch);
    assert_eq!(press(&mut state, &[Key::Char('q')]), Effect::Quit);
}

#[test]
fn a_filter_hides_what_does_not_fit_and_quits_nothing() {
    let mut state = board();
    press(&mut state, &[&[Key::Char('/')], typed("quit").as_slice()].concat());
    assert_eq!(state.mode, Mode::Filter);
    assert_eq!(state.selected(), None);
    press(&mut state, &[Key::Backspace; 9]);
    press(&mut state, &[typed("EVE").as_slice(), &[Key::Enter]].concat());
    assert_eq!((state.shown(0).len(), state.selected().unwrap().id.as_str()), (1, "TICKET-ui-002"));
    insta::assert_snapshot!(frame(&state, 112, 8), @"
    shop  origin/main                                                                                           /EVE
     queue 1 of 2                active 0 of 1               completed 0                 archive 0

    ▌ TICKET-ui-002
    ▌ 日本語のとても長い題名…
    ▌ 3 h · blocked: waits fo…

    ←↓↑→ move   enter open   a activate   / filter   f fetch   q quit
    ");
    press(&mut state, &[Key::Esc]);
    assert_eq!(state.shown(0).len(), 2);
    assert_eq!(press(&mut state, &[Key::Char('/'), Key::Interrupt]), Effect::Quit);
}

#[test]
fn a_text_is_read_in_pages() {
    let mut state = board();
    let text: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    state.read("TICKET-api-001".to_owned(), &text);
    press(&mut state, &[Key::Char(' '), Key::Down, Key::Up]);
    insta::assert_snapshot!(frame(&state, 40, 8), @"
    shop  origin/main
    TICKET-api-001

    line 11
    line 12
    line 13

    ↓↑ scroll   esc back
    ");
    press(&mut state, &[Key::End, Key::PageDown, Key::Esc]);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn the_cursor_stays_at_its_ticket_when_the_board_changes() {
    let mut state = board();
    press(&mut state, &[Key::Down]);
    let mut columns = state.columns.clone();
    let moved = columns[0].tiles.remove(1);
    columns[1].tiles.insert(0, moved);
    state.renew("later".to_owned(), columns);
    assert_eq!((state.at(), state.selected().unwrap().id.as_str()), (1, "TICKET-ui-002"));
    // It is gone: the cursor is where something is, or in an empty lane.
    state.renew("later".to_owned(), vec![Column { lane: Lane::Queue, tiles: Vec::new() }]);
    assert_eq!(state.selected(), None);
    frame(&state, 80, 24);
}
