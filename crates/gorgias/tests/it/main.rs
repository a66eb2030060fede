//! The client against the simulator, in process and under tokio's paused clock: waits cost nothing and are exact.

mod budget;
mod dialects;
mod failures;
mod http;
mod recorded;
mod world;
