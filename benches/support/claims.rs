//! Many claims at once, and the same one after another.

use std::path::PathBuf;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::{Machine, World};

/// How one `tix activate` ended.
pub struct Claim {
    pub code: Option<i32>,
    /// How many pushes it sent for the claim; what the receipt says, so 0 for one that did not win.
    pub attempts: u64,
    /// From the moment when all were let go until this one ended.
    pub took: Duration,
    /// What it said of a failure.
    pub words: String,
}

impl Claim {
    pub fn won(&self) -> bool {
        self.code == Some(0)
    }
}

/// Who claims what: a machine, its clone, and the ticket.
pub type Job = (Machine, PathBuf, String);

/// Starts all at the same moment, and waits for all.
pub fn claim_all(world: &World, jobs: &[Job]) -> (Duration, Vec<Claim>) {
    let gate = Barrier::new(jobs.len() + 1);
    std::thread::scope(|scope| {
        let running: Vec<_> = jobs
            .iter()
            .map(|job| {
                let gate = &gate;
                scope.spawn(move || {
                    let mut command =
                        world.tix(&job.0, &job.1, &["activate", "--json", "--quiet", &job.2]);
                    gate.wait();
                    let began = Instant::now();
                    claim(&mut command, began)
                })
            })
            .collect();
        gate.wait();
        let began = Instant::now();
        let claims = running.into_iter().map(|thread| thread.join().unwrap()).collect();
        (began.elapsed(), claims)
    })
}

/// Starts each when the one before has ended.
pub fn claim_in_turn(world: &World, jobs: &[Job]) -> (Duration, Vec<Claim>) {
    let began = Instant::now();
    let claims = jobs
        .iter()
        .map(|(machine, clone, id)| {
            let mut command = world.tix(machine, clone, &["activate", "--json", "--quiet", id]);
            claim(&mut command, Instant::now())
        })
        .collect();
    (began.elapsed(), claims)
}

fn claim(command: &mut std::process::Command, began: Instant) -> Claim {
    let output = command.output().unwrap();
    let took = began.elapsed();
    let receipt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8(output.stderr).unwrap_or_default();
    Claim {
        code: output.status.code(),
        attempts: receipt["claim"]["attempts"].as_u64().unwrap_or(0),
        took,
        words: receipt["message"].as_str().map_or(said, str::to_owned),
    }
}
