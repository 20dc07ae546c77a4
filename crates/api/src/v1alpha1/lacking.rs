//! The fields of a v1alpha2 spec that v1alpha1 lacks, as an annotation: a part of that spec, as JSON.
//!
//! What it lacks of a source stands there with the fields that say of which source:
//!
//! ```json
//! {"paused": true, "source": {"type": "http", "pollIntervalMinutes": 5, "http": {"url": "https://…", "sha256": "…"}}}
//! ```

use serde_json::{Map, Value, json};

use super::ConversionError;
use crate::BundleDeploymentSpec;

/// How much of a parser's text is shown, which may quote what it has read.
const SHOWN_CHARACTERS: usize = 200;

/// The fields of a spec that v1alpha1 lacks.
pub(super) const OF_SPEC: [&str; 9] = [
    "collisionProtection",
    "deletionPolicy",
    "force",
    "installNamespace",
    "paused",
    "preflight",
    "progressDeadlineMinutes",
    "serviceAccountName",
    "serviceAccountNamespace",
];

/// The same of a source: its part, or none for the source itself; the fields; which field says what they are about.
pub(super) const OF_SOURCE: [(Option<&str>, &[&str], &str, About); 3] = [
    (None, &["pollIntervalMinutes"], "type", same),
    // To trust a registry is not to trust another one; another tag of it is no other registry.
    (Some("image"), &["insecureSkipTLSVerify", "certificateData"], "ref", same_registry),
    (Some("http"), &["sha256"], "url", same),
];

/// Whether two values of a field are about the same.
pub(super) type About = fn(Option<&Value>, Option<&Value>) -> bool;

/// Takes everything out of a source that v1alpha1 lacks, and puts it with what it lacks of the spec.
pub(super) fn take(mut spec: Map<String, Value>, source: &mut Value) -> Map<String, Value> {
    spec.retain(|name, value| OF_SPEC.contains(&name.as_str()) && !value.is_null());
    let mut taken = Map::new();
    for (part, names, about, _) in OF_SOURCE {
        let Some(fields) = part_of(source, part) else { continue };
        let mut of_part: Map<_, _> = names.iter().filter_map(|name| fields.remove_entry(*name)).collect();
        of_part.retain(|_, value| !value.is_null());
        if of_part.is_empty() {
            continue;
        }
        of_part.extend(fields.get_key_value(about).map(|(name, value)| (name.clone(), value.clone())));
        match part {
            None => taken.extend(of_part),
            Some(part) => drop(taken.insert(part.to_owned(), of_part.into())),
        }
    }
    if !taken.is_empty() {
        spec.insert("source".into(), taken.into());
    }
    spec
}

/// Reads the annotation. Fields that v1alpha1 does not lack, or nobody knows, are ignored.
pub(super) fn read(text: &str) -> Result<Map<String, Value>, ConversionError> {
    let problem = |error: serde_json::Error| ConversionError::Annotation {
        why: error.to_string().chars().take(SHOWN_CHARACTERS).collect(),
    };
    let mut lacking: Map<String, Value> = serde_json::from_str(text).map_err(problem)?;
    lacking.retain(|name, value| (OF_SPEC.contains(&name.as_str()) || name == "source") && !value.is_null());

    if let Some(Value::Object(source)) = lacking.get_mut("source") {
        source.retain(|name, _| ["type", "pollIntervalMinutes", "image", "http"].contains(&name.as_str()));
    }
    check(lacking.clone()).map_err(problem)?;
    Ok(lacking)
}

/// Whether the types are right, in a spec that is whole.
fn check(lacking: Map<String, Value>) -> Result<(), serde_json::Error> {
    let mut spec = lacking;
    spec.insert("provisionerClassName".into(), "".into());
    let source = spec.entry("source").or_insert_with(|| json!({}));
    for (part, _, about, _) in OF_SOURCE {
        if let Some(fields) = part_of(source, part) {
            fields.entry(about).or_insert("".into());
        }
    }
    serde_json::from_value::<BundleDeploymentSpec>(spec.into()).map(drop)
}

/// Puts everything back where it was, as far as that is still there.
pub(super) fn give(mut lacking: Map<String, Value>, spec: &mut Map<String, Value>, source: &mut Value) {
    let mut taken = lacking.remove("source").unwrap_or_default();
    spec.extend(lacking);
    for (part, names, about, is_same) in OF_SOURCE {
        let (Some(fields), Some(taken)) = (part_of(source, part), part_of(&mut taken, part)) else {
            continue;
        };
        if is_same(fields.get(about), taken.get(about)) {
            fields.extend(names.iter().filter_map(|name| taken.remove_entry(*name)));
        }
    }
}

/// The fields of a source, or of a part of it.
fn part_of<'a>(source: &'a mut Value, part: Option<&str>) -> Option<&'a mut Map<String, Value>> {
    match part {
        None => source.as_object_mut(),
        Some(part) => source.get_mut(part)?.as_object_mut(),
    }
}

fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    one == other
}

/// Whether two references of images begin with the same registry, or the same name in the default one.
fn same_registry(one: Option<&Value>, other: Option<&Value>) -> bool {
    registry(one) == registry(other)
}

/// What stands in front of the first slash.
fn registry(reference: Option<&Value>) -> Option<&str> {
    let reference = reference?.as_str()?;
    Some(reference.split_once('/').map_or("", |(registry, _)| registry))
}
