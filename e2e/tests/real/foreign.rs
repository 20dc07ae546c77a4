//! What a bundle expects of others: kinds that neither it nor the API server defines, such as `ServiceMonitor`.

use std::collections::BTreeSet;

use e2e::controlplane::eventually;
use e2e::provisioners::{Objects, Place};
use serde_json::{Value, json};

/// Definitions that take any object.
pub(crate) struct Foreign {
    definitions: Objects,
    names: Vec<String>,
}

impl Foreign {
    /// Makes those that objects need.
    pub(crate) async fn of(objects: &[Value], place: &Place) -> Self {
        let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
        let own: BTreeSet<_> = objects.iter().filter_map(defined).collect();
        let kinds: BTreeSet<_> = objects.iter().filter_map(foreign).collect();
        let mut names = Vec::new();
        for kind in kinds.iter().filter(|kind| !own.contains(&(kind.group.as_str(), kind.name.as_str()))) {
            let definition = kind.definition();
            let name = definition["metadata"]["name"].as_str().unwrap().to_owned();
            definitions.create(definition).await;
            eventually("it is served", async || {
                let conditions = definitions.get(&name).await?["status"]["conditions"].as_array()?.clone();
                conditions
                    .iter()
                    .any(|one| one["type"] == "Established" && one["status"] == "True")
                    .then_some(())
            })
            .await;
            names.push(name);
        }
        Self { definitions, names }
    }

    /// Leaves none.
    pub(crate) async fn remove(&self) {
        for name in &self.names {
            self.definitions.delete(name).await;
            eventually("it is gone", async || (!self.definitions.has(name).await).then_some(())).await;
        }
    }
}

/// A kind in one version.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    group: String,
    version: String,
    name: String,
    is_namespaced: bool,
}

impl Kind {
    fn definition(&self) -> Value {
        let singular = self.name.to_lowercase();
        let plural = format!("{singular}s");
        let scope = if self.is_namespaced { "Namespaced" } else { "Cluster" };
        json!({
            "metadata": {
                "name": format!("{plural}.{}", self.group),
                // Some groups are protected.
                "annotations": {"api-approved.kubernetes.io": "unapproved, it is a test"},
            },
            "spec": {
                "group": self.group,
                "scope": scope,
                "names": {"kind": self.name, "plural": plural, "singular": singular},
                "versions": [{
                    "name": self.version,
                    "served": true,
                    "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                }],
            },
        })
    }
}

/// The kind that an object defines.
fn defined(object: &Value) -> Option<(&str, &str)> {
    let spec = (object["kind"] == "CustomResourceDefinition").then_some(&object["spec"])?;
    Some((spec["group"].as_str()?, spec["names"]["kind"].as_str()?))
}

/// The kind of an object that no API server has by itself.
fn foreign(object: &Value) -> Option<Kind> {
    let (group, version) = object["apiVersion"].as_str()?.split_once('/')?;
    if !group.contains('.') || group.ends_with(".k8s.io") {
        return None;
    }
    Some(Kind {
        group: group.into(),
        version: version.into(),
        name: object["kind"].as_str()?.into(),
        is_namespaced: object["metadata"]["namespace"].is_string(),
    })
}
