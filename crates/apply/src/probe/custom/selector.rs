//! Which objects a custom probe is about.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::live::Live;

/// How objects are selected.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Selector {
    /// By group and kind, in any version.
    GroupKind {
        /// Which.
        group_kind: GroupKind,
    },
    /// By labels, whatever the kind.
    Label {
        /// Which.
        label: LabelSelector,
    },
}

/// A kind of object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupKind {
    /// API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// Kind.
    pub kind: String,
}

/// Labels as Kubernetes selects by them: everything in it has to hold, so that an empty one selects all objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels and their values.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
    /// What has to hold besides.
    #[serde(default)]
    pub match_expressions: Vec<Requirement>,
}

/// What has to hold for a label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "operator", deny_unknown_fields)]
pub enum Requirement {
    /// It has one of the values.
    In {
        /// The label.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// It has none of the values, or is not there.
    NotIn {
        /// The label.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// It is there.
    Exists {
        /// The label.
        key: String,
    },
    /// It is not there.
    DoesNotExist {
        /// The label.
        key: String,
    },
}

impl Selector {
    pub(in crate::probe) fn selects(&self, live: Live<'_>) -> bool {
        match self {
            Self::GroupKind { .. } => self.may_select(live.group(), live.kind()),
            Self::Label { label } => label.selects(live),
        }
    }

    /// Whether it selects an object of this kind, whatever its labels.
    pub(in crate::probe) fn may_select(&self, group: &str, kind: &str) -> bool {
        match self {
            Self::GroupKind { group_kind } => {
                (group_kind.group.as_str(), group_kind.kind.as_str()) == (group, kind)
            }
            Self::Label { .. } => true,
        }
    }
}

impl LabelSelector {
    fn selects(&self, live: Live<'_>) -> bool {
        let label = |key: &str| live.get(&["metadata", "labels", key]).and_then(Value::as_str);
        self.match_labels.iter().all(|(key, value)| label(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| match requirement {
                Requirement::In { key, values } => {
                    label(key).is_some_and(|is| values.iter().any(|one| one == is))
                }
                Requirement::NotIn { key, values } => {
                    label(key).is_none_or(|is| values.iter().all(|one| one != is))
                }
                Requirement::Exists { key } => label(key).is_some(),
                Requirement::DoesNotExist { key } => label(key).is_none(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{object, value};
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::all("{}", true)]
    #[case::one("{matchLabels: {a: x}}", true)]
    #[case::one_of_two("{matchLabels: {a: x, b: x}}", false)]
    #[case::another_value("{matchLabels: {a: z}}", false)]
    #[case::among("{matchExpressions: [{key: a, operator: In, values: [x, z]}]}", true)]
    #[case::not_there_is_not_among("{matchExpressions: [{key: c, operator: In, values: [x, z]}]}", false)]
    #[case::not_among("{matchExpressions: [{key: a, operator: NotIn, values: [x, z]}]}", false)]
    #[case::not_there_is_outside("{matchExpressions: [{key: c, operator: NotIn, values: [x]}]}", true)]
    #[case::there("{matchExpressions: [{key: a, operator: Exists}, {key: c, operator: DoesNotExist}]}", true)]
    #[case::not_there("{matchExpressions: [{key: c, operator: Exists}]}", false)]
    #[case::both("{matchLabels: {a: x}, matchExpressions: [{key: a, operator: DoesNotExist}]}", false)]
    fn labels(#[case] selector: &str, #[case] expected: bool) {
        let selector: LabelSelector = serde_json::from_value(value(selector)).unwrap();
        let object = object("v1 ConfigMap", "metadata: {labels: {a: x, b: 5}}");
        assert_eq!(selector.selects(Live::of(&object)), expected);
    }
}
