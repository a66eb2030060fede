//! The real binary against simulated helpdesks, end to end.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod check;
mod commands;
mod crashes;
mod failures;
mod oracle;
mod roads;
mod secrets;
mod settings;
mod sync;
mod verify;
mod world;
