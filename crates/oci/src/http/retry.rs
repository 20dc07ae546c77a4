//! When a request is sent again.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a busy server is asked again.
const BUSY: u32 = 3;

/// How often a failed connection is tried again.
const FAULTS: u32 = 1;

/// The first wait; each next one is twice as long.
const FIRST: Duration = Duration::from_millis(200);

/// All waits for one request together.
const LONGEST: Duration = Duration::from_secs(20);

/// How often a request may still be sent.
#[derive(Debug)]
pub(crate) struct Retries {
    busy: u32,
    faults: u32,
    waited: Duration,
}

/// What to do about a busy server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Ask again after this time.
    Wait(Duration),
    /// It wants to be left alone for longer than we wait.
    TooLong(Duration),
    /// It was asked often enough.
    Enough,
}

impl Retries {
    pub(crate) fn new() -> Self {
        Self { busy: BUSY, faults: FAULTS, waited: Duration::ZERO }
    }

    /// Whether a server that answers so is asked again.
    pub(crate) fn is_busy(status: StatusCode) -> bool {
        matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
    }

    /// After a busy server's answer. A wait that it does not ask for is longer by a `share` from 0 to 1 of the [jitter](with_jitter).
    pub(crate) fn busy(&mut self, headers: &HeaderMap, now: SystemTime, share: f32) -> Verdict {
        let asked = retry_after(headers, now);
        let Some(left) = self.busy.checked_sub(1) else {
            return Verdict::Enough;
        };
        let wait = asked.unwrap_or_else(|| with_jitter(FIRST * 2_u32.pow(BUSY - self.busy), share));
        if self.waited.saturating_add(wait) > LONGEST {
            return Verdict::TooLong(wait);
        }
        self.busy = left;
        self.waited += wait;
        Verdict::Wait(wait)
    }

    /// After a failed connection: how long to wait before it is tried again, if it is.
    pub(crate) fn fault(&mut self) -> Option<Duration> {
        self.faults = self.faults.checked_sub(1)?;
        Some(FIRST)
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// Up to a quarter more, so that many clients do not come back at once.
fn with_jitter(wait: Duration, share: f32) -> Duration {
    wait + wait.mul_f32(share / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn headers(value: &str) -> HeaderMap {
        [(RETRY_AFTER, value.parse().unwrap())].into_iter().collect()
    }

    #[rstest]
    #[case::seconds("3", Some(3))]
    #[case::zero("0", Some(0))]
    #[case::date("Thu, 01 Jan 1970 00:00:10 GMT", Some(10))]
    #[case::past("Thu, 01 Jan 1970 00:00:00 GMT", Some(0))]
    #[case::junk("soon", None)]
    #[case::negative("-1", None)]
    #[case::huge("99999999999999999999", None)]
    fn header(#[case] value: &str, #[case] seconds: Option<u64>) {
        assert_eq!(retry_after(&headers(value), SystemTime::UNIX_EPOCH), seconds.map(Duration::from_secs));
    }

    #[test]
    fn three_times_and_twice_as_long_each_time() {
        let mut retries = Retries::new();
        for milliseconds in [200, 400, 800] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retries.busy(&HeaderMap::new(), SystemTime::UNIX_EPOCH, 0.0), Verdict::Wait(wait));
        }
        assert_eq!(retries.busy(&HeaderMap::new(), SystemTime::UNIX_EPOCH, 0.0), Verdict::Enough);
    }

    #[test]
    fn no_longer_than_it_is_worth() {
        let mut retries = Retries::new();
        let now = SystemTime::UNIX_EPOCH;
        assert_eq!(retries.busy(&headers("15"), now, 0.0), Verdict::Wait(Duration::from_secs(15)));
        assert_eq!(retries.busy(&headers("6"), now, 0.0), Verdict::TooLong(Duration::from_secs(6)));
        assert_eq!(
            retries.busy(&headers("18446744073709551615"), now, 0.0),
            Verdict::TooLong(Duration::from_secs(u64::MAX))
        );
    }

    #[test]
    fn a_failed_connection_is_tried_once_more() {
        let mut retries = Retries::new();
        assert!(retries.fault().is_some());
        assert_eq!(retries.fault(), None);
    }
}
