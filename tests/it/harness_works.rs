//! The harness does what it promises; a shell script plays tix's part.

mod sandbox;
mod shim;
mod untouched;
