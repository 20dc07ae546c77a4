//! When a request is made again.
//!
//! Any request may be. What changes something names what it changes (a UID, a version, or all that an object is to be), so that
//! twice is as good as once; a `POST` whose answer was lost is told `AlreadyExists`, and whoever made it finds its own object
//! there. Made again is what the server would answer otherwise in a while: it is away, cuts connections, is busy or broken.
//! A refusal is the last word.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::ApiError;

/// How long is waited before the second try, and at most between two.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries {
    patience: Duration,
    pause: Duration,
}

impl Tries {
    /// None yet, of a request that may take as long in all.
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, pause: PAUSES.0 }
    }

    /// How long to wait before the next try: as long as the server asks for, or twice as long as the last time, and longer by a `share`
    /// from 0 to 1 of the [jitter](with_jitter). `None` where there is to be none, or it would be too late.
    pub(super) fn next(&mut self, error: &ApiError, spent: Duration, share: f32) -> Option<Duration> {
        if !error.passes() {
            return None;
        }
        let pause = error.retry_after().unwrap_or_default().max(with_jitter(self.pause, share));
        self.pause = (self.pause * 2).min(PAUSES.1);
        (spent.saturating_add(pause) < self.patience).then_some(pause)
    }
}

/// The seconds of `Retry-After`; API servers send no dates.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Up to a quarter more, so that many clients do not come back at once.
fn with_jitter(pause: Duration, share: f32) -> Duration {
    pause + pause.mul_f32(share / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use rstest::rstest;

    fn error(code: u16, after: Option<u64>) -> ApiError {
        let id = "a_b__ConfigMap".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.extend(after.map(|seconds| (RETRY_AFTER, seconds.into())));
        let code = StatusCode::from_u16(code).unwrap();
        ApiError::refused("get", &id, code, b"no", retry_after(&headers))
    }

    fn pauses(patience: u64, error: &ApiError) -> Vec<u128> {
        let (mut tries, mut spent) = (Tries::new(Duration::from_millis(patience)), Duration::ZERO);
        let next = || {
            let pause = tries.next(error, spent, 0.0)?;
            spent += pause;
            Some(pause.as_millis())
        };
        std::iter::from_fn(next).collect()
    }

    #[rstest]
    #[case::longer_each_time_and_not_for_ever(503, None, 20_000, &[100, 200, 400, 800, 1600, 3200, 5000, 5000])]
    #[case::no_patience(503, None, 0, &[])]
    #[case::as_long_as_is_asked_for(429, Some(3), 7_000, &[3000, 3000])]
    #[case::at_once_is_never(429, Some(0), 400, &[100, 200])]
    #[case::too_late(429, Some(3600), 300_000, &[])]
    #[case::out_of_bounds(429, Some(u64::MAX), 300_000, &[])]
    #[case::a_refusal(403, None, 20_000, &[])]
    #[case::not_there(404, Some(1), 20_000, &[])]
    fn tries(
        #[case] code: u16,
        #[case] after: Option<u64>,
        #[case] patience: u64,
        #[case] expected: &[u128],
    ) {
        assert_eq!(pauses(patience, &error(code, after)), expected);
    }

    #[test]
    fn many_do_not_come_back_at_once() {
        let of = |share| with_jitter(Duration::from_secs(4), share);
        assert_eq!([of(0.0), of(0.5), of(1.0)].map(|pause| pause.as_millis()), [4000, 4500, 5000]);
    }
}
