//! How long certificates live, and are used. Times are in seconds since 1970.

use std::time::Duration;

use x509_parser::certificate::X509Certificate;

/// How much of its life a certificate is used for.
const USED: (i64, i64) = (2, 3);

/// The life of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    from: i64,
    used_until: i64,
    expires: i64,
}

impl Life {
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        let (from, expires) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        let used_until = from.saturating_add(expires.saturating_sub(from) / USED.1 * USED.0);
        Self { from, used_until, expires }
    }

    /// The time that both have in common.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            used_until: self.used_until.min(other.used_until),
            expires: self.expires.min(other.expires),
        }
    }

    /// Whether it can be used.
    pub(crate) fn is_valid(self, now: i64) -> bool {
        self.from <= now && now < self.expires
    }

    /// Whether it is used without a thought of another.
    pub(crate) fn is_young(self, now: i64) -> bool {
        self.from <= now && now < self.used_until
    }

    /// For how many seconds yet it is young.
    pub(crate) fn used_for(self, now: i64) -> u64 {
        u64::try_from(self.used_until.saturating_sub(now)).unwrap_or_default()
    }

    /// For how many seconds yet it is valid.
    pub(crate) fn valid_for(self, now: i64) -> u64 {
        u64::try_from(self.expires.saturating_sub(now)).unwrap_or_default()
    }
}

/// The time since 1970 in whole seconds.
pub(crate) fn seconds(now: Duration) -> i64 {
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
