//! The time zone in which months begin and end.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Month;

/// A time zone that both sides understand: jiff for the bounds of a month, Gorgias by its IANA name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    spelling: String,
    iana_name: String,
    time_zone: TimeZone,
}

/// A time zone setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidZone {
    /// Neither an offset nor an IANA name.
    #[error("{text:?} is no time zone: expected an offset such as \"-05:00\" or a name such as \"America/New_York\"")]
    Unknown {
        /// What was given.
        text: String,
    },
    /// An offset for which no `Etc/GMT` name exists, so that the statistics API cannot be asked in it.
    #[error(
        "the offset {text:?} has no IANA name: only whole hours from -12:00 to +14:00 have one; \
         name the zone instead, such as \"Asia/Kolkata\""
    )]
    NoName {
        /// What was given.
        text: String,
    },
    /// The zone has no instant for the month's first day.
    #[error("{month} has no first instant in {zone}")]
    NoInstant {
        /// The month asked for.
        month: Month,
        /// The zone's spelling.
        zone: String,
    },
}

impl Zone {
    /// Reads an offset (`-05:00`, `+2`, `Z`) or an IANA name (`Europe/Stockholm`).
    ///
    /// An offset becomes its `Etc/GMT` name, whose sign is inverted: `-05:00` is `Etc/GMT+5`.
    ///
    /// # Errors
    ///
    /// The text is neither, or an offset of other than whole hours.
    pub fn parse(text: &str) -> Result<Self, InvalidZone> {
        let text = text.trim();
        let unknown = || InvalidZone::Unknown { text: text.to_owned() };
        let iana_name = if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
            "UTC".to_owned()
        } else if text.starts_with(['+', '-']) {
            etc_name(text)?
        } else {
            text.to_owned()
        };
        // Files of tzdata that are no zones, and that no helpdesk knows.
        if ["factory", "localtime", "posixrules"].contains(&iana_name.to_ascii_lowercase().as_str()) {
            return Err(unknown());
        }
        let time_zone = TimeZone::get(&iana_name).map_err(|_| unknown())?;
        let iana_name = time_zone.iana_name().ok_or_else(unknown)?.to_owned();
        Ok(Self { spelling: text.to_owned(), iana_name, time_zone })
    }

    /// The name that `query.timezone` of the reporting API takes (`gorgias-api.md` 4.1).
    pub fn iana_name(&self) -> &str {
        &self.iana_name
    }

    /// The first instant of a month: midnight, or the end of the gap where summer time begins at midnight.
    ///
    /// # Errors
    ///
    /// The zone has no such instant, at the far ends of the calendar.
    pub fn start_of(&self, month: Month) -> Result<Timestamp, InvalidZone> {
        let midnight = month.first_day().at(0, 0, 0, 0);
        let instant = self.time_zone.to_timestamp(midnight);
        instant.map_err(|_| InvalidZone::NoInstant { month, zone: self.spelling.clone() })
    }

    /// The instants of a month: its first one up to, and without, the first one of the next month.
    ///
    /// # Errors
    ///
    /// As [`Zone::start_of`].
    pub fn bounds(&self, month: Month) -> Result<Range<Timestamp>, InvalidZone> {
        Ok(self.start_of(month)?..self.start_of(month.next())?)
    }

    /// An instant as the zone's clocks show it, with their offset: `2025-01-31T23:59:59-05:00`.
    pub fn with_offset(&self, instant: Timestamp) -> String {
        instant.display_with_offset(self.time_zone.to_offset(instant)).to_string()
    }

    /// The calendar day at an instant.
    pub fn day_at(&self, instant: Timestamp) -> Date {
        self.time_zone.to_datetime(instant).date()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.spelling)
    }
}

