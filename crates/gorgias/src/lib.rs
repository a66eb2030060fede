//! A read-only client of the Gorgias statistics APIs that stays within each account's budget.
//!
//! [`Account`] reads one helpdesk: its users, and the statistics of a plan. Every request of an account passes the
//! same [`Budget`], a leaky bucket that starts from the documented limit and learns from what the helpdesk says of it.
//! The set of requests is closed ([`ReadRequest`]): there is no way to make this client write to a helpdesk (law 1), and
//! a credential leaves it in one header, to the account's own address, never along a redirect (law 3).
//!
//! Vendor facts are from `gorgias-api.md`; each is cited where it is used. Whatever that document calls unconfirmed is
//! accepted both ways.

mod account;
mod address;
mod answer;
mod budget;
mod error;
mod legacy;
mod reading;
mod reporting;
mod request;
mod retry;
mod transport;
mod users;

pub use account::{Account, Ceilings, Counters, LastAnswer};
pub use address::{BaseUrl, InvalidBaseUrl};
pub use budget::{Budget, CallLimit, DOCUMENTED_LIMIT, DOCUMENTED_WINDOW};
pub use error::{Error, ErrorKind};
pub use reading::{AccountInformation, AccountReading, Api, LegacyRefused, ReadFigures, Wanted};
pub use request::{LegacyQuery, ReadRequest};
pub use retry::RetryPolicy;
pub use transport::{
    HttpTransport, HttpTransportError, Transport, TransportError, TransportRequest, TransportResponse,
};
