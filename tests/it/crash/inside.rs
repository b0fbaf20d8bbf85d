//! Moments at which git is in the midst of its work: those at which it asks a hook or a filter, here and on the server.

use std::fs;
use std::path::PathBuf;

use super::scene::Scene;
use crate::harness::Place;

/// What git is about to do, or has just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It has locked some refs, or moved them.
    Refs,
    /// It writes the files of a worktree.
    Checkout,
    /// It has written them.
    AfterCheckout,
    /// The server has the objects of a push.
    Receive,
    /// The server has moved a ref.
    AfterReceive,
}

/// The hooks, and the filter, by which a moment is noticed.
const NAMES: [(&str, Moment); 6] = [
    ("reference-transaction", Moment::Refs),
    ("smudge", Moment::Checkout),
    ("post-checkout", Moment::AfterCheckout),
    ("pre-receive", Moment::Receive),
    ("update", Moment::Receive),
    ("post-receive", Moment::AfterReceive),
];

/// What each of them does: the moment gets a number, and at the one that is meant tix and git are killed. The server is
/// another machine: it goes on.
const SCRIPT: &str = r#"
number=1
set -C
until echo "${0##*/}" >"$dir/moments/$number"; do number=$((number + 1)); done 2>/dev/null
set +C
if [ "$number" -eq "$at" ]; then
    killed="$SHIM_TIX $SHIM_GIT"
    [ "$GIT_DIR" = . ] || killed="$killed $PPID"
    kill -9 $killed 2>/dev/null
fi
case $0 in */smudge) exec cat ;; esac
exit 0
"#;

/// Counts the moments of one run, and ends it at one of them.
pub struct Watch {
    directory: PathBuf,
}

impl Watch {
    /// Ends the run at the moment of this number, from 1; with 0 at none.
    pub fn new(scene: &Scene, at: usize) -> Self {
        let directory = scene.sandbox.fresh_directory("watch");
        fs::create_dir(directory.join("moments")).unwrap();
        let place = Place::new(scene.sandbox.shared(), directory.clone());
        let quoted = format!("'{}'", directory.display());
        for (name, _) in NAMES {
            place.write_script(name, &format!("#!/bin/sh\ndir={quoted} at={at}\n{SCRIPT}"));
        }
        place.write("attributes", "* filter=watch\n");
        let root = scene.sandbox.root().display();
        let directory_of = directory.display();
        place.write(
            "config",
            format!(
                "[include]\npath = \"{root}/home/.gitconfig\"\n[core]\nhooksPath = \"{directory_of}\"\n\
                 attributesFile = \"{directory_of}/attributes\"\n[filter \"watch\"]\nsmudge = \"{quoted}/smudge\"\n"
            ),
        );
        Self { directory }
    }

    /// The first place, watched.
    pub fn place(&self, scene: &Scene) -> Place {
        scene.first.env("GIT_CONFIG_GLOBAL", self.directory.join("config"))
    }

    /// The moments so far, in their order.
    pub fn moments(&self) -> Vec<Moment> {
        let name =
            |number: usize| fs::read_to_string(self.directory.join(format!("moments/{number}")));
        let names = (1..).map_while(|number| name(number).ok());
        let moment = |name: String| NAMES.iter().find(|(of, _)| *of == name.trim_end()).unwrap().1;
        names.map(moment).collect()
    }
}
