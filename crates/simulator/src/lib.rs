//! A Gorgias and a Google that behave like the real ones.
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
//! [`Google`] serves spreadsheets beside them, to a service account whose key file it writes; its
//! [router](Google::router) merges with [the other](Simulator::router). It checks the signature of every assertion,
//! and the table of `gorgias-api.md` 8.4 can be provoked line by line, by [`GoogleState`] or by a [`GoogleFault`].
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
//! | `google::state`, `google::fault` | what a test may set and break at Google | a test needs another |
//! | `google::account`, `google::token` | the key, and an access token for an assertion | Google changes them |
//! | `google::sheets`, `google::range` | worksheets and cells; A1 notation | Google changes them |
//! | `google::answer`, `google::server` | errors in Google's words; HTTP | another error is seen |
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
//! A request to Google passes: log, faults, access token (401, 403), Sheets API enabled, scope, parameters, spreadsheet
//! (404), shared (403), range (400), latency. Google's own clock is the system's and an offset.
//!
//! Of Google, where chapter 8 is silent: an assertion is read, then its issuer, key and signature, audience, times and
//! scope are checked in this order; five minutes of skew are borne; a range without a title means the first visible
//! worksheet, and what reads as a cell is one (`Q1`, unlike `'Q1'`); titles are compared letter by letter; a worksheet
//! has 1000 rows and 26 columns or more, a range that begins outside is refused and one that ends outside is cut.
//!
//! Left out: dimensions other than `agentId` and `channel`, filter operators other than the documented pair of each
//! member, scopes other than the six of the catalogue, legacy tables and series, `GET /api/users/{id}`. Each answers
//! 400 or 404, and where the real service has it, the text says that only this simulator lacks it. So do columns first,
//! unformatted values, formulas, grid data, and at the default [`ScopePolicy`] any scope but the least.

mod answer;
mod behaviour;
mod calendar;
mod dialect;
mod fault;
mod google;
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
pub use google::{
    Google, GoogleAction, GoogleError, GoogleFault, GooglePlace, GoogleState, READONLY_SCOPE, ScopePolicy, Spreadsheet,
    Worksheet,
};
pub use helpdesk::{ApiKey, Helpdesk, User};
pub use population::{Population, PopulationError};
pub use rate_limit::{RateLimit, RetryAfterHeader};
pub use request_log::{LoggedRequest, RequestCounts};
pub use server::{Running, ServeError};
pub use simulator::{Simulator, UnknownHelpdesk};
pub use ticket::{FirstReply, Message, Sender, Survey, Ticket};
