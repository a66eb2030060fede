//! The Google Sheet roster over loopback against a simulated Google.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod failures;
mod reading;
mod secrets;
mod world;
