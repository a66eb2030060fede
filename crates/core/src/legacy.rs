//! From the values of the legacy API to figures.
//!
//! Legacy statistics give one-touch as a percentage and surveys as a response rate; the counts behind them are derived
//! only where one whole number alone fits (`gorgias-api.md` 5.4, 6.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::assembly::cell_of;
use crate::{AssemblyError, Cell, Figures, LegacyValue, Metric, Month};

/// What the legacy API said of one agent, month and channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegacyFigures {
    /// The value of each metric that was answered; none inside where the helpdesk said null.
    pub values: BTreeMap<Metric, Option<f64>>,
    /// Metrics whose statistic was finally refused.
    pub refused: BTreeSet<Metric>,
    /// Surveys sent.
    pub surveys_sent: Option<f64>,
    /// Percent of the surveys sent that were answered, 0 to 100.
    pub survey_response_rate: Option<f64>,
}

/// Judges the values and derives the counts.
///
/// # Errors
///
/// A value is outside its unit's range.
pub fn legacy_figures(said: &LegacyFigures, agent_id: i64, month: Month) -> Result<Figures, AssemblyError> {
    let mut figures = Figures::default();
    for metric in Metric::ALL {
        if metric.definition().legacy == LegacyValue::Derived {
            continue;
        }
        let value = said.values.get(&metric).copied().flatten();
        // A mean over no survey is no data, even where the helpdesk writes 0 (`gorgias-api.md` 5.4).
        let value = value.filter(|value| !(metric == Metric::CustomerSatisfaction && *value == 0.0));
        let cell = if said.refused.contains(&metric) {
            Cell::Unavailable
        } else {
            cell_of(metric, value).map_err(|(value, expected)| AssemblyError::OutOfRange {
                metric,
                agent_id,
                month,
                value,
                expected,
            })?
        };
        figures.set(metric, cell);
    }
    let (count, rate) = one_touch(figures.get(Metric::ClosedTickets), figures.get(Metric::OneTouchRate));
    figures.set(Metric::OneTouchTickets, count);
    figures.set(Metric::OneTouchRate, rate);
    let surveys = match figures.get(Metric::CustomerSatisfaction) {
        Cell::Unavailable => Cell::Unavailable,
        // Nobody answered, whatever a rounded rate says.
        Cell::NoData => Cell::count(0),
        Cell::Value(_) => match (said.surveys_sent, said.survey_response_rate) {
            (Some(sent), Some(rate)) => {
                part_of(rate, sent).filter(|count| *count > 0).map_or(Cell::NoData, Cell::count)
            }
            _ => Cell::NoData,
        },
    };
    figures.set(Metric::SurveysScored, surveys);
    Ok(figures)
}

/// Count and rate of one-touch tickets: the count where it is unambiguous, and then the exact rate; else no count and
/// the rate as given.
fn one_touch(closed: Cell, rate: Cell) -> (Cell, Cell) {
    match (closed, rate) {
        (Cell::Unavailable, rate) => (Cell::Unavailable, rate),
        (_, Cell::Unavailable) => (Cell::Unavailable, Cell::Unavailable),
        (Cell::NoData, rate) => (Cell::NoData, rate),
        (Cell::Value(closed), rate) => {
            let closed = closed.as_f64();
            if closed == 0.0 {
                return (Cell::count(0), Cell::NoData);
            }
            // Null is "not said" and not 0 (`gorgias-api.md` 5.4).
            let Some(percent) = rate.number().map(crate::Number::as_f64) else { return (Cell::NoData, Cell::NoData) };
            match part_of(percent, closed) {
                Some(count) => (Cell::count(count), Cell::real(crate::Number::Count(count).as_f64() / closed * 100.0)),
                None => (Cell::NoData, rate),
            }
        }
    }
}

