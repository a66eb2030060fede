//! The rules of helpdelta as pure functions: months, metrics, rows, plan, merge law, report.
//!
//! Nothing here reads a clock, a disk, the network or the environment: whatever a rule needs comes in
//! as an argument. The other crates do the reading and writing and decide nothing of their own.
//!
//! Data flows `roster -> plan -> fetch -> merge -> report`, and each arrow has its type here:
//! [`Entry`], [`Plan`], [`StatisticRow`], [`Row`], [`MergeDecision`], [`RunReport`].

mod account;
mod agent;
mod assembly;
mod cell;
mod completeness;
mod credential;
mod legacy;
mod merge;
mod metric;
mod month;
mod plan;
mod report;
mod row;
mod zone;

pub use account::{Channel, Domain, Entry, InvalidChannel, InvalidDomain, KNOWN_CHANNELS};
pub use agent::{Agent, AgentRule};
pub use assembly::{Assembled, Assembly, AssemblyError, StatisticAnswer, StatisticRow, unavailable_metrics};
pub use cell::{Cell, Number};
pub use completeness::{DropShare, drop_share};
pub use credential::{Credential, InvalidCredential};
pub use legacy::{LegacyFigures, legacy_figures};
pub use merge::{MergeDecision, MergeError, decide_merge};
pub use metric::{
    Absence, Direction, LegacyValue, Measure, Metric, MetricDefinition, Statistic, StatisticDefinition, Unit,
};
pub use month::{InvalidMonth, Month, complete_months};
pub use plan::{AccountPlan, ChannelScope, MonthWindow, Plan, Query, least_seconds};
pub use report::{
    EntryError, EntryReport, EntryStatus, REPORT_SCHEMA_VERSION, RequestCounts, RowCounts, RunReport, RunStatus,
    TableReport,
};
pub use row::{Figures, Row, RowKey, Source, StoredRow};
pub use zone::{InvalidZone, Zone};
