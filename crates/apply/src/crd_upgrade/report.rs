//! The findings of one comparison, as they come in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::finding::SortKey;
use super::rules::{Rule, TOO_MANY_FINDINGS};
use super::{UpgradeFinding, Waiver};

/// How many findings are listed for one definition; one more says how many are not.
pub const MAX_FINDINGS: usize = 500;

/// How long a message is, in bytes. A definition can hold a default of a megabyte.
const MAX_MESSAGE: usize = 1000;

/// How long the name of a definition or version is, in bytes. Servers take no longer ones.
const MAX_NAME: usize = 253;

/// Keeps the first findings in order, and counts the others.
pub(super) struct Report<'a> {
    crd: String,
    waivers: Vec<&'a Waiver>,
    first: BTreeSet<UpgradeFinding>,
    more: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(crd: &str, waivers: &'a [Waiver]) -> Self {
        let crd = cut(crd, MAX_NAME).into_owned();
        let waivers = waivers.iter().filter(|waiver| waiver.is_for(&crd)).collect();
        Self { crd, waivers, first: BTreeSet::new(), more: 0 }
    }

    /// Adds a finding, unless it is waived.
    pub(super) fn add(&mut self, rule: &Rule, version: Option<&str>, path: Option<&str>, message: &str) {
        if self.waivers.iter().any(|waiver| waiver.silences(rule, path)) {
            return;
        }
        let version = version.map(|version| cut(version, 2 * MAX_NAME));
        let message = cut(message, MAX_MESSAGE);
        if self.first.len() >= MAX_FINDINGS {
            let key = SortKey::new(&self.crd, rule.code, version.as_deref(), path, &message);
            if self.first.last().is_some_and(|last| last.sort_key() < key) {
                self.more += 1;
                return;
            }
        }
        let is_new = self.first.insert(UpgradeFinding {
            crd: self.crd.clone(),
            rule: rule.code,
            version: version.map(Cow::into_owned),
            path: path.map(Into::into),
            message: message.into_owned(),
        });
        if is_new && self.first.len() > MAX_FINDINGS {
            self.first.pop_last();
            self.more += 1;
        }
    }

    /// All of them, in order.
    pub(super) fn finish(mut self) -> Vec<UpgradeFinding> {
        match std::mem::take(&mut self.more) {
            0 => self.first.into_iter().collect(),
            more => {
                let first = std::mem::take(&mut self.first);
                self.add(&TOO_MANY_FINDINGS, None, None, &format!("{more} more findings are not listed"));
                first.into_iter().chain(self.first).collect()
            }
        }
    }
}

/// A text of at most so many bytes, or its beginning and how much is missing.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let beginning = text.get(..text.floor_char_boundary(most)).unwrap_or_default();
    format!("{beginning}… ({} bytes more)", text.len() - beginning.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd_upgrade::rules;

    #[test]
    fn the_first_are_listed_and_the_others_counted() {
        let mut report = Report::new("x", &[]);
        for number in (0..MAX_FINDINGS + 20).rev() {
            for _ in 0..2 {
                report.add(&rules::TYPE, Some("v1"), Some(&format!("^.{number:04}")), "changed");
            }
            assert!(report.first.len() <= MAX_FINDINGS);
        }
        let findings = report.finish();
        assert_eq!(findings.len(), MAX_FINDINGS + 1);
        assert!(findings.is_sorted_by(|a, b| a < b));
        assert_eq!(findings[0].path.as_deref(), Some("^.0000"));
        assert_eq!(findings[MAX_FINDINGS].to_string(), "tooManyFindings: 20 more findings are not listed");
    }

    #[test]
    fn what_is_waived_takes_no_place() {
        let waivers = ["x:type:".parse().unwrap()];
        let mut report = Report::new("x", &waivers);
        for number in 0..=MAX_FINDINGS {
            report.add(&rules::TYPE, Some("v1"), Some(&format!("^.{number}")), "changed");
        }
        report.add(&rules::ENUM, Some("v1"), Some("^.z"), "changed");
        let findings = report.finish();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule, "enum");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("aäb", 2), "a… (3 bytes more)");
        let mut report = Report::new(&"x".repeat(1000), &[]);
        report.add(&rules::SCOPE, Some(&"v".repeat(2000)), None, &"m".repeat(2_000_000));
        let findings = report.finish();
        assert!(findings[0].message.ends_with("m… (1999000 bytes more)"), "{}", findings[0].message);
        assert!(serde_json::to_string(&findings).unwrap().len() < 2500);
    }
}
