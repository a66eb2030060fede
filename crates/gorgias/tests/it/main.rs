//! The client against the simulator, in process and under tokio's paused clock: waits cost nothing and are exact.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod budget;
mod dialects;
mod failures;
mod http;
mod recorded;
mod world;
