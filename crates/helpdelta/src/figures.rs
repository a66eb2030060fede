//! Figures as people read them.

use helpdelta_core::{Cell, Metric, Unit};

/// How a cell without a value shows: never as a number (law 2).
pub(crate) const NO_DATA: &str = "no data";

/// A cell as text in its metric's unit.
pub(crate) fn shown(metric: Metric, cell: Cell) -> String {
    let Some(number) = cell.number().map(helpdelta_core::Number::as_f64) else { return NO_DATA.to_owned() };
    if !number.is_finite() || number < 0.0 {
        // No run of ours wrote that.
        return format!("unreadable ({number})");
    }
    match metric.definition().unit {
        Unit::Seconds => duration(number),
        Unit::Count => format!("{number:.0}"),
        Unit::Percent => format!("{number:.1} %"),
        Unit::Score => format!("{number:.2}"),
    }
}

/// Seconds in the two largest units that matter.
pub(crate) fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    let seconds = seconds.round();
    let two = |unit: f64, name: &str, part: f64, part_name: &str| {
        format!("{:.0}{name} {:02.0}{part_name}", (seconds / unit).floor(), ((seconds % unit) / part).floor())
    };
    if seconds < MINUTE {
        format!("{seconds:.0}s")
    } else if seconds < HOUR {
        two(MINUTE, "m", 1.0, "s")
    } else if seconds < DAY {
        two(HOUR, "h", MINUTE, "m")
    } else {
        two(DAY, "d", HOUR, "h")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.0, "0s")]
    #[case(59.4, "59s")]
    #[case(59.6, "1m 00s")]
    #[case(5321.0, "1h 28m")]
    #[case(86_399.0, "23h 59m")]
    #[case(200_000.0, "2d 07h")]
    fn a_duration_shows_its_two_largest_units(#[case] seconds: f64, #[case] expected: &str) {
        assert_eq!(duration(seconds), expected);
    }

    #[rstest]
    #[case::zero(Metric::ClosedTickets, Cell::count(0), "0")]
    #[case::no_data(Metric::CustomerSatisfaction, Cell::NoData, NO_DATA)]
    #[case::score(Metric::CustomerSatisfaction, Cell::real(4.456), "4.46")]
    #[case::rate(Metric::OneTouchRate, Cell::real(75.0), "75.0 %")]
    fn zero_and_no_data_never_look_alike(#[case] metric: Metric, #[case] cell: Cell, #[case] expected: &str) {
        assert_eq!(shown(metric, cell), expected);
    }
}
