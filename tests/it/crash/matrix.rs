//! The matrix itself: each git call of a command, times each way in which it can go wrong.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::inside::{Moment, Watch};
use super::sample::{Hit, draw};
use super::scene::{History, ID, Scene, Trunk};
use super::truth::{Truth, assert_no_workspace, assert_workspace};
use crate::harness::{Do, On, Output, Shim};

/// One command under test.
pub struct Row {
    pub trunk: Trunk,
    pub history: History,
    pub command: &'static [&'static str],
    pub goal: Goal,
    /// A call that always fails, so that the way back is hit too.
    pub broken: Option<fn() -> On>,
    /// How many git calls it makes at least: a matrix over fewer tests less than it says.
    pub calls: usize,
}

/// What the command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The ticket is held and has a workspace.
    Workspace,
    /// The ticket is held and has a branch on the remote.
    Branch,
    /// The ticket is in the queue, and nothing of it is left here.
    Released,
    /// This new ticket is in the queue, once.
    Created(&'static str),
    /// The ticket says this, where it is written.
    Says(&'static str),
    /// The ticket is complete on its branch.
    Completed,
    /// The ticket is held, and has a workspace with everything that is on its branch.
    TakenOver,
    /// The ticket is held by somebody else.
    HandedOn,
    /// The ticket is in the archive, and nothing of it is left here.
    Closed,
    /// The completed ticket is in the archive.
    Archived,
    /// The ticket is completed on the trunk, and its workspace is still there.
    Landed,
    /// The ticket is completed on the trunk, and nothing of it is left anywhere.
    Cleaned,
    /// What a repository with tickets begins with is on the trunk.
    SetUp,
    /// The same on a branch of its own, and the settings name that.
    SetUpBeside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    KillBefore,
    KillAfter,
    Fail(u8),
    FailAfter,
    /// tix and git are killed in the midst of git's work.
    KillInside(Moment),
}

/// How a command says that what it is to do has been done.
const DONE: [&str; 3] = ["nobody holds ", "it is in queue/", "its status is `changes_requested`"];

const FAULTS: [Fault; 5] =
    [Fault::KillBefore, Fault::KillAfter, Fault::Fail(128), Fault::Fail(1), Fault::FailAfter];

impl Fault {
    fn action(self) -> Do {
        match self {
            Self::KillBefore => Do::KillBefore,
            Self::KillAfter => Do::KillAfter,
            Self::Fail(code) => Do::Fail { code, stderr: "fatal: broken by the test\n" },
            Self::FailAfter => Do::FailAfter { code: 128, stderr: "fatal: broken by the test\n" },
            Self::KillInside(_) => unreachable!("no call is hit, but a moment of it"),
        }
    }
}

/// What a case found wrong.
struct Case<'a> {
    row: &'a Row,
    scene: &'a Scene,
    before: &'a Truth,
    id: &'static str,
    /// The states from which everybody was seen to go on.
    known: RefCell<BTreeSet<String>>,
}

impl Row {
    #[track_caller]
    pub fn survives(&self) {
        let scene = Scene::new(self.trunk, self.history);
        let id = if let Goal::Created(id) = self.goal { id } else { ID };
        let before = Truth::of(&scene, id);
        let calls = self.calls(&scene);
        let count = calls.len();
        assert!(count >= self.calls, "only {count} git calls to hit");
        let case =
            Case { row: self, scene: &scene, before: &before, id, known: RefCell::default() };
        // With 1 a question of this kind is answered by no, which is no failure.
        let answers = |(number, fault): &Hit| {
            *fault == Fault::Fail(1) && calls[number - 1].contains("merge-base --is-ancestor")
        };
        let all = (1..=count).flat_map(|number| FAULTS.map(|fault| (number, fault)));
        let all: Vec<Hit> = all.filter(|hit| !answers(hit)).collect();
        let (hits, again) = draw((self.command, self.trunk), all);
        let mut bad = 0;
        for (number, fault) in &hits {
            // One run shows every case that goes wrong: what they have in common is the finding.
            let told = catch_unwind(AssertUnwindSafe(|| case.run(*number, *fault)));
            bad += usize::from(told.is_err());
        }
        let cases = hits.len();
        eprintln!("tix {}: {count} git calls, {cases} cases", self.command.join(" "));
        assert!(bad == 0, "{bad} of {cases} cases went wrong, see above; the same again: {again}");
    }

