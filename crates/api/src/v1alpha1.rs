//! `core.rukpak.io/v1alpha1 BundleDeployment`, the form with a template, as far as it can be made of ours and the other way round.
//!
//! In: a whole object of one version, as JSON. Out: the same object of the other version. The version itself is not served yet; what
//! serves it knows where objects come from, and this does not. Objects are stored as v1alpha2.
//!
//! ```text
//! v1alpha1                                   v1alpha2
//! spec.provisionerClassName               ┐  spec.provisionerClassName
//! spec.template.spec.provisionerClassName ┘  + annotation v1alpha1-template-class, where the two are no pair that we know
//! spec.template.metadata                     annotation v1alpha1-template-metadata
//! spec.template.spec.source                  spec.source
//! spec.config                                spec.config
//! annotation v1alpha2-spec                   everything else of the spec, and of the source
//! status                                     status, as it is
//! ```
//!
//! There and back gives the same object (for provisioners in one and the same namespace), whichever version it begins with, but for null and an empty map of annotations, which mean
//! nothing. Some rules follow from that one:
//!
//! - Each annotation stands on objects of one version only. On one of the other it means nothing, and is dropped.
//! - An annotation is about something: a pair of classes about the class that it stands beside, what v1alpha1 lacks of a source about
//!   that source. Where that has been changed since, it is dropped.
//! - Of the spec, fields that a version does not know are dropped, as the API server does. Of the source they stay where they are.
//! - A v1alpha2-spec that cannot be read is an error: what refuses the write of an object must not drop, say, the `ServiceAccount` that
//!   it is installed as. Annotations of v1alpha2 that cannot be read are dropped: an error would make lists of objects unreadable.
//! - The rules of the definition are not checked, since the API server checks an object in the version that it is written in. So an
//!   `installNamespace` can change by that annotation; `status.installNamespace` says which one counts.
//!
//! The status is the same in both versions. A definition of v1alpha1 has to keep fields of it that it does not know, since an update
//! through v1alpha1 carries the stored status, and the inventory in it, through this form.

mod class;
mod error;
mod fields;
mod lacking;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::names::{PLAIN_CLASS, TEMPLATE_CLASS, TEMPLATE_METADATA, V1ALPHA2_SPEC};
use class::Pair;
pub use error::ConversionError;
use fields::{annotate, expect_version, object, required, take_annotation};

const V1ALPHA1: &str = "core.rukpak.io/v1alpha1";
const V1ALPHA2: &str = "core.rukpak.io/v1alpha2";

/// An object of v1alpha1 as one of v1alpha2.
///
/// A plain bundle without an `installNamespace` goes where rukpak v0.16 put it: into the provisioner's own namespace, which is the
/// `system` one.
///
/// # Errors
///
/// The object is none of v1alpha1; a field that v1alpha1 requires is not there; its source is one that there is no more (`upload`,
/// `local`), a class is one of the days before v0.9 (`core.rukpak.io/plain`); the annotation v1alpha2-spec cannot be read.
pub fn to_v1alpha2(mut whole: Value, system: &str) -> Result<Value, ConversionError> {
    let fields = expect_version(&mut whole, V1ALPHA1)?;
    for foreign in [TEMPLATE_CLASS, TEMPLATE_METADATA] {
        take_annotation(fields, foreign);
    }
    let lacking = take_annotation(fields, V1ALPHA2_SPEC).map(|text| lacking::read(&text)).transpose()?;

    let mut spec = required(fields, "spec", "spec").and_then(|spec| object(spec, "spec"))?;
    let mut template =
        required(&mut spec, "template", "spec.template").and_then(|value| object(value, "spec.template"))?;
    let mut inner = required(&mut template, "spec", "spec.template.spec")
        .and_then(|value| object(value, "spec.template.spec"))?;
    let pair = Pair {
        class: class::take(&mut spec, "spec.provisionerClassName")?,
        template: class::take(&mut inner, "spec.template.spec.provisionerClassName")?,
    };
    let mut source = required(&mut inner, "source", "spec.template.spec.source")?;
    for kind in ["upload", "local"] {
        if source.get("type").and_then(Value::as_str) == Some(kind) || source.get(kind).is_some() {
            return Err(ConversionError::Source { kind });
        }
    }

    let mut new = Map::new();
    if let Some(lacking) = lacking {
        lacking::give(lacking, &mut new, &mut source);
    }
    let (class, annotation) = pair.joined();
    if class == PLAIN_CLASS && !new.contains_key("installNamespace") {
        new.insert("installNamespace".into(), system.into());
    }
    new.insert("provisionerClassName".into(), class.into());
    new.insert("source".into(), source);
    new.extend(spec.remove_entry("config").filter(|(_, config)| !config.is_null()));
    fields.insert("spec".into(), new.into());

    if let Some(annotation) = annotation {
        annotate(fields, TEMPLATE_CLASS, annotation)?;
    }
    if let Some(metadata) = template.remove("metadata").filter(|metadata| !metadata.is_null()) {
        let metadata = object(metadata, "spec.template.metadata").map(Value::from)?;
        annotate(fields, TEMPLATE_METADATA, metadata.to_string())?;
    }
    fields.insert("apiVersion".into(), V1ALPHA2.into());
    Ok(whole)
}

/// An object of v1alpha2 as one of v1alpha1, where provisioners are in the namespace `system`.
///
/// # Errors
///
/// The object is none of v1alpha2, or a field that v1alpha2 requires is not there. Every object that the API server has stored can be
/// had as v1alpha1.
pub fn from_v1alpha2(mut whole: Value, system: &str) -> Result<Value, ConversionError> {
    let fields = expect_version(&mut whole, V1ALPHA2)?;
    take_annotation(fields, V1ALPHA2_SPEC);
    let annotation = take_annotation(fields, TEMPLATE_CLASS);
    let metadata = take_annotation(fields, TEMPLATE_METADATA);

    let mut rest = required(fields, "spec", "spec").and_then(|spec| object(spec, "spec"))?;
    let class = class::take(&mut rest, "spec.provisionerClassName")?;
    let mut source = required(&mut rest, "source", "spec.source")?;
    let config = rest.remove_entry("config").filter(|(_, config)| !config.is_null());
    if class == PLAIN_CLASS && rest.get("installNamespace").is_some_and(|name| name == system) {
        rest.remove("installNamespace");
    }
    let pair = Pair::split(class, annotation.as_deref());
    let lacking = lacking::take(rest, &mut source);

    let mut inner = Map::new();
    inner.insert("provisionerClassName".into(), pair.template.into());
    inner.insert("source".into(), source);
    let mut template = Map::new();
    template.insert("spec".into(), inner.into());
    if let Some(metadata @ Value::Object(_)) = metadata.and_then(|text| serde_json::from_str(&text).ok()) {
        template.insert("metadata".into(), metadata);
    }
    let mut spec = Map::new();
    spec.insert("provisionerClassName".into(), pair.class.into());
    spec.insert("template".into(), template.into());
    spec.extend(config);
    fields.insert("spec".into(), spec.into());

    if !lacking.is_empty() {
        annotate(fields, V1ALPHA2_SPEC, Value::from(lacking).to_string())?;
    }
    fields.insert("apiVersion".into(), V1ALPHA1.into());
    Ok(whole)
}
