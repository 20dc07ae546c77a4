//! One change that an upgrade of a definition must not make.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

use super::rules;

/// One thing that a rule has to say about the upgrade of a definition.
///
/// The order is the one in which they are listed: definition, then what concerns all of it, one version, and two versions
/// of it; then path and rule, `unhandled` after the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct UpgradeFinding {
    /// The definition's name, such as `widgets.example.org`.
    pub crd: String,
    /// The rule's name, one of [`RULES`](super::RULES).
    pub rule: &'static str,
    /// The version it is about, such as `v1`, or two of the new definition: `v1 -> v2`. `None` where it is about the
    /// definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where in the version's schema, such as `^.spec.x.items`; what is no letter there is escaped as in Rust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is the matter: what was, and what is.
    pub message: String,
}

/// What findings are sorted by; of borrowed parts, so that one that is not kept need not be made.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SortKey<'a> {
    crd: &'a str,
    class: Class,
    version: Option<&'a str>,
    path: Option<&'a str>,
    is_unhandled: bool,
    rule: &'a str,
    message: &'a str,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Definition,
    Version,
    Pair,
    More,
}

impl<'a> SortKey<'a> {
    pub(super) fn new(
        crd: &'a str,
        rule: &'a str,
        version: Option<&'a str>,
        path: Option<&'a str>,
        message: &'a str,
    ) -> Self {
        let class = match version {
            None if rule == rules::TOO_MANY_FINDINGS.code => Class::More,
            None => Class::Definition,
            Some(version) if is_pair(version) => Class::Pair,
            Some(_) => Class::Version,
        };
        let is_unhandled = rule == rules::UNHANDLED.code;
        Self { crd, class, version, path, is_unhandled, rule, message }
    }
}

impl UpgradeFinding {
    /// Whether an upgrade that breaks the rule is possible at all: some a server refuses by itself.
    #[must_use]
    pub fn can_be_waived(&self) -> bool {
        let refused = [rules::NAMES, rules::SCOPE, rules::STORED_VERSION_REMOVAL];
        refused.iter().all(|rule| rule.code != self.rule)
    }

    /// Whether it is about a version in which objects may be stored. No such finding is made once none is stored there.
    #[must_use]
    pub fn is_of_stored_objects(&self) -> bool {
        self.rule == rules::STORED_VERSION_REMOVAL.code
    }

    /// Whether it says no more than how many others are not listed.
    #[must_use]
    pub fn is_of_others(&self) -> bool {
        self.rule == rules::TOO_MANY_FINDINGS.code
    }

    pub(super) fn sort_key(&self) -> SortKey<'_> {
        SortKey::new(&self.crd, self.rule, self.version.as_deref(), self.path.as_deref(), &self.message)
    }
}

impl Ord for UpgradeFinding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl PartialOrd for UpgradeFinding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The lines of operator-controller: `rule: message`, or `version: path: rule: message`. The definition's name is left out,
/// since they are listed below it.
impl fmt::Display for UpgradeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.version, &self.path) {
            (Some(version), Some(path)) if !self.is_field_removal() || is_pair(version) => {
                write!(f, "{version}: {path}: ")?;
            }
            // The message has it already.
            _ => {}
        }
        write!(f, "{}: {}", self.rule, self.message)
    }
}

impl UpgradeFinding {
    /// There this is a rule of the whole definition, whose message says where.
    fn is_field_removal(&self) -> bool {
        self.rule == rules::EXISTING_FIELD_REMOVAL.code
    }
}

fn is_pair(version: &str) -> bool {
    version.contains(" -> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &rules::Rule, version: Option<&str>, path: Option<&str>) -> UpgradeFinding {
        UpgradeFinding {
            crd: "widgets.example.org".into(),
            rule: rule.code,
            version: version.map(Into::into),
            path: path.map(Into::into),
            message: "m".into(),
        }
    }

    #[test]
    fn order_and_text() {
        let mut findings = [
            finding(&rules::TOO_MANY_FINDINGS, None, None),
            finding(&rules::TYPE, Some("v1 -> v2"), Some("^.a")),
            finding(&rules::EXISTING_FIELD_REMOVAL, Some("v1 -> v2"), Some("^.a")),
            finding(&rules::UNHANDLED, Some("v2"), Some("^.a")),
            finding(&rules::UNIQUE_ITEMS, Some("v2"), Some("^.a")),
            finding(&rules::EXISTING_FIELD_REMOVAL, Some("v2"), Some("^.a")),
            finding(&rules::SERVED_VERSION_REMOVAL, Some("v1"), None),
            finding(&rules::SCOPE, None, None),
        ];
        findings.sort();
        let lines = findings.map(|finding| finding.to_string());
        assert_eq!(
            lines,
            [
                "scope: m",
                "servedVersionRemoval: m",
                "existingFieldRemoval: m",
                "v2: ^.a: uniqueItems: m",
                "v2: ^.a: unhandled: m",
                "v1 -> v2: ^.a: existingFieldRemoval: m",
                "v1 -> v2: ^.a: type: m",
                "tooManyFindings: m",
            ]
        );
    }

    #[test]
    fn json() {
        let finding = finding(&rules::ENUM, Some("v1"), Some("^.a"));
        assert_eq!(
            serde_json::to_string(&finding).unwrap(),
            "{\"crd\":\"widgets.example.org\",\"rule\":\"enum\",\"version\":\"v1\",\"path\":\"^.a\",\"message\":\"m\"}"
        );
    }
}
