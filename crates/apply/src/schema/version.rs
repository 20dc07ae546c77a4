//! One version of a definition, as far as custom resources are judged by it.

use rukpak_manifest::Object;
use serde_json::Value;

use crate::crd_upgrade::{MAX_NESTING, Schema, is_deeper_than};

/// What a version says of its resources.
pub(super) struct Version<'a> {
    /// The schema of a whole resource.
    pub(super) root: &'a Schema,
    /// Whether the status is written by requests of its own.
    pub(super) has_status: bool,
    /// Where `scale` has the number of replicas, such as `.spec.replicas`.
    pub(super) replicas: Option<&'a str>,
}

impl<'a> Version<'a> {
    /// The version of that name. `None` where there is none, or none that a server takes.
    pub(super) fn of(definition: &'a Object, name: &str) -> Option<Self> {
        let preserves = definition.get(&["spec", "preserveUnknownFields"]).and_then(Value::as_bool);
        if preserves == Some(true) {
            return None;
        }
        let versions = definition.get(&["spec", "versions"])?.as_array()?;
        let version = versions.iter().find(|version| version.get("name").is_some_and(|it| it == name))?;
        let schema = version.get("schema")?.get("openAPIV3Schema")?;
        if is_deeper_than(MAX_NESTING, schema) {
            return None;
        }
        let subresource = |name| version.get("subresources").and_then(|all| all.get(name));
        Some(Self {
            root: schema.as_object()?,
            has_status: subresource("status").is_some_and(Value::is_object),
            replicas: subresource("scale").and_then(|scale| scale.get("specReplicasPath")?.as_str()),
        })
    }
}
