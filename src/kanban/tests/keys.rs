//! What the page of the keys shows, and what a key refuses at once.

use super::*;

#[test]
fn what_will_be_refused_is_not_asked_about() {
    let mut board = board();
    let held = "status: in_progress\nclaimed_by: Eve Example <eve@example.org>\n";
    let done = "status: approved\nclaimed_by: Ada Example <ada@example.org>\n";
    board.content.columns[1].rows = vec![
        row("TICKET-eves-001", Lane::Active, held),
        row("TICKET-mail-001", Lane::Active, done),
    ];
    press(&mut board, &[Right]);
    for key in ['r', 'c'] {
        assert_eq!(press(&mut board, &[Char(key)]), BoardRequest::None);
        assert_eq!(board.mode, BoardMode::Browse);
        assert_eq!(board.notice, "TICKET-eves-001 is held by Eve Example");
    }
    press(&mut board, &[Down, Char('c')]);
    assert_eq!(board.notice, "TICKET-mail-001 is complete already");
    press(&mut board, &[Char('r')]);
    assert!(matches!(board.mode, BoardMode::Ask { .. }));
}

#[test]
fn no_key_is_cut_at_forty_columns() {
    let mut board = board();
    press(&mut board, &[Char('?')]);
    let shown = frame(&board, 40, 24);
    for key in super::super::help::BROWSING {
        assert!(shown.contains(&format!("{} ", key.says)), "{}:\n{shown}", key.says);
    }
}

#[test]
fn all_keys_are_shown_over_the_board() {
    let mut board = board();
    press(&mut board, &[Char('?')]);
    insta::assert_snapshot!(frame(&board, 80, 24), @"
    shop  origin/main
      queue 2                   active 1                  completed 0  archive 0 ›

    ▌ Say hello in Welsh ┌ Keys ───────────────────────────────┐
    ▌ api-001            │ ←↓↑→   move (or h j k l, home, end) │
    ▌ 3 h                │ enter  open it, or click it twice   │
                         │ n      write a new ticket           │
    │ 日本語のとても長い題 e      edit it in your editor       │
    │ ui-002             │ a      claim it, with a workspace   │
    │ 3 h · blocked: wait│ w      leave for its workspace      │
                         │ r      release it for others        │
                         │ c      complete it                  │
                         │ o      open its pull request        │
                         │ y      copy its id                  │
                         │ /      show tickets with a text     │
                         │ esc    show all tickets again       │
                         │ f      fetch from the remote now    │
                         │ ?      show the keys                │
                         │ q      quit                         │
                         └─────────────────────────────────────┘



    esc back
    ");
    press(&mut board, &[Esc]);
    assert_eq!(board.mode, BoardMode::Browse);
}
