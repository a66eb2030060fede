//! Calendar months without a zone; [`Zone`](crate::Zone) turns them into instants.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde::{Serialize, Serializer};

/// A calendar month between 1970-01 and 2999-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first_day: Date,
}

/// A text or a date that names no month that helpdelta handles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no month: expected YYYY-MM between 1970-01 and 2999-12")]
pub struct InvalidMonth {
    /// What was given.
    pub text: String,
}

impl Month {
    /// The month of a year (1970 to 2999) and a month number (1 to 12).
    ///
    /// # Errors
    ///
    /// Either number is out of its range.
    pub fn new(year: i16, month: i8) -> Result<Self, InvalidMonth> {
        let invalid = || InvalidMonth { text: format!("{year:04}-{month:02}") };
        if !(1970..=2999).contains(&year) {
            return Err(invalid());
        }
        let first_day = Date::new(year, month, 1).map_err(|_| invalid())?;
        Ok(Self { first_day })
    }

    /// The month in which a day lies.
    ///
    /// # Errors
    ///
    /// The day's year is outside 1970 to 2999.
    pub fn of(day: Date) -> Result<Self, InvalidMonth> {
        Self::new(day.year(), day.month())
    }

    /// The month that the first seven characters of a bucket value name, such as `2025-01-01T00:00:00.000Z`.
    ///
    /// Statistics answers spell a bucket in several ways; only this prefix is common to all
    /// (`gorgias-api.md` 4.6), and converting between zones would move it.
    ///
    /// # Errors
    ///
    /// The text does not start with `YYYY-MM`, or something other than a day follows.
    pub fn from_bucket(text: &str) -> Result<Self, InvalidMonth> {
        let invalid = || InvalidMonth { text: text.to_owned() };
        let prefix = text.get(..7).ok_or_else(invalid)?;
        match text.as_bytes().get(7) {
            None | Some(b'-') => prefix.parse().map_err(|_| invalid()),
            Some(_) => Err(invalid()),
        }
    }

    /// The first day of the month.
    pub fn first_day(self) -> Date {
        self.first_day
    }

    /// The month that follows.
    #[must_use]
    pub fn next(self) -> Self {
        self.shifted(1.month())
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.shifted(-1.month())
    }

    fn shifted(self, span: Span) -> Self {
        Self { first_day: self.first_day.saturating_add(span).first_of_month() }
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        let invalid = || InvalidMonth { text: text.to_owned() };
        let digits = |part: &str, width: usize| {
            (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i16>().ok())
        };
        let (year, month) = text.split_once('-').ok_or_else(invalid)?;
        let year = digits(year, 4).flatten().ok_or_else(invalid)?;
        let month = digits(month, 2).flatten().and_then(|month| i8::try_from(month).ok()).ok_or_else(invalid)?;
        Self::new(year, month).map_err(|_| invalid())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.first_day.year(), self.first_day.month())
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The `count` complete months before `today`, oldest first; with `current_month`, the running month follows them.
///
/// # Errors
///
/// `today` is outside 1970 to 2999, or there are not so many months before it.
pub fn complete_months(today: Date, count: u16, current_month: bool) -> Result<Vec<Month>, InvalidMonth> {
    let current = Month::of(today)?;
    let wanted = usize::from(count) + usize::from(current_month);
    let mut months: Vec<Month> = std::iter::successors(Some(current), |month| Some(month.previous()))
        .skip(usize::from(!current_month))
        .take(wanted)
        .collect();
    months.reverse();
    match months.first() {
        Some(first) if *first < Month::new(1970, 1)? => Err(InvalidMonth { text: first.to_string() }),
        _ => Ok(months),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().expect("a month")
    }

    #[rstest]
    #[case::december_to_january("2024-12", "2025-01")]
    #[case::leap_february("2024-02", "2024-03")]
    #[case::long_to_short("2025-01", "2025-02")]
    fn next_and_previous_are_inverse(#[case] earlier: &str, #[case] later: &str) {
        assert_eq!(month(earlier).next(), month(later));
        assert_eq!(month(later).previous(), month(earlier));
    }

    #[rstest]
    #[case::bare("2025-01")]
    #[case::date("2025-01-01")]
    #[case::seconds("2025-01-01T00:00:00")]
    #[case::milliseconds("2025-01-01T00:00:00.000")]
    #[case::with_z("2025-01-01T00:00:00.000Z")]
    fn every_bucket_spelling_names_its_month(#[case] bucket: &str) {
        assert_eq!(Month::from_bucket(bucket), Ok(month("2025-01")));
    }

    #[rstest]
    #[case::empty("")]
    #[case::short("2025-1")]
    #[case::month_thirteen("2025-13-01")]
    #[case::joined("2025-011")]
    #[case::signed("+025-01")]
    #[case::not_ascii("2025-0\u{e9}")]
    #[case::too_early("1969-12")]
    #[case::epoch("1735689600")]
    fn what_is_no_month_is_refused(#[case] text: &str) {
        assert!(Month::from_bucket(text).is_err());
        assert!(text.parse::<Month>().is_err());
    }

    #[test]
    fn nineteen_months_end_with_the_last_complete_one() {
        let months = complete_months(date(2026, 11, 24), 19, false).expect("months");
        assert_eq!(months.len(), 19);
        assert_eq!((months[0], months[18]), (month("2025-04"), month("2026-10")));
    }

    #[test]
    fn months_before_the_calendar_are_an_error_and_not_a_shorter_list() {
        assert!(complete_months(date(1970, 3, 1), 2, false).is_ok());
        assert!(complete_months(date(1970, 3, 1), 3, false).is_err());
    }

    #[test]
    fn the_running_month_comes_on_top_when_asked_for() {
        let months = complete_months(date(2026, 3, 1), 2, true).expect("months");
        assert_eq!(months, [month("2026-01"), month("2026-02"), month("2026-03")]);
    }
}
