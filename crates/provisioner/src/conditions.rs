//! Conditions, as `metav1.Condition` has them. Pure; the time is handed in.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Bytes of a message. A condition takes 32768 (`metav1.Condition`); nobody reads that many.
const MESSAGE: usize = 4096;

/// What a condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl Truth {
    /// Its text in a condition.
    #[must_use]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// The condition of a type.
#[must_use]
pub(crate) fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// Whether the condition of a type holds.
#[must_use]
pub(crate) fn is_true(conditions: &[Condition], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == Truth::True.as_str())
}

/// Whether the condition of a type holds, and is about this generation.
#[must_use]
pub(crate) fn is_true_of(conditions: &[Condition], kind: &str, generation: Option<i64>) -> bool {
    is_true(conditions, kind)
        && find(conditions, kind).is_some_and(|condition| condition.observed_generation == generation)
}

/// Sets a condition. The time of its last transition moves only where its truth is another one than what was `written` last: what it was
/// meanwhile, nobody has seen.
pub(crate) fn set(
    conditions: &mut Vec<Condition>,
    written: &[Condition],
    (kind, truth): (&str, Truth),
    (reason, message): (&str, &str),
    generation: Option<i64>,
    now: Timestamp,
) {
    let said = [find(written, kind), find(conditions, kind)];
    let same = said.into_iter().flatten().find(|said| said.status == truth.as_str());
    let condition = Condition {
        type_: kind.into(),
        status: truth.as_str().into(),
        reason: reason.into(),
        message: bounded(message, MESSAGE),
        observed_generation: generation,
        last_transition_time: same.map_or(Time(now), |same| same.last_transition_time.clone()),
    };
    match conditions.iter_mut().find(|condition| condition.type_ == kind) {
        Some(before) => *before = condition,
        None => conditions.push(condition),
    }
}

/// A text of at most so many bytes, cut between characters.
pub(crate) fn bounded(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(3));
    format!("{}...", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_moves_with_the_truth_alone() {
        let [first, later] = [1, 2].map(|second| Timestamp::from_second(second).unwrap());
        let mut conditions = Vec::new();
        set(&mut conditions, &[], ("Installed", Truth::False), ("Installing", "a"), Some(1), first);
        set(&mut conditions, &[], ("Installed", Truth::False), ("InstallFailed", "b"), Some(2), later);
        let condition = find(&conditions, "Installed").unwrap();
        assert_eq!((condition.reason.as_str(), condition.last_transition_time.0), ("InstallFailed", first));
        let written = conditions.clone();
        set(
            &mut conditions,
            &written,
            ("Installed", Truth::True),
            ("InstallationSucceeded", "c"),
            Some(2),
            later,
        );
        assert_eq!(find(&conditions, "Installed").unwrap().last_transition_time.0, later);
        assert!(is_true(&conditions, "Installed") && conditions.len() == 1);
        assert!(!is_true(&conditions, "Healthy"));
        set(&mut conditions, &written, ("Installed", Truth::False), ("Upgrading", "d"), Some(2), later);
        assert_eq!(find(&conditions, "Installed").unwrap().last_transition_time.0, first, "nobody saw it");
    }

    #[test]
    fn a_message_is_cut_between_characters() {
        let mut conditions = Vec::new();
        let text = "ä".repeat(5000);
        let (what, why) = (("Installed", Truth::Unknown), ("Pending", text.as_str()));
        set(&mut conditions, &[], what, why, None, Timestamp::UNIX_EPOCH);
        let message = &conditions[0].message;
        assert!(message.len() <= MESSAGE && message.ends_with("ä..."));
    }
}
