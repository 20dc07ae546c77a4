//! What a probe says about an object.

use std::fmt;

/// How many characters of a text are kept. A message of a live object may have 32 KiB.
const MAX_TEXT: usize = 300;

/// How a live object is doing, in kstatus' terms. The texts are for people: one line, at most 300 characters, without the object's
/// name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// As it should be (kstatus: `Current`).
    Healthy,
    /// On its way. Where that ends nobody can tell from the object; a deadline is the caller's.
    InProgress(String),
    /// Whoever works on the object has given up, or will get no further by itself.
    Failed(String),
    /// Being deleted.
    Terminating(String),
    /// Not there.
    NotFound,
    /// The object does not say.
    Unknown(String),
}

/// What a rule finds: `Err` is what keeps the object from being healthy.
pub(super) type Check = Result<(), Health>;

impl Health {
    /// Whether the object is as it should be.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy)
    }

    /// Whether waiting alone does not help.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// The word for it, kstatus' but for `Healthy`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::InProgress(_) => "InProgress",
            Self::Failed(_) => "Failed",
            Self::Terminating(_) => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown(_) => "Unknown",
        }
    }

    /// What is waited for, or what is wrong; empty for a healthy object.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Healthy => "",
            Self::NotFound => "is not there",
            Self::InProgress(text) | Self::Failed(text) | Self::Terminating(text) | Self::Unknown(text) => {
                text
            }
        }
    }

    pub(crate) fn in_progress(text: impl fmt::Display) -> Self {
        Self::InProgress(one_line(&text.to_string()))
    }

    pub(super) fn failed(text: impl fmt::Display) -> Self {
        Self::Failed(one_line(&text.to_string()))
    }

    pub(super) fn terminating(text: impl fmt::Display) -> Self {
        Self::Terminating(one_line(&text.to_string()))
    }

    pub(super) fn unknown(text: impl fmt::Display) -> Self {
        Self::Unknown(one_line(&text.to_string()))
    }

    /// The same for a reason, where one is known and something is in progress.
    pub(super) fn because(self, reason: Option<impl fmt::Display>) -> Self {
        match (self, reason) {
            (Self::InProgress(text), Some(reason)) => Self::in_progress(format_args!("{text}: {reason}")),
            (health, _) => health,
        }
    }
}

impl From<Check> for Health {
    fn from(check: Check) -> Self {
        check.err().unwrap_or(Self::Healthy)
    }
}

/// `Status: message`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status())?;
        match self.message() {
            "" => Ok(()),
            message => write!(f, ": {message}"),
        }
    }
}

/// A text of a live object on one line, without what would move a terminal's cursor, and not too long.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut kept = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        for c in (kept > 0).then_some(' ').into_iter().chain(word.chars()) {
            if kept == MAX_TEXT - 1 {
                line.push('…');
                return line;
            }
            line.push(c);
            kept += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_it_is("0 of 1 replicas", "0 of 1 replicas")]
    #[case::lines("  first\r\n\tsecond \n", "first second")]
    #[case::escapes("a\u{1b}[2Jb\0", "a [2Jb")]
    fn texts_have_one_line(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(one_line(text), expected);
    }

    #[test]
    fn texts_are_bounded() {
        let text = one_line(&"ä ".repeat(100_000));
        assert_eq!(text.chars().count(), MAX_TEXT);
        assert!(text.ends_with('…'));
    }
}
