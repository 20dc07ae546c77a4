//! A `BundleDeployment`, as it is reported.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::fmt;

use serde_json::Value;

/// A `BundleDeployment` at a moment.
#[derive(Clone, PartialEq)]
pub struct Seen(Value);

impl Seen {
    pub(super) fn new(mut object: Value) -> Self {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        Self(object)
    }

    /// What stands at a path, as `/status/contentURL`; null where nothing does.
    #[must_use]
    pub fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or(&Value::Null)
    }

    /// The text at a path; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }

    fn condition(&self, kind: &str) -> &Value {
        let all = self.at("/status/conditions").as_array();
        all.and_then(|all| all.iter().find(|one| one["type"] == kind)).unwrap_or(&Value::Null)
    }

    /// What a condition says, as `False/InstallFailed`; empty where it is not there.
    #[must_use]
    pub fn says(&self, kind: &str) -> String {
        let condition = self.condition(kind);
        match (condition["status"].as_str(), condition["reason"].as_str()) {
            (Some(status), Some(reason)) => format!("{status}/{reason}"),
            _ => String::new(),
        }
    }

    /// The message of a condition.
    #[must_use]
    pub fn message(&self, kind: &str) -> &str {
        self.condition(kind)["message"].as_str().unwrap_or_default()
    }

    /// When a condition began to hold, or ceased to.
    #[must_use]
    pub fn since(&self, kind: &str) -> &str {
        self.condition(kind)["lastTransitionTime"].as_str().unwrap_or_default()
    }

    /// The generation that a condition is about.
    #[must_use]
    pub fn generation_of(&self, kind: &str) -> Option<i64> {
        self.condition(kind)["observedGeneration"].as_i64()
    }

    /// The generation of its spec.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.at("/metadata/generation").as_i64().unwrap()
    }

    /// Whether this very spec is installed, and nothing is to be done any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let generation = Some(self.generation());
        let expected = [
            ("Installed", "True/InstallationSucceeded"),
            ("Healthy", "True/Healthy"),
            ("Reconciling", "False/Settled"),
        ];
        self.at("/status/observedGeneration").as_i64() == generation
            && self.text("/metadata/annotations/core.rukpak.io~1reconcile-requested-at")
                == self.text("/status/lastHandledReconcileAt")
            && expected
                .iter()
                .all(|(kind, says)| self.says(kind) == *says && self.generation_of(kind) == generation)
    }

    /// What is owned, sorted: `NAMESPACE_NAME_GROUP_KIND`.
    #[must_use]
    pub fn inventory(&self) -> Vec<&str> {
        let entries = self.at("/status/inventory/entries").as_array();
        let mut ids: Vec<_> =
            entries.into_iter().flatten().map(|entry| entry["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
