//! What every test stands on: a sandbox with its own git, a git that can be told to fail, and races that are made.
//!
//! A test makes a [`Sandbox`], puts tickets on its remote, takes one or more [`Place`]s (clones, worktrees) and runs
//! commands there. Nothing leaks in from the machine: the environment is cleared, not inherited.
//!
//! ```text
//! #[test]
//! fn a_claim_whose_answer_got_lost_is_still_a_claim() {
//!     let sandbox = Sandbox::new();
//!     sandbox.seed(&[("tickets/queue/TICKET-foo-001.md", queue_ticket("TICKET-foo-001"))]);
//!     let clone = sandbox.clone_named("a");
//!     let before = Untouched::besides_ticket(&clone, "TICKET-foo-001");
//!     let shim = Shim::new(&sandbox);
//!     shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: "fatal: the remote end hung up\n" });
//!     clone.tix_command(&["activate", "foo-001", "--json"]).through(&shim).run().success();
//!     before.assert_same(&clone);
//!     no_leftovers(&clone);
//! }
//! ```
#![allow(
    dead_code,
    unused_imports,
    reason = "the harness offers more than the tests of any one day use"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the harness starts processes and reads the environment, so that no test has to"
)]

mod command;
pub mod drawn;
mod gate;
#[cfg(unix)]
pub mod net;
pub mod notes;
mod output;
mod place;
mod race;
mod sandbox;
mod saved;
pub mod scratch;
mod shim;
mod terminal;
mod tickets;
mod untouched;

pub use command::{Prepared, Running};
pub use gate::Gate;
pub use output::Output;
pub use place::Place;
pub use race::{at_once, codes, together};
pub use sandbox::{ObjectFormat, Sandbox};
pub use saved::Saved;
pub use shim::{Call, Do, On, Shim, at_every_call};
pub use terminal::{Terminal, on_terminal, on_terminal_of, start_on_terminal};
pub use tickets::{Ticket, queue_ticket};
pub use untouched::{Untouched, no_leftovers};