fn etc_name(text: &str) -> Result<String, InvalidZone> {
    let unknown = || InvalidZone::Unknown { text: text.to_owned() };
    let no_name = || InvalidZone::NoName { text: text.to_owned() };
    let (sign, digits) = text.split_at_checked(1).ok_or_else(unknown)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2).ok_or_else(unknown)?,
        None => (digits, "00"),
    };
    let number = |part: &str| {
        let plain = !part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u8>().ok()).flatten().ok_or_else(unknown)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    match (sign, hours, minutes) {
        (_, 0, 0) => Ok("UTC".to_owned()),
        ("-", 1..=12, 0) => Ok(format!("Etc/GMT+{hours}")),
        ("+", 1..=14, 0) => Ok(format!("Etc/GMT-{hours}")),
        (_, 0..=14, 0..=59) => Err(no_name()),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::default("-05:00", "Etc/GMT+5")]
    #[case::east("+02:00", "Etc/GMT-2")]
    #[case::compact("-0500", "Etc/GMT+5")]
    #[case::hours_only("+14", "Etc/GMT-14")]
    #[case::zero("+00:00", "UTC")]
    #[case::z("Z", "UTC")]
    #[case::name("America/New_York", "America/New_York")]
    #[case::name_in_any_case("europe/stockholm", "Europe/Stockholm")]
    fn offsets_and_names_have_an_iana_name(#[case] text: &str, #[case] iana_name: &str) {
        assert_eq!(Zone::parse(text).expect("a zone").iana_name(), iana_name);
    }

    #[rstest]
    #[case::half_hour("+05:30", "has no IANA name")]
    #[case::beyond_etc("-13:00", "has no IANA name")]
    #[case::nonsense("Mars/Olympus", "is no time zone")]
    #[case::no_zone("Factory", "is no time zone")]
    #[case::this_machine_s("localtime", "is no time zone")]
    #[case::empty("", "is no time zone")]
    #[case::only_sign("-", "is no time zone")]
    #[case::far("+99:00", "is no time zone")]
    #[case::not_ascii("-\u{e9}5:00", "is no time zone")]
    fn unusable_zones_say_why(#[case] text: &str, #[case] reason: &str) {
        let error = Zone::parse(text).expect_err("no zone").to_string();
        assert!(error.contains(reason), "{error}");
    }

    #[rstest]
    #[case::offset("-05:00", "2025-01", "2025-01-01T05:00:00Z", "2025-02-01T05:00:00Z")]
    #[case::leap_february("-05:00", "2024-02", "2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z")]
    #[case::summer_time_begins("America/New_York", "2025-03", "2025-03-01T05:00:00Z", "2025-04-01T04:00:00Z")]
    #[case::summer_time_ends("America/New_York", "2025-11", "2025-11-01T04:00:00Z", "2025-12-01T05:00:00Z")]
    #[case::half_hour_zone("Asia/Kolkata", "2025-06", "2025-05-31T18:30:00Z", "2025-06-30T18:30:00Z")]
    #[case::midnight_skipped_on_the_first(
        "America/Asuncion",
        "2017-10",
        "2017-10-01T04:00:00Z",
        "2017-11-01T03:00:00Z"
    )]
    fn month_bounds_are_right_to_the_second(
        #[case] zone: &str,
        #[case] month: &str,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        let bounds = Zone::parse(zone).expect("a zone").bounds(month.parse().expect("a month")).expect("bounds");
        assert_eq!(bounds.start.to_string(), start);
        assert_eq!(bounds.end.to_string(), end);
    }

    #[rstest]
    #[case::offset("-05:00", "2025-02-01T04:59:59Z", "2025-01-31T23:59:59-05:00")]
    #[case::summer_time("America/New_York", "2025-07-01T04:00:00Z", "2025-07-01T00:00:00-04:00")]
    #[case::utc("UTC", "2025-07-01T00:00:00Z", "2025-07-01T00:00:00+00:00")]
    fn an_instant_shows_as_the_zone_s_clocks_do(#[case] zone: &str, #[case] instant: &str, #[case] expected: &str) {
        let zone = Zone::parse(zone).expect("a zone");
        assert_eq!(zone.with_offset(instant.parse().expect("an instant")), expected);
    }

    #[test]
    fn a_day_is_that_of_the_zone_and_not_of_utc() {
        let instant = "2025-03-01T04:59:59Z".parse().expect("an instant");
        assert_eq!(Zone::parse("-05:00").expect("a zone").day_at(instant).to_string(), "2025-02-28");
    }
}
