//! The client against the simulator, in process and under tokio's paused clock: waits cost nothing and are exact.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod budget;
mod dialects;
mod failures;
mod http;
mod legacy;
mod recorded;
mod world;
