//! This machine's clock against the servers'.

use super::{Check, Name};
use crate::figures::duration;

/// Servers say their time in whole seconds, and an answer takes a while.
const TOLERABLE_SECS: u64 = 60;
/// Google refuses a sign-in that is signed for another time.
const INTOLERABLE_SECS: u64 = 300;

/// Judges the skew by most servers, so that one of them whose clock is wrong decides nothing.
pub(super) fn check(mut skews_secs: Vec<i64>) -> Check {
    let subject = "this machine";
    skews_secs.sort_unstable();
    let Some(skew) = skews_secs.get(skews_secs.len() / 2).copied() else {
        let hint = "Mend what is said above and below, then run again.";
        return Check::warning(Name::Clock, subject, "not compared: no server told its time", hint);
    };
    let distance = skew.unsigned_abs();
    if distance <= TOLERABLE_SECS {
        return Check::ok(Name::Clock, subject, "less than a minute away from the servers' time");
    }
    let direction = if skew > 0 { "ahead of" } else { "behind" };
    let message =
        format!("{} {direction} the servers' time", duration(f64::from(u32::try_from(distance).unwrap_or(u32::MAX))));
    let hint = "Set this machine's clock, or let it synchronise.";
    if distance <= INTOLERABLE_SECS {
        Check::warning(Name::Clock, subject, message, hint)
    } else {
        Check::failed(Name::Clock, subject, message, hint)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], "warning: not compared: no server told its time")]
    #[case::right(&[0, 1, 60], "ok: less than a minute away from the servers' time")]
    #[case::one_server_is_wrong(&[0, -86_400, 1], "ok: less than a minute away from the servers' time")]
    #[case::ahead(&[90], "warning: 1m 30s ahead of the servers' time")]
    #[case::at_the_edge(&[-300], "warning: 5m 00s behind the servers' time")]
    #[case::behind(&[-301, -301], "failed: 5m 01s behind the servers' time")]
    fn a_clock_is_judged_by_most_servers(#[case] skews_secs: &[i64], #[case] expected: &str) {
        let check = check(skews_secs.to_vec());
        assert_eq!(format!("{}: {}", check.status.as_str(), check.message), expected);
    }
}
