//! When a request to Google is repeated, and after how long (`gorgias-api.md` 8.2, 8.4).

use std::time::Duration;

use jiff::Timestamp;

use super::error::{GoogleServer, SheetError};
use super::transport::{Transport, TransportError, TransportRequest, TransportResponse, parse_http_date};

/// How often and how patiently a request is repeated. Only a lost connection, a passed time limit, 429 and 5xx are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetRetry {
    /// Repetitions of one request; 0 means one try.
    pub max_retries: u32,
    /// The wait before the first repetition; it doubles with each, less a random part of up to a half.
    pub base_wait: Duration,
    /// The longest wait, whatever Google asks for.
    pub longest_wait: Duration,
}

impl Default for SheetRetry {
    /// Five repetitions after 2, 4, 8, 16, 32 seconds at most: about the minute after which Google's quota is full
    /// again.
    fn default() -> Self {
        Self { max_retries: 5, base_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60) }
    }
}

impl SheetRetry {
    /// Sends a request until there is an answer that a repetition would not change.
    pub(crate) async fn send<T: Transport>(
        &self,
        transport: &T,
        server: GoogleServer,
        request: TransportRequest,
    ) -> Result<TransportResponse, SheetError> {
        let mut retry = 0;
        loop {
            let tries = retry + 1;
            let (error, asked) = match transport.send(request.clone()).await {
                Ok(response) if response.status == 429 => (SheetError::Quota { tries }, asked_wait(&response)),
                Ok(response) if response.status >= 500 => {
                    (SheetError::Server { server, status: response.status, tries }, asked_wait(&response))
                }
                Ok(response) => return Ok(response),
                Err(TransportError::Timeout) => (SheetError::Timeout { server, tries }, None),
                Err(TransportError::Network { message }) => (SheetError::Network { server, message, tries }, None),
                Err(TransportError::TooLarge { limit_bytes }) => {
                    return Err(SheetError::TooLarge { server, limit_bytes });
                }
            };
            if retry >= self.max_retries {
                return Err(error);
            }
            let wait = self.wait(asked, retry, rand::random::<f64>());
            tracing::warn!(%error, wait_secs = wait.as_secs_f64(), "A request to Google failed and is repeated.");
            tokio::time::sleep(wait).await;
            retry += 1;
        }
    }

    /// The wait before repetition number `retry` (from 0) by `chance` in 0..1: what Google asked for and up to a tenth
    /// more, else between half and all of the doubled base; capped.
    fn wait(&self, asked: Option<Duration>, retry: u32, chance: f64) -> Duration {
        let wait = match asked {
            Some(asked) if !asked.is_zero() => asked.min(self.longest_wait).mul_f64(1.0 + 0.1 * chance),
            _ => {
                let full = self.base_wait.saturating_mul(2_u32.saturating_pow(retry));
                full.min(self.longest_wait).mul_f64(0.5 + 0.5 * chance)
            }
        };
        wait.min(self.longest_wait)
    }
}

/// Reads `Retry-After`: seconds, or an HTTP date relative to the answer's own.
fn asked_wait(response: &TransportResponse) -> Option<Duration> {
    let value = response.retry_after.as_deref()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date: Timestamp = parse_http_date(value)?;
    Duration::try_from(date.duration_since(response.date?)).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::first(None, 0, 1.0, 2.0)]
    #[case::first_early(None, 0, 0.0, 1.0)]
    #[case::third(None, 2, 1.0, 8.0)]
    #[case::far(None, u32::MAX, 1.0, 60.0)]
    #[case::asked(Some(7), 0, 0.0, 7.0)]
    #[case::asked_and_late(Some(10), 0, 1.0, 11.0)]
    #[case::asked_too_much(Some(3_600), 0, 1.0, 60.0)]
    #[case::asked_for_nothing(Some(0), 0, 1.0, 2.0)]
    fn a_wait_doubles_or_is_as_asked_within_reason(
        #[case] asked: Option<u64>,
        #[case] retry: u32,
        #[case] chance: f64,
        #[case] seconds: f64,
    ) {
        let wait = SheetRetry::default().wait(asked.map(Duration::from_secs), retry, chance);
        assert_eq!(wait, Duration::from_secs_f64(seconds));
    }

    #[rstest]
    #[case::seconds("5", Some(5))]
    #[case::date("Thu, 12 Mar 2026 07:34:43 GMT", Some(10))]
    #[case::date_in_the_past("Thu, 12 Mar 2026 07:30:00 GMT", None)]
    #[case::junk("soon", None)]
    #[case::negative("-3", None)]
    fn retry_after_is_read_in_either_form(#[case] value: &str, #[case] seconds: Option<u64>) {
        let response = TransportResponse {
            status: 429,
            retry_after: Some(value.to_owned()),
            date: parse_http_date("Thu, 12 Mar 2026 07:34:33 GMT"),
            body: bytes::Bytes::new(),
        };
        assert_eq!(asked_wait(&response), seconds.map(Duration::from_secs));
    }
}
