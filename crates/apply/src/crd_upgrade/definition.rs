//! A definition as far as its upgrade is concerned, and the rules about all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::canonical::quoted;
use super::report::Report;
use super::rules;
use super::versions::Root;

/// What is looked at in a definition. What does not have its type is taken for missing.
pub(super) struct Definition<'a> {
    /// `metadata.name`.
    pub(super) name: &'a str,
    /// `spec.versions`, by name; of several with one name, which servers refuse, the first.
    pub(super) versions: BTreeMap<&'a str, Version<'a>>,
    /// Whether `spec.conversion.strategy` is `Webhook`.
    pub(super) has_webhook: bool,
    spec: &'a Value,
    stored: BTreeSet<&'a str>,
}

/// One of its versions.
pub(super) struct Version<'a> {
    pub(super) served: bool,
    pub(super) root: Root<'a>,
    storage: bool,
    subresources: &'a Value,
}

impl<'a> Definition<'a> {
    pub(super) fn of(object: &'a Value) -> Self {
        let spec = at(object, &["spec"]);
        let mut versions = BTreeMap::new();
        for version in at(spec, &["versions"]).as_array().into_iter().flatten() {
            let flag = |name| at(version, &[name]).as_bool().unwrap_or_default();
            versions.entry(text(version, &["name"])).or_insert_with(|| Version {
                served: flag("served"),
                storage: flag("storage"),
                root: Root::of(version.get("schema")),
                subresources: at(version, &["subresources"]),
            });
        }
        let stored = at(object, &["status", "storedVersions"]).as_array();
        Self {
            name: text(object, &["metadata", "name"]),
            versions,
            has_webhook: text(spec, &["conversion", "strategy"]) == "Webhook",
            spec,
            stored: stored.into_iter().flatten().filter_map(Value::as_str).collect(),
        }
    }
}

/// Looks at what concerns all of a definition, or all of a version.
pub(super) fn compare(old: &Definition<'_>, new: &Definition<'_>, report: &mut Report<'_>) {
    names(old, new, report);
    stored_versions(old, new, report);
    for (name, version) in &old.versions {
        served_version(name, version, new.versions.get(name), report);
    }
    if let (Some(true), Some(false) | None) = (old.preserves_unknown_fields(), new.preserves_unknown_fields())
    {
        report.add(
            &rules::PRESERVE_UNKNOWN_FIELDS,
            None,
            None,
            "preserveUnknownFields removed : true -> false",
        );
    }
}

impl Definition<'_> {
    fn preserves_unknown_fields(&self) -> Option<bool> {
        at(self.spec, &["preserveUnknownFields"]).as_bool()
    }

    fn storage(&self) -> Option<&str> {
        self.versions.iter().find(|(_, version)| version.storage).map(|(name, _)| *name)
    }
}

fn names(old: &Definition<'_>, new: &Definition<'_>, report: &mut Report<'_>) {
    for (rule, what, path) in [
        (&rules::SCOPE, "scope", &["scope"] as &[&str]),
        (&rules::NAMES, "group", &["group"]),
        (&rules::NAMES, "plural", &["names", "plural"]),
        (&rules::NAMES, "kind", &["names", "kind"]),
    ] {
        let (before, after) = (text(old.spec, path), text(new.spec, path));
        if before != after {
            let message = format!("{what} changed : {} -> {}", quoted(before), quoted(after));
            report.add(rule, None, None, &message);
        }
    }
}

fn stored_versions(old: &Definition<'_>, new: &Definition<'_>, report: &mut Report<'_>) {
    let removed: Vec<_> =
        old.stored.iter().copied().filter(|name| !new.versions.contains_key(name)).collect();
    if !removed.is_empty() {
        let message = format!("stored versions removed : [{}]", removed.join(" "));
        report.add(&rules::STORED_VERSION_REMOVAL, None, None, &message);
    }
    if let (Some(before), Some(after)) = (old.storage(), new.storage())
        && before != after
        && old.versions.get(after).is_none_or(|version| !version.served)
    {
        let message = format!(
            "storage version changed : {} -> {}, which was not served before",
            quoted(before),
            quoted(after)
        );
        report.add(&rules::STORAGE_VERSION_CHANGE, None, None, &message);
    }
}

fn served_version(name: &str, old: &Version<'_>, new: Option<&Version<'_>>, report: &mut Report<'_>) {
    if !old.served {
        return;
    }
    match new {
        None => {
            let message = format!("served version removed : {name}");
            report.add(&rules::SERVED_VERSION_REMOVAL, Some(name), None, &message);
        }
        Some(Version { served: false, .. }) => {
            let message = format!("version no longer served : {name}");
            report.add(&rules::SERVED_VERSION_DISABLED, Some(name), None, &message);
        }
        Some(new) => {
            let has =
                |version: &Version<'_>, subresource| at(version.subresources, &[subresource]).is_object();
            for subresource in ["scale", "status"] {
                if has(old, subresource) && !has(new, subresource) {
                    let message = format!("subresource removed : {name} {subresource}");
                    report.add(&rules::SUBRESOURCE_REMOVAL, Some(name), None, &message);
                }
            }
        }
    }
}

/// What stands at a path; null where nothing does.
fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(*key).unwrap_or(&Value::Null))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}