/// The only whole number that is `percent` of `whole` once rounded to as many decimals as `percent` has; none when
/// several fit, or none does.
fn part_of(percent: f64, whole: f64) -> Option<i64> {
    /// Beyond this many decimals, a percentage is not rounded but a float's last digits.
    const MOST_DECIMALS: i32 = 6;
    let decimals = (0..MOST_DECIMALS).find(|decimals| {
        let scaled = percent * 10_f64.powi(*decimals);
        (scaled - scaled.round()).abs() < 1e-9
    });
    // A hair more than half a unit of the last decimal, so that a tie that was rounded up or down still fits.
    let slack = 0.5 * 10_f64.powi(-decimals.unwrap_or(MOST_DECIMALS)) + 1e-9;
    let least = ((percent - slack) / 100.0 * whole).ceil().max(0.0);
    let most = ((percent + slack) / 100.0 * whole).floor().min(whole);
    if least != most {
        return None;
    }
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a whole number from 0 to a count")]
    Some(least as i64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn figures(values: &[(Metric, Option<f64>)], surveys: Option<(f64, f64)>) -> Figures {
        let said = LegacyFigures {
            values: values.iter().copied().collect(),
            refused: BTreeSet::new(),
            surveys_sent: surveys.map(|(sent, _)| sent),
            survey_response_rate: surveys.map(|(_, rate)| rate),
        };
        legacy_figures(&said, 7, "2025-01".parse().expect("a month")).expect("figures")
    }

    #[rstest]
    #[case::three_of_four(4.0, Some(75.0), Cell::count(3), Cell::real(75.0))]
    #[case::rounded(7.0, Some(43.0), Cell::count(3), Cell::real(3.0 / 7.0 * 100.0))]
    #[case::with_decimals(700.0, Some(42.86), Cell::count(300), Cell::real(300.0 / 7.0))]
    #[case::ambiguous(214.0, Some(43.0), Cell::NoData, Cell::real(43.0))]
    #[case::none(50.0, Some(0.0), Cell::count(0), Cell::real(0.0))]
    #[case::all(50.0, Some(100.0), Cell::count(50), Cell::real(100.0))]
    #[case::null_rate(5.0, None, Cell::NoData, Cell::NoData)]
    #[case::nothing_closed(0.0, Some(0.0), Cell::count(0), Cell::NoData)]
    #[case::fits_nothing(3.0, Some(50.0), Cell::NoData, Cell::real(50.0))]
    fn one_touch_tickets_are_counted_only_where_one_number_fits(
        #[case] closed: f64,
        #[case] percent: Option<f64>,
        #[case] count: Cell,
        #[case] rate: Cell,
    ) {
        let figures = figures(&[(Metric::ClosedTickets, Some(closed)), (Metric::OneTouchRate, percent)], None);
        assert_eq!((figures.get(Metric::OneTouchTickets), figures.get(Metric::OneTouchRate)), (count, rate));
    }

    #[rstest]
    #[case::derived(Some(4.5), Some((20.0, 10.0)), Cell::real(4.5), Cell::count(2))]
    #[case::ambiguous(Some(4.5), Some((300.0, 18.0)), Cell::real(4.5), Cell::NoData)]
    #[case::nobody_answered(None, Some((20.0, 0.0)), Cell::NoData, Cell::count(0))]
    #[case::zero_is_no_score(Some(0.0), Some((20.0, 0.0)), Cell::NoData, Cell::count(0))]
    #[case::rate_missing(Some(4.5), None, Cell::real(4.5), Cell::NoData)]
    fn a_score_is_kept_and_its_surveys_counted_where_one_number_fits(
        #[case] rating: Option<f64>,
        #[case] surveys: Option<(f64, f64)>,
        #[case] score: Cell,
        #[case] count: Cell,
    ) {
        let figures = figures(&[(Metric::CustomerSatisfaction, rating)], surveys);
        assert_eq!((figures.get(Metric::CustomerSatisfaction), figures.get(Metric::SurveysScored)), (score, count));
    }

    #[test]
    fn a_median_of_nothing_is_no_data_and_a_null_count_is_zero() {
        let figures = figures(&[(Metric::FirstResponseTime, None), (Metric::MessagesSent, None)], None);
        assert_eq!(figures.get(Metric::FirstResponseTime), Cell::NoData);
        assert_eq!(figures.get(Metric::MessagesSent), Cell::count(0));
    }

    #[test]
    fn a_refused_statistic_is_unavailable_with_what_is_derived_from_it() {
        let refused = BTreeSet::from([Metric::ClosedTickets, Metric::CustomerSatisfaction]);
        let said = LegacyFigures { refused, ..LegacyFigures::default() };
        let figures = legacy_figures(&said, 7, "2025-01".parse().expect("a month")).expect("figures");
        for metric in
            [Metric::ClosedTickets, Metric::OneTouchTickets, Metric::CustomerSatisfaction, Metric::SurveysScored]
        {
            assert_eq!(figures.get(metric), Cell::Unavailable, "{metric}");
        }
    }

    #[test]
    fn a_percentage_above_a_hundred_is_refused() {
        let said =
            LegacyFigures { values: BTreeMap::from([(Metric::OneTouchRate, Some(120.0))]), ..LegacyFigures::default() };
        assert!(legacy_figures(&said, 7, "2025-01".parse().expect("a month")).is_err());
    }
}
