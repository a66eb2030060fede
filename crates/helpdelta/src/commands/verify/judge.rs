//! What a difference means (`gorgias-api.md` 6.2).

use helpdelta_core::{Cell, Metric, Source};

/// What the helpdesk says of a cell, by each road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answers {
    /// One month, one agent, no bucket; none where only the legacy API answers.
    pub(super) alone: Option<Cell>,
    /// As a run asks; only asked for where the cell alone differs from the table.
    pub(super) bucketed: Option<Cell>,
    /// By the legacy API; none where it does not answer.
    pub(super) legacy: Option<Cell>,
}

/// What the answers make of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The table says what the helpdesk says.
    Equal,
    /// The helpdesk agrees with itself, and this figure may change after its month.
    ChangedSince { why: &'static str },
    /// Table and reporting API agree, and the legacy API says something else, as it may.
    LegacyDiffers { why: &'static str },
    /// Nothing explains it.
    Different { why: &'static str },
    /// Only the legacy API answers, and its percentage hides the count.
    NotVerifiable,
}

impl Verdict {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::ChangedSince { .. } => "changed_since",
            Self::LegacyDiffers { .. } => "legacy_differs",
            Self::Different { .. } => "different",
            Self::NotVerifiable => "not_verifiable",
        }
    }
}

/// Judges a cell. `altered` says that somebody else than helpdelta wrote to the table since the row was last updated.
pub(super) fn judge(metric: Metric, source: Source, stored: Cell, answers: &Answers, altered: bool) -> Verdict {
    let Some(alone) = answers.alone else {
        return match answers.legacy {
            Some(legacy) if hides(metric, legacy, stored) => Verdict::NotVerifiable,
            Some(legacy) if near(metric, legacy, stored) => Verdict::Equal,
            _ => since(metric, altered),
        };
    };
    // What the legacy API gave is rounded; the row says that it came from there.
    let by_legacy = source == Source::Legacy && (near(metric, stored, alone) || hides(metric, stored, alone));
    if alone == stored || by_legacy {
        return match answers.legacy {
            Some(legacy) if !near(metric, legacy, alone) && !hides(metric, legacy, alone) => Verdict::LegacyDiffers {
                why: "legacy statistics read an older data source and count messages of rules too",
            },
            _ => Verdict::Equal,
        };
    }
    match answers.bucketed {
        Some(bucketed) if bucketed == alone => since(metric, altered),
        Some(bucketed) if bucketed == stored => {
            Verdict::Different { why: "the helpdesk answers the month in a bucket differently from the month alone" }
        }
        _ => Verdict::Different { why: "the helpdesk gives three different figures" },
    }
}

/// Whether the legacy API's percentage hides the count that the other side has.
fn hides(metric: Metric, legacy: Cell, other: Cell) -> bool {
    let is_derived = matches!(metric, Metric::OneTouchTickets | Metric::SurveysScored);
    is_derived && legacy == Cell::NoData && other != Cell::NoData
}

/// The helpdesk agrees with itself and not with the table.
fn since(metric: Metric, altered: bool) -> Verdict {
    if altered {
        let why = "somebody else wrote to the table since the last run; the next sync mends the figure";
        return Verdict::Different { why };
    }
    Verdict::ChangedSince { why: later_change(metric) }
}

/// Why a figure of a finished month may be another one today.
fn later_change(metric: Metric) -> &'static str {
    match metric {
        Metric::ClosedTickets => "tickets that are reopened and closed again move to the month of their last closing",
        Metric::OneTouchTickets | Metric::OneTouchRate => {
            "another reply, a reopening or a new assignee takes a ticket out of the count"
        }
        Metric::CustomerSatisfaction | Metric::SurveysScored => "surveys of a month are answered in the next one too",
        Metric::AverageResolutionTime => "a ticket that is closed again counts in the month of its last closing",
        Metric::FirstResponseTime | Metric::MessagesSent => "tickets were marked as spam, trashed or merged since",
    }
}

/// Whether the legacy API's figure is the stored one but for its rounding.
fn near(metric: Metric, legacy: Cell, stored: Cell) -> bool {
    let slack = match metric {
        Metric::CustomerSatisfaction => 0.005_001,
        Metric::OneTouchRate => 0.5,
        _ => 0.0,
    };
    match (legacy.number(), stored.number()) {
        (Some(legacy), Some(stored)) => (legacy.as_f64() - stored.as_f64()).abs() <= slack,
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answers(alone: Option<i64>, bucketed: Option<i64>) -> Answers {
        Answers { alone: alone.map(Cell::count), bucketed: bucketed.map(Cell::count), legacy: None }
    }

    #[rstest]
    #[case::equal(Some(3), None, false, "equal")]
    #[case::helpdesk_moved_on(Some(4), Some(4), false, "changed_since")]
    #[case::altered_by_hand(Some(4), Some(4), true, "different")]
    #[case::buckets_differ(Some(4), Some(3), false, "different")]
    #[case::three_figures(Some(4), Some(5), false, "different")]
    fn a_difference_is_explained_only_where_the_helpdesk_agrees_with_itself(
        #[case] alone: Option<i64>,
        #[case] bucketed: Option<i64>,
        #[case] altered: bool,
        #[case] expected: &str,
    ) {
        let verdict =
            judge(Metric::ClosedTickets, Source::Reporting, Cell::count(3), &answers(alone, bucketed), altered);
        assert_eq!(verdict.as_str(), expected);
    }

    #[rstest]
    #[case::rounded(Metric::CustomerSatisfaction, Cell::real(4.46), Cell::real(4.456_789), "equal")]
    #[case::hidden_count(Metric::OneTouchTickets, Cell::NoData, Cell::count(92), "not_verifiable")]
    #[case::another_count(Metric::ClosedTickets, Cell::count(5), Cell::count(4), "changed_since")]
    fn an_account_with_the_legacy_api_alone_is_compared_within_its_rounding(
        #[case] metric: Metric,
        #[case] legacy: Cell,
        #[case] stored: Cell,
        #[case] expected: &str,
    ) {
        let answers = Answers { alone: None, bucketed: None, legacy: Some(legacy) };
        assert_eq!(judge(metric, Source::Legacy, stored, &answers, false).as_str(), expected);
    }

    #[rstest]
    #[case::rounded_by_legacy(Source::Legacy, 3.92, 3.9166, 3.92, "equal")]
    #[case::not_rounded_by_reporting(Source::Reporting, 3.92, 3.9166, 3.92, "changed_since")]
    #[case::legacy_says_otherwise(Source::Reporting, 3.9166, 3.9166, 2.0, "legacy_differs")]
    fn roads_that_disagree_are_told_of(
        #[case] source: Source,
        #[case] stored: f64,
        #[case] alone: f64,
        #[case] legacy: f64,
        #[case] expected: &str,
    ) {
        let alone = Some(Cell::real(alone));
        let answers = Answers { alone, bucketed: alone, legacy: Some(Cell::real(legacy)) };
        let verdict = judge(Metric::CustomerSatisfaction, source, Cell::real(stored), &answers, false);
        assert_eq!(verdict.as_str(), expected);
    }
}
