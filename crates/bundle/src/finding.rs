//! What is wrong, or worth knowing, about a bundle: where it stands, what it is, and what would help.

mod rules;

use std::fmt;

use rukpak_manifest::Position;
use serde::{Serialize, Serializer};

pub(crate) use rules::*;
pub use rules::{RULES, Rule};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The bundle is refused.
    Error,
    /// The bundle is used; its author, or who installs it, should know.
    Warning,
}

/// What a cluster lacks for a bundle that is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// An API, which somebody may install.
    Api,
    /// A version of Kubernetes, to which somebody may upgrade it.
    Version,
}

/// One thing that a rule has to say about a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether the bundle is refused for it.
    pub severity: Severity,
    /// The rule's name, one of [`RULES`]; stable, so that programs can match it.
    pub code: &'static str,
    /// The file it stands in, or the file or directory that is missing, from the bundle's root.
    pub file: String,
    /// Where in the file; `None` where the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "line_and_column")]
    pub position: Option<Position>,
    /// The object it is about, as `Kind.group namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What is the matter: what was found and, where it is not plain, what was expected.
    pub message: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// What the cluster lacks, where this is said of the cluster, and may be over tomorrow with the same bundle.
    #[must_use]
    pub fn lack(&self) -> Option<Lack> {
        let of = [(NATIVE_API_MISSING, Lack::Api), (KUBE_VERSION_TOO_LOW, Lack::Version)];
        of.into_iter().find(|(rule, _)| rule.code == self.code).map(|(_, lack)| lack)
    }

    /// The order in which findings are listed: by place, so that a file is gone through from its top.
    fn sort_key(&self) -> (&str, Option<Position>, &str, &str) {
        (&self.file, self.position, self.code, &self.message)
    }
}

/// `file:line:column: severity[code]: object: message`, and the hint on a line of its own.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}[{}]: ", self.severity, self.code)?;
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Everything that was found in one bundle, sorted by file, position and code; the same thing stands in it once.
///
/// Its text is one finding after the other; as JSON it is the list of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// The findings, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Those for which the bundle is refused.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Those for which it is not.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.iter().filter(|finding| finding.severity == Severity::Warning)
    }

    /// Whether the bundle is refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<T: IntoIterator<Item = Finding>>(findings: T) -> Self {
        let mut findings = Vec::from_iter(findings);
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings.dedup();
        Self(findings)
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}

/// A bundle that is refused is an error that lists all its findings.
impl std::error::Error for Findings {}

/// `{"line": 1, "column": 1}`.
#[expect(clippy::ref_option, reason = "the signature that serde's serialize_with asks for")]
fn line_and_column<S: Serializer>(position: &Option<Position>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct LineAndColumn {
        line: usize,
        column: usize,
    }
    position.map(|Position { line, column }| LineAndColumn { line, column }).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &str, line: Option<usize>, message: &str) -> Finding {
        Finding {
            severity: UNSUPPORTED_KIND.severity,
            code: UNSUPPORTED_KIND.code,
            file: file.into(),
            position: line.map(|line| Position { line, column: 1 }),
            object: None,
            message: message.into(),
            hint: None,
        }
    }

    #[test]
    fn findings_are_sorted_by_place_and_each_is_there_once() {
        let all = [
            finding("b", Some(1), "third"),
            finding("a", Some(2), "second"),
            finding("a", None, "first"),
            finding("a", Some(2), "second"),
        ];
        let findings = Findings::from_iter(all);
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["first", "second", "third"]);
    }

    #[test]
    fn text_and_json() {
        let one = Finding {
            object: Some("CronJob.batch nightly".into()),
            hint: Some("remove it".into()),
            ..finding("manifests/x.yaml", Some(3), "cannot be part of a bundle")
        };
        let findings = Findings::from_iter([one]);
        assert_eq!(
            findings.to_string(),
            "manifests/x.yaml:3:1: error[unsupported-kind]: CronJob.batch nightly: cannot be part of a bundle\n  \
             hint: remove it"
        );
        assert_eq!(
            serde_json::to_string(&findings).unwrap(),
            "[{\"severity\":\"error\",\"code\":\"unsupported-kind\",\"file\":\"manifests/x.yaml\",\
             \"position\":{\"line\":3,\"column\":1},\"object\":\"CronJob.batch nightly\",\
             \"message\":\"cannot be part of a bundle\",\"hint\":\"remove it\"}]"
        );
    }
}
