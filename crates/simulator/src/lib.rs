//! A Gorgias that behaves like the real one.
//!
//! # What it is
//!
//! [`Simulator`] serves any number of helpdesks behind one address, each below `/{domain}`: the list of users, the
//! account, the reporting statistics and the legacy ones. No figure is stored anywhere. Every answer is computed from
//! raw tickets by the vendor's own definitions (`gorgias-api.md` 6.1), so a test can compute the table that it expects
//! from the same tickets with code of its own, change one ticket, and see that one change arrive.
//!
//! ```
//! use helpdelta_simulator::{Helpdesk, Message, Simulator, Ticket, User};
//!
//! let mut acme = Helpdesk::new("acme");
//! acme.users.push(User::new(7, "Maya Lind", "maya@getwrrk.example", "agent"));
//! let created = "2025-01-07T15:00:00Z".parse()?;
//! let mut ticket = Ticket::opened(1, "email", created);
//! ticket.messages.push(Message::from_agent(7, "2025-01-07T15:20:00Z".parse()?));
//! acme.tickets.push(ticket);
//! let token = acme.token();
//! let simulator = Simulator::new([acme]);
//! assert_eq!(simulator.domains(), ["acme"]);
//! # assert!(!token.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it is for
//!
//! The `demo` and `simulate` commands, the end-to-end tests and the benchmarks. A client that gets on with this server
//! should have nothing left to fear from the real one, so it is strict where the contract is strict (each 400 of
//! chapter 4, a page of 30 unless told otherwise, cursors that must be escaped and repeated with the same body,
//! unknown parameters refused) and can be made to speak each [`Dialect`] where the contract leaves a choice. It never
//! guesses what a client meant.
//!
//! # How it is made
//!
//! | module | holds | and changes when |
//! |---|---|---|
//! | `ticket`, `helpdesk` | the raw facts | a definition needs another fact |
//! | `statistics`, `calendar` | events, groups, medians, buckets; pure functions | a definition changes |
//! | `query`, `reporting` | the current statistics API | the vendor changes it |
//! | `legacy`, `users` | the other endpoints | the vendor changes them |
//! | `paging`, `dialect`, `refusal` | spelling | another spelling is seen |
//! | `rate_limit` | the leaky bucket | limits change |
//! | `behaviour`, `fault` | what a test may turn and what it may break | a test needs another |
//! | `simulator`, `request_log` | shared state | |
//! | `server`, `answer` | HTTP | |
//! | `population` | made-up helpdesks | |
//!
//! A request passes, in this order: domain, log, credential (401), bucket (429), faults, endpoint, latency. All waiting
//! and the bucket are on tokio's clock: under `#[tokio::test(start_paused = true)]` a test that calls
//! [`Simulator::router`] in process waits for nothing.
//!
//! # What it reads into the contract
//!
//! Where the definitions are silent: a reply (for one-touch and resolution) is a public message by an agent or a rule,
//! also one written outside the helpdesk; a rule's message is credited to nobody; a ticket that was reopened and not
//! closed again is not closed; durations are whole seconds; the channel is always the ticket's. Of a legacy period,
//! `delta` compares with the same number of seconds before it, and the mean rating has two decimals.
//!
//! Left out: dimensions other than `agentId` and `channel`, filter operators other than the documented pair of each
//! member, scopes other than the six of the catalogue, legacy tables and series, `GET /api/users/{id}`. Each answers
//! 400 or 404, and where the real service has it, the text says that only this simulator lacks it.

mod answer;
mod behaviour;
mod calendar;
mod dialect;
mod fault;
mod helpdesk;
mod legacy;
mod paging;
mod population;
mod query;
mod rate_limit;
mod refusal;
mod reporting;
mod request_log;
mod server;
mod simulator;
mod statistics;
mod ticket;
mod users;

pub use behaviour::{Behaviour, Bucketing, LegacyPeriodEnd, UnknownChannel};
pub use dialect::{
    AgentIds, BucketKey, BucketValue, CursorPlace, Dialect, EndOfList, IdleAgents, LegacyPercent, Numbers, UserList,
    UserRole,
};
pub use fault::{Action, CannedResponse, Fault, PathPattern, RetryAfter, When};
pub use helpdesk::{ApiKey, Helpdesk, User};
pub use population::{Population, PopulationError};
pub use rate_limit::{RateLimit, RetryAfterHeader};
pub use request_log::{LoggedRequest, RequestCounts};
pub use server::{Running, ServeError};
pub use simulator::{Simulator, UnknownHelpdesk};
pub use ticket::{FirstReply, Message, Sender, Survey, Ticket};
