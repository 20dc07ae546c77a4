//! Roles and their rules.

use serde_json::{Value, json};

/// Where a role holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the whole cluster.
    Cluster,
    /// In the whole cluster, unless somebody chooses namespaces: the value `actAs.namespaces` of the chart.
    ChosenNamespaces,
    /// In the namespace of the provisioners.
    SystemNamespace,
}

/// Rules with a name, and who has them.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, and that of its binding.
    pub name: &'static str,
    /// Where it holds.
    pub scope: Scope,
    /// What it is for.
    pub about: &'static str,
    /// The `ClusterRole` of Kubernetes that has its rules as well: `view`, `edit` or `admin`.
    pub part_of: Option<&'static str>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// The `ServiceAccounts` of the provisioners that it is bound to; none where others are to give it.
    pub holders: &'static [&'static str],
}

/// Verbs on resources or paths, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is needed for.
    pub reason: &'static str,
    groups: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    paths: Vec<String>,
    verbs: Vec<String>,
}

impl Rule {
    /// Verbs on resources of one API group.
    #[must_use]
    pub fn on(reason: &'static str, group: &str, resources: &[&str], verbs: &[&str]) -> Self {
        Self {
            reason,
            groups: texts(&[group]),
            resources: texts(resources),
            names: Vec::new(),
            paths: Vec::new(),
            verbs: texts(verbs),
        }
    }

    /// Verbs on paths that are no resources.
    #[must_use]
    pub fn at(reason: &'static str, paths: &[&str], verbs: &[&str]) -> Self {
        Self {
            reason,
            groups: Vec::new(),
            resources: Vec::new(),
            names: Vec::new(),
            paths: texts(paths),
            verbs: texts(verbs),
        }
    }

    /// The same, of objects with these names alone.
    #[must_use]
    pub fn named(mut self, names: &[&str]) -> Self {
        self.names = texts(names);
        self
    }

    /// As it stands in a role (`rbac.authorization.k8s.io/v1`, `PolicyRule`).
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Self { reason: _, groups, resources, names, paths, verbs } = self;
        let lists = [
            ("apiGroups", groups),
            ("nonResourceURLs", paths),
            ("resourceNames", names),
            ("resources", resources),
            ("verbs", verbs),
        ];
        let said = lists.into_iter().filter(|(_, list)| !list.is_empty());
        Value::Object(said.map(|(field, list)| (field.to_owned(), json!(list))).collect())
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}
