//! Wall-clock periods and time buckets of a query's zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

/// The width of a time bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granularity {
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
}

impl Granularity {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn step(self) -> Span {
        match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        }
    }

    fn floor(self, wall_clock: DateTime) -> DateTime {
        let date = wall_clock.date();
        match self {
            Self::Hour => date.at(wall_clock.hour(), 0, 0, 0),
            Self::Day => date.at(0, 0, 0, 0),
            Self::Week => {
                let days = i64::from(date.weekday().to_monday_zero_offset());
                date.saturating_sub(days.days()).at(0, 0, 0, 0)
            }
            Self::Month => date.first_of_month().at(0, 0, 0, 0),
        }
    }
}

/// Consecutive buckets with the instants at which they begin, so that an event finds its own by binary search instead
/// of a conversion between zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buckets {
    starts: Vec<(Timestamp, DateTime)>,
}

impl Buckets {
    /// The buckets from that of `first` to that of `last`.
    pub(crate) fn covering(granularity: Granularity, zone: &TimeZone, first: Timestamp, last: Timestamp) -> Self {
        let mut starts = Vec::new();
        let origin = granularity.floor(zone.to_datetime(first));
        for number in 0_i64.. {
            let Ok(start) = granularity.step().checked_mul(number).and_then(|span| origin.checked_add(span)) else {
                break;
            };
            let Ok(instant) = zone.to_timestamp(start) else { break };
            if instant > last {
                break;
            }
            starts.push((instant, start));
        }
        Self { starts }
    }

    /// The wall-clock start of the bucket in which an instant lies.
    pub(crate) fn start_of(&self, instant: Timestamp) -> Option<DateTime> {
        let end = self.starts.partition_point(|(start, _)| *start <= instant);
        self.starts.get(end.checked_sub(1)?).map(|(_, start)| *start)
    }

    /// The wall-clock starts of all buckets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DateTime> + '_ {
        self.starts.iter().map(|(_, start)| *start)
    }
}

/// Reads a bound of a period: `YYYY-MM-DD`, `YYYY-MM-DDTHH:mm:ss` or `YYYY-MM-DDTHH:mm:ss.SSS`, and nothing else.
pub(crate) fn wall_clock(text: &str) -> Option<DateTime> {
    const TEMPLATE: &str = "0000-00-00T00:00:00.000";
    let fits = matches!(text.len(), 10 | 19 | 23)
        && text.bytes().zip(TEMPLATE.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            separator => byte == separator,
        });
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use helpdelta_core::{Month, Zone};
    use rstest::rstest;

    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[rstest]
    #[case::offset("-05:00")]
    #[case::summer_time("America/New_York")]
    #[case::half_hour("Asia/Kolkata")]
    #[case::midnight_skipped_on_the_first("America/Asuncion")]
    fn months_begin_where_core_says_that_they_begin(#[case] zone: &str) {
        let zone = Zone::parse(zone).unwrap();
        let time_zone = TimeZone::get(zone.iana_name()).unwrap();
        let buckets = Buckets::covering(
            Granularity::Month,
            &time_zone,
            instant("2016-01-15T00:00:00Z"),
            instant("2018-12-15T00:00:00Z"),
        );
        assert_eq!(buckets.starts.len(), 36);
        for (start, bucket) in &buckets.starts {
            assert_eq!(*start, zone.start_of(Month::of(bucket.date()).unwrap()).unwrap());
        }
    }

    #[rstest]
    #[case::month_before(Granularity::Month, "2025-03-01T04:59:59Z", "2025-02-01T00:00:00")]
    #[case::month(Granularity::Month, "2025-03-01T05:00:00Z", "2025-03-01T00:00:00")]
    #[case::week_begins_on_monday(Granularity::Week, "2025-03-02T12:00:00Z", "2025-02-24T00:00:00")]
    #[case::day(Granularity::Day, "2025-03-02T04:59:59Z", "2025-03-01T00:00:00")]
    #[case::hour(Granularity::Hour, "2025-03-02T04:59:59Z", "2025-03-01T23:00:00")]
    #[case::hour_after_the_gap(Granularity::Hour, "2025-03-09T07:00:00Z", "2025-03-09T03:00:00")]
    #[case::hour_that_comes_twice(Granularity::Hour, "2025-11-02T06:30:00Z", "2025-11-02T01:00:00")]
    fn an_instant_lies_in_the_bucket_of_its_wall_clock(
        #[case] granularity: Granularity,
        #[case] at: &str,
        #[case] expected: &str,
    ) {
        let zone = TimeZone::get("America/New_York").unwrap();
        let buckets =
            Buckets::covering(granularity, &zone, instant("2025-01-31T00:00:00Z"), instant("2025-12-01T00:00:00Z"));
        assert_eq!(buckets.start_of(instant(at)).unwrap().to_string(), expected);
    }

    #[rstest]
    #[case::milliseconds("2025-01-01T00:00:00.000", true)]
    #[case::seconds("2025-01-01T00:00:00", true)]
    #[case::day("2025-01-01", true)]
    #[case::z("2025-01-01T00:00:00Z", false)]
    #[case::milliseconds_z("2025-01-01T00:00:00.000Z", false)]
    #[case::offset("2025-01-01T00:00:00-05:00", false)]
    #[case::blank("2025-01-01 00:00:00", false)]
    #[case::no_such_day("2025-02-30", false)]
    #[case::not_ascii("2025-01-0\u{e9}", false)]
    fn only_bare_wall_clocks_are_bounds(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(wall_clock(text).is_some(), expected);
    }
}
