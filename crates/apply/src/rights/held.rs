//! What an actor holds.

use std::collections::{BTreeMap, BTreeSet};

use super::{Needs, Right, Rule};

/// The rules that an actor holds, as reviews told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Held {
    /// Everywhere.
    pub(crate) everywhere: Vec<Rule>,
    /// In namespaces.
    pub(crate) within: BTreeMap<String, Vec<Rule>>,
    /// Whether there may be more: some authorizers decide, and do not tell by which rules.
    pub(crate) is_incomplete: bool,
}

impl Held {
    /// Whether a right is among them.
    pub(crate) fn covers(&self, right: &Right) -> bool {
        let Right { namespace, permission } = right;
        let within = self.within.get(namespace).into_iter().flatten();
        self.everywhere.iter().chain(within).any(|rule| rule.covers(permission))
    }

    /// The rights that are not.
    pub(crate) fn uncovered(&self, needs: Needs) -> Needs {
        needs.into_iter().filter(|(right, _)| !self.covers(right)).collect()
    }

    /// The namespaces that have to be looked into, since what is held everywhere is not enough.
    pub(crate) fn unknown<'a>(&self, rights: impl IntoIterator<Item = &'a Right>) -> BTreeSet<String> {
        let unknown = rights.into_iter().filter(|right| !right.namespace.is_empty() && !self.covers(right));
        unknown.map(|right| right.namespace.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::Permission;
    use rstest::rstest;
    use serde_json::json;

    fn right(namespace: &str, resource: &str) -> Right {
        Right { namespace: namespace.into(), permission: Permission::on("get", "", resource, None) }
    }

    fn rules(resource: &str) -> Vec<Rule> {
        vec![Rule::of(&json!({"verbs": ["get"], "apiGroups": [""], "resources": [resource]}))]
    }

    #[rstest]
    #[case::everywhere("", "nodes", true)]
    #[case::everywhere_is_in_a_namespace("web", "nodes", true)]
    #[case::in_the_namespace("web", "pods", true)]
    #[case::in_another("other", "pods", false)]
    #[case::in_a_namespace_is_not_everywhere("", "pods", false)]
    fn places(#[case] namespace: &str, #[case] resource: &str, #[case] covers: bool) {
        let within = BTreeMap::from([("web".to_owned(), rules("pods"))]);
        let held = Held { everywhere: rules("nodes"), within, is_incomplete: false };
        assert_eq!(held.covers(&right(namespace, resource)), covers);
        let needs = Needs::from([(right(namespace, resource), BTreeSet::new())]);
        assert_eq!(held.uncovered(needs).is_empty(), covers);
    }

    #[test]
    fn only_namespaces_where_something_is_open_are_looked_into() {
        let held = Held { everywhere: rules("nodes"), ..Held::default() };
        let rights = [right("", "pods"), right("a", "nodes"), right("b", "pods"), right("b", "secrets")];
        assert_eq!(held.unknown(&rights), BTreeSet::from(["b".to_owned()]));
    }
}
