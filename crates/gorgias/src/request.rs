//! The closed set of requests that this client can make (law 1).

use helpdelta_core::{Channel, InvalidZone, Month, Query, Zone};
use serde::Serialize;
use url::form_urlencoded::Serializer;

use crate::{legacy, reporting};

/// A request that only reads. Both statistics endpoints are POST and change nothing (`gorgias-api.md` 1.3), so
/// repeating any of these is safe.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ReadRequest {
    /// `GET /api/users`, one page.
    Users {
        /// `meta.next_cursor` of the page before; none for the first.
        cursor: Option<String>,
    },
    /// `POST /api/reporting/stats`, one page.
    ReportingStatistic {
        /// What is asked.
        query: Query,
        /// The zone of its months.
        zone: Zone,
        /// `meta.next_cursor` of the page before; none for the first.
        cursor: Option<String>,
    },
    /// `POST /api/stats/{name}`: one aggregate of one agent in one month.
    LegacyStatistic(LegacyQuery),
    /// `GET /api/account`.
    Account,
}

/// What is asked of the legacy API.
#[derive(Clone, Debug, PartialEq)]
pub struct LegacyQuery {
    /// The statistic's name in the path.
    pub name: &'static str,
    /// The agent.
    pub agent_id: i64,
    /// The month.
    pub month: Month,
    /// The channel.
    pub channel: Channel,
    /// The zone of the month.
    pub zone: Zone,
}

/// The body of a POST.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum RequestBody {
    Reporting(reporting::Body),
    Legacy(legacy::Body),
}

/// The largest page of users (`gorgias-api.md` 3.1).
const USERS_PAGE: &str = "100";
/// The largest page of the reporting API; without it, answers are cut at 30 rows (`gorgias-api.md` 4.1).
const REPORTING_PAGE: &str = "10000";

impl ReadRequest {
    /// Path and query, encoded.
    pub(crate) fn path_and_query(&self) -> String {
        let (path, fixed, cursor) = match self {
            // By creation, so that a new name cannot move a user between pages (`gorgias-api.md` 3.1).
            Self::Users { cursor } => {
                ("/api/users", vec![("limit", USERS_PAGE), ("order_by", "created_datetime:asc")], cursor)
            }
            Self::ReportingStatistic { cursor, .. } => {
                ("/api/reporting/stats", vec![("limit", REPORTING_PAGE)], cursor)
            }
            Self::LegacyStatistic(query) => return format!("/api/stats/{}", query.name),
            Self::Account => return "/api/account".to_owned(),
        };
        let mut query = Serializer::new(String::new());
        query.extend_pairs(fixed);
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        format!("{path}?{}", query.finish())
    }

    /// The JSON body of a POST; none for a GET.
    pub(crate) fn body(&self) -> Option<Result<RequestBody, InvalidZone>> {
        match self {
            Self::Users { .. } | Self::Account => None,
            Self::ReportingStatistic { query, zone, .. } => {
                Some(Ok(RequestBody::Reporting(reporting::body(query, zone))))
            }
            Self::LegacyStatistic(query) => Some(legacy::body(query).map(RequestBody::Legacy)),
        }
    }

    /// What is asked, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Users { .. } => "users".to_owned(),
            Self::Account => "account".to_owned(),
            Self::LegacyStatistic(query) => {
                format!("legacy statistic {} of agent {} in {}", query.name, query.agent_id, query.month)
            }
            Self::ReportingStatistic { query, .. } => {
                let window = query.window;
                if window.first == window.last {
                    format!("statistic {} of {}", query.statistic, window.first)
                } else {
                    format!("statistic {} of {} to {}", query.statistic, window.first, window.last)
                }
            }
        }
    }
}