    /// The same at the moments at which git is in the midst of its work.
    #[track_caller]
    pub fn survives_inside(&self) {
        let scene = Scene::new(self.trunk, self.history);
        let before = Truth::of(&scene, ID);
        let watch = Watch::new(&scene, 0);
        let shim = self.shim(&scene);
        watch.place(&scene).tix_command(self.command).through(&shim).run().success();
        let moments = watch.moments();
        let count = moments.len();
        assert!(count >= self.calls, "only {count} moments to hit");
        let known = RefCell::default();
        let case = Case { row: self, scene: &scene, before: &before, id: ID, known };
        let all = (1..).zip(moments).map(|(number, moment)| (number, Fault::KillInside(moment)));
        let (hits, again) = draw((self.command, self.trunk, "inside"), all.collect());
        let mut bad = 0;
        for (number, fault) in &hits {
            let told = catch_unwind(AssertUnwindSafe(|| case.run_inside(*number, *fault)));
            bad += usize::from(told.is_err());
        }
        let cases = hits.len();
        eprintln!("tix {}: {count} moments, {cases} cases", self.command.join(" "));
        assert!(bad == 0, "{bad} of {cases} cases went wrong, see above; the same again: {again}");
    }

    fn calls(&self, scene: &Scene) -> Vec<String> {
        let shim = self.shim(scene);
        let output = scene.first.tix_command(self.command).through(&shim).run();
        assert_eq!(output.code == Some(0), self.broken.is_none(), "{output}");
        shim.calls().iter().map(|call| call.args.join(" ")).collect()
    }

    fn shim(&self, scene: &Scene) -> Shim {
        let shim = Shim::new(&scene.sandbox);
        if let Some(on) = self.broken {
            shim.rule(on(), Do::Fail { code: 128, stderr: "fatal: always broken\n" });
        }
        shim
    }
}

