//! A long history: a trunk on which nothing happens but that tickets move.

use std::fmt::Write;
use std::path::PathBuf;

use super::repository::remote_of;
use super::{World, ticket_id};

/// So many tickets are under way at a time.
const LIVE: usize = 100;

/// The life of a ticket: what is done, and the lane and the status that it has then.
const LIFE: [(&str, &str, &str); 10] = [
    ("new", "queue", "open"),
    ("claim", "active", "claimed"),
    ("activate", "active", "in_progress"),
    ("release", "queue", "open"),
    ("claim", "active", "claimed"),
    ("activate", "active", "in_progress"),
    ("release", "queue", "open"),
    ("claim", "active", "claimed"),
    ("complete", "completed", "approved"),
    ("archive", "archive", "closed"),
];

/// How many commits move tickets.
#[derive(Clone, Copy, Debug)]
pub struct Moves(pub usize);

impl Moves {
    /// Makes the bare remote of a world: `origin.git`.
    pub fn make_remote(self, world: &World) -> PathBuf {
        remote_of(world, self.script())
    }

    fn script(self) -> String {
        let mut script = String::new();
        commit(&mut script, 0, "seed\n");
        for lane in ["queue", "active", "completed", "archive"] {
            put(&mut script, &format!("tickets/{lane}/.gitkeep"), "");
        }
        // How far each of those that are under way has come. Whose turn it is differs from round to round, so that they are
        // not all at the same place.
        let mut live: Vec<(usize, usize)> = (0..LIVE).map(|number| (number, 0)).collect();
        let mut next = LIVE;
        let mut turn = 1;
        for number in 1..=self.0 {
            turn = turn * 48_271 % 2_147_483_647;
            let ticket = &mut live[turn % LIVE];
            step(&mut script, number, *ticket);
            ticket.1 += 1;
            if ticket.1 == LIFE.len() {
                *ticket = (next, 0);
                next += 1;
            }
        }
        script
    }
}

/// One more commit: the ticket with this number takes this step of its life.
fn step(script: &mut String, number: usize, (ticket, age): (usize, usize)) {
    let (operation, lane, status) = LIFE[age];
    let id = ticket_id(ticket);
    let claim = match lane {
        "active" => format!("Tix-Claim: bench-{ticket:05}{age}\nTix-Host: box\n"),
        _ => String::new(),
    };
    let agent = ticket % 20;
    let message = format!(
        "{operation}: {id}\n\nTix-Ticket: {id}\n{claim}Tix-Actor: Agent {agent} <agent{agent}@example.org>\n\
         Tix-Run: {number:032x}\n"
    );
    commit(script, number, &message);
    if let Some((_, before, _)) = age.checked_sub(1).map(|age| LIFE[age]).filter(|b| b.1 != lane) {
        writeln!(script, "D {}", path(ticket, before)).unwrap();
    }
    let text = format!(
        "---\nticket_id: {id}\ntitle: The thing number {ticket}\nstatus: {status}\npriority: P2\nsession_id: bench\n\
         sequence: {ticket:05}\ncreated: 2025-12-03 19:30\n---\n\n# The thing number {ticket}\n\n- step {age}\n"
    );
    put(script, &path(ticket, lane), &text);
}

/// The archive has a directory for each hundred, or git would compare all that was ever done for each commit.
fn path(ticket: usize, lane: &str) -> String {
    let id = ticket_id(ticket);
    match lane {
        "queue" => format!("tickets/queue/{id}.md"),
        "archive" => format!("tickets/archive/{:03}/{id}.md", ticket / 100),
        lane => format!("tickets/{lane}/{id}/{id}.md"),
    }
}

fn commit(script: &mut String, number: usize, message: &str) {
    let when = 1_600_000_000 + number * 600;
    let who = format!("Ada Example <ada@example.org> {when} +0000");
    let length = message.len();
    write!(script, "commit refs/heads/main\ncommitter {who}\ndata {length}\n{message}\n").unwrap();
}

fn put(script: &mut String, path: &str, text: &str) {
    write!(script, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
}
