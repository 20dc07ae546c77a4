//! Two classes in v1alpha1, who applies the content and who unpacks it, and one in v1alpha2, who does both.

use serde_json::{Map, Value};

use super::ConversionError;
use super::fields::{required, type_name};
use crate::names::{PLAIN_CLASS, REGISTRY_CLASS};

/// What the classes before rukpak v0.9 began with, and what they do since.
const OLD: (&str, &str) = ("core.rukpak.io/", "core-rukpak-io-");

/// The classes of an object of v1alpha1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// `spec.provisionerClassName`: who applies the content.
    pub(super) class: String,
    /// `spec.template.spec.provisionerClassName`: who unpacks it.
    pub(super) template: String,
}

impl Pair {
    /// The class of v1alpha2, and the annotation that says what else there was: `CLASS/TEMPLATE CLASS`.
    pub(super) fn joined(&self) -> (String, Option<String>) {
        let Self { class, template } = self;
        // What was registry+v1 is plain once it is unpacked, and so plain was who applied it.
        if (class.as_str(), template.as_str()) == (PLAIN_CLASS, REGISTRY_CLASS) {
            return (template.clone(), None);
        }
        let is_one = class == template && class != REGISTRY_CLASS;
        (class.clone(), (!is_one).then(|| format!("{class}/{template}")))
    }

    /// The pair that becomes a class with an annotation. One that is about another class, or would not have been written, is no
    /// annotation.
    pub(super) fn split(class: String, annotation: Option<&str>) -> Self {
        let annotated = annotation.and_then(|text| {
            let (first, template) = text.split_once('/')?;
            let pair = Self { class: first.to_owned(), template: template.to_owned() };
            let is_ours = first == class
                && check(template, "").is_ok()
                && pair.joined() == (class.clone(), Some(text.to_owned()));
            is_ours.then_some(pair)
        });
        annotated.unwrap_or_else(|| match class.as_str() {
            REGISTRY_CLASS => Self { class: PLAIN_CLASS.to_owned(), template: class },
            _ => Self { template: class.clone(), class },
        })
    }
}

/// Takes `provisionerClassName` out of an object, which is at `path`.
pub(super) fn take(object: &mut Map<String, Value>, path: &'static str) -> Result<String, ConversionError> {
    match required(object, "provisionerClassName", path)? {
        Value::String(class) => check(&class, path).map(|()| class),
        other => Err(ConversionError::Type { path, expected: "a string", got: type_name(&other) }),
    }
}

/// Refuses what can be no class. The rest of what the definition says is its own matter.
fn check(class: &str, path: &'static str) -> Result<(), ConversionError> {
    if !class.is_empty() && !class.contains('/') {
        return Ok(());
    }
    let (old, new) = OLD;
    let now = class.strip_prefix(old).filter(|rest| !rest.is_empty() && !rest.contains('/'));
    let hint = now.map(|rest| format!("; it is {new}{rest} since rukpak v0.9")).unwrap_or_default();
    Err(ConversionError::Class { path, got: class.to_owned(), hint })
}