impl Case<'_> {
    fn run(&self, number: usize, fault: Fault) {
        let scene = self.scene;
        scene.restore();
        let shim = Shim::new(&scene.sandbox);
        shim.rule(On::call(number), fault.action());
        if let Some(on) = self.row.broken {
            shim.rule(on(), Do::Fail { code: 128, stderr: "fatal: always broken\n" });
        }
        let first = scene.first.tix_command(self.row.command).through(&shim).run();
        let calls = shim.calls();
        let hit = calls.get(number - 1).map(|call| call.args.join(" ")).unwrap_or_default();
        let _told = Told(format!("{fault:?} at call {number}, `git {hit}`:\n{first}"));
        scene.assert_bytes_untouched();
        self.assert_goes_on(&first);
    }

    /// What git has locked stays locked, until the next run has seen to it.
    fn run_inside(&self, number: usize, fault: Fault) {
        let scene = self.scene;
        scene.restore();
        let watch = Watch::new(scene, number);
        let shim = Shim::new(&scene.sandbox);
        let first = watch.place(scene).tix_command(self.row.command).through(&shim).run();
        let last = shim.calls().last().map(|call| call.args.join(" ")).unwrap_or_default();
        let _told = Told(format!("{fault:?}, moment {number}, last `git {last}`:\n{first}"));
        self.assert_goes_on(&first);
    }

    #[track_caller]
    fn assert_goes_on(&self, first: &Output) {
        let scene = self.scene;
        let after = Truth::of(scene, self.id);
        self.assert_consistent(&after);
        self.assert_honest(first, &after);

        let second = scene.first.tix(self.row.command);
        let _told = Told(format!("and then again:\n{second}"));
        scene.assert_settled();
        // Where git says that it cannot move the checkout along, it is told and stays behind.
        if !first.stderr().contains("left its files alone") {
            scene.assert_followed();
        }
        let now = Truth::of(scene, self.id);
        self.assert_consistent(&now);
        self.assert_reached(&second, &now);
        if self.known.borrow_mut().insert(self.shape()) {
            scene.assert_untouched();
            self.assert_nobody_is_blocked();
        }
    }

    /// The state without what is random in it: the story of the trunk, the refs, and tix's own files. What is tried from
    /// one such state need not be tried from the next that is like it.
    fn shape(&self) -> String {
        let scene = self.scene;
        let story = scene.truth().git(&["log", "--format=%s", scene.trunk.branch()]);
        let refs = ["--format=%(refname) %(upstream)"];
        let refs = [scene.truth(), scene.first.clone()]
            .map(|place| place.git(&[&["for-each-ref"], refs.as_slice()].concat()));
        let mut files = Vec::new();
        let mut directories = vec![scene.git_dir().join("tix"), scene.git_dir().join("worktrees")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten() {
                let path = entry.unwrap().path();
                // The texts of edits that were killed and workspaces that went are kept, each under a name of its own; nothing
                // goes by them.
                if path.ends_with("tix/edit") || path.ends_with("tix/trash") {
                    continue;
                }
                if path.is_dir() {
                    directories.push(path.clone());
                }
                files.push(path);
            }
        }
        files.sort();
        format!("{story}\n{refs:?}\n{files:?}")
    }

    #[track_caller]
    fn assert_consistent(&self, truth: &Truth) {
        if matches!(self.row.goal, Goal::Created(_)) && truth.places.is_empty() {
            return;
        }
        // The claim that a ticket was completed under stays in it.
        let ends = matches!(self.row.goal, Goal::Landed | Goal::Cleaned | Goal::Archived);
        let put_away = self.row.goal == Goal::Archived && truth.is_archived();
        if !(ends && (truth.is_completed() || put_away)) {
            truth.assert_one_holder(self.scene.trunk);
        }
    }

    /// The exit code of the run that was hit says what is so.
    #[track_caller]
    fn assert_honest(&self, output: &Output, truth: &Truth) {
        match output.code {
            // Killed.
            None => assert_eq!(output.signal, Some(9), "{output}"),
            // What could not be cleared is told, and the next run clears it.
            Some(0) if output.stderr().contains("warning: ") => self.assert_decided(truth),
            Some(0) => self.assert_done(truth),
            // The claim stands, or may.
            Some(8) => assert!(!matches!(self.row.goal, Goal::Created(_)), "{output}"),
            Some(_) if output.stderr().contains("was given back") => {
                assert!(truth.is_queued(), "it says that it was given back: {truth:#?}");
            }
            Some(5 | 6 | 7 | 10) => {
                let words = "it failed, so the ticket is where it was";
                assert_eq!(truth.is_active(), self.before.is_active(), "{words}: {truth:#?}");
                assert_eq!(truth.places, self.before.places, "{words}: {truth:#?}");
                if output.stderr().contains("nothing changed") {
                    assert_eq!(truth, self.before, "it says that nothing changed");
                }
                if matches!(self.row.goal, Goal::Says(_) | Goal::HandedOn | Goal::SetUp) {
                    assert_eq!(truth, self.before, "it failed, so nothing has changed");
                }
            }
            Some(code) => panic!("a broken git is no reason for exit {code}:\n{output}"),
        }
    }

    /// The same command, run again with a git that works.
    #[track_caller]
    fn assert_reached(&self, output: &Output, truth: &Truth) {
        let says = |words| output.stderr().contains(words);
        match (output.code, self.row.goal) {
            (Some(3), Goal::Workspace | Goal::Branch) | (Some(0), _) => self.assert_done(truth),
            // It had been done to its end, and cannot be done to a ticket twice.
            (Some(5), Goal::Released | Goal::Says(_)) if DONE.into_iter().any(says) => {
                self.assert_done(truth);
            }
            // Whoever asks for any ticket is not given the one that an earlier run of theirs holds; by its name they are.
            (Some(4), Goal::Workspace) if says("no ticket can be claimed on ") => {
                assert!(truth.is_active(), "{truth:#?}");
                let named = self.scene.first.tix(&["activate", self.id]);
                assert!(matches!(named.code, Some(0 | 3)), "{named}");
                self.assert_done(&Truth::of(self.scene, self.id));
            }
            _ => panic!("the second run was to end well:\n{output}\n{truth:#?}"),
        }
    }

    /// Done as far as everybody else is concerned.
    #[track_caller]
    fn assert_decided(&self, truth: &Truth) {
        match self.row.goal {
            Goal::Workspace | Goal::Branch | Goal::Completed | Goal::TakenOver => {
                assert!(truth.is_active(), "{truth:#?}");
            }
            Goal::HandedOn => truth.assert_handed_on(self.scene),
            Goal::Released | Goal::Created(_) => assert!(truth.is_queued(), "{truth:#?}"),
            Goal::Closed | Goal::Archived => assert!(truth.is_archived(), "{truth:#?}"),
            Goal::Landed | Goal::Cleaned => assert!(truth.is_completed(), "{truth:#?}"),
            Goal::Says(words) => truth.assert_says(self.scene, words),
            Goal::SetUp => self.scene.assert_set_up("main"),
            Goal::SetUpBeside => self.scene.assert_set_up("tickets"),
        }
    }

    #[track_caller]
    fn assert_done(&self, truth: &Truth) {
        match self.row.goal {
            Goal::Workspace | Goal::TakenOver => {
                truth.assert_set_up(self.scene);
                assert_workspace(self.scene, truth);
                truth.assert_recorded(self.scene);
            }
            Goal::Branch => truth.assert_set_up(self.scene),
            Goal::Released => {
                assert!(truth.is_queued(), "{truth:#?}");
                assert_no_workspace(self.scene);
            }
            Goal::Created(_) | Goal::Says(_) | Goal::HandedOn | Goal::SetUp | Goal::SetUpBeside => {
                self.assert_decided(truth);
            }
            Goal::Completed => {
                truth.assert_says(self.scene, "status: approved");
                assert_workspace(self.scene, truth);
            }
            Goal::Closed | Goal::Archived => {
                assert!(truth.is_archived(), "{truth:#?}");
                assert_no_workspace(self.scene);
            }
            Goal::Landed => {
                assert!(truth.is_completed(), "{truth:#?}");
                assert_workspace(self.scene, truth);
            }
            Goal::Cleaned => {
                assert!(truth.is_completed() && truth.branches.is_empty(), "{truth:#?}");
                assert_no_workspace(self.scene);
            }
        }
    }

    /// Whatever happened, the first can go on, and then the second can have the ticket.
    #[track_caller]
    fn assert_nobody_is_blocked(&self) {
        let scene = self.scene;
        match self.row.goal {
            Goal::Workspace | Goal::Branch => {
                scene.first.tix(&["release", self.id]).success();
                assert_no_workspace(scene);
                scene.assert_settled();
            }
            Goal::Released => {
                scene.first.tix(&["activate", self.id]).success();
                let truth = Truth::of(scene, self.id);
                truth.assert_set_up(scene);
                assert_workspace(scene, &truth);
                return;
            }
            Goal::Created(_) | Goal::SetUp => {}
            Goal::SetUpBeside => {
                let new = ["new", "Two", "--session", "two"];
                scene.second.git(&["pull", "-q", "origin", "main"]);
                scene.second.tix(&new).success();
                let made = |path: &String| path == "tickets/queue/TICKET-two-001.md";
                assert!(scene.truth().files("tickets").iter().any(made));
                return;
            }
            Goal::HandedOn => {
                // Whether or not the first still knows of a claim of its own, it has none.
                let fenced = scene.first.tix(&["complete", self.id]);
                assert!(matches!(fenced.code, Some(3 | 5)), "{fenced}");
                scene.second.tix(&["reclaim", self.id, "--reason", "x", "--force"]).success();
                return;
            }
            Goal::Says(_) => {
                scene.second.tix(&["note", self.id, "another"]).success();
                scene.first.tix(&["note", self.id, "mine"]).success();
                return;
            }
            Goal::Completed => {
                scene.second.tix(&["status", self.id, "--fetch"]).success();
                scene.first.tix(&["release", self.id, "--reason", "x"]).success();
                return;
            }
            Goal::TakenOver => {
                scene.second.tix(&["reclaim", self.id, "--reason", "x", "--force"]).success();
                scene.first.tix(&["complete", self.id]).exits(3);
                return;
            }
            Goal::Landed => {
                scene.first.tix(&["clean", self.id]).success();
                assert_no_workspace(scene);
                return;
            }
            Goal::Closed | Goal::Archived | Goal::Cleaned => {
                scene.second.tix(&["reopen", self.id, "--reason", "x"]).success();
            }
        }
        scene.second.tix(&["activate", self.id]).success();
        Truth::of(scene, self.id).assert_one_holder(scene.trunk);
    }
}

/// Says what was done when a test fails on it.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}
