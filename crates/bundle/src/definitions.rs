//! The custom resource definitions of a registry+v1 bundle, each as `apiextensions.k8s.io/v1` writes it.

use rukpak_manifest::types::kubernetes::CUSTOM_RESOURCE_DEFINITION;
use rukpak_manifest::types::{PathStep, check};
use rukpak_manifest::{Object, Step};
use serde_json::Value;

use crate::finding::{DEFINITION_CONVERTED, DEFINITION_NOT_STRUCTURAL, MANIFEST_UNREADABLE};
use crate::report::{Located, Place, Report, ShownPath, steps};
use crate::typed::{as_steps, prune_object, tell_mismatches, tell_unknown};
use crate::v1beta1::structural::{self, Violations};
use crate::v1beta1::{self, Budget, TooMuch, repair};

/// Converts a definition where it is of v1beta1, drops the fields that v1 does not have, and says what it did.
/// What a conversion copies is taken off the budget.
pub(crate) fn read(report: &mut Report<'_>, located: &mut Located<'_>, budget: &mut Budget) {
    let place = located.place();
    if located.object.api_version() == v1beta1::API_VERSION {
        read_v1beta1(report, &place, &mut located.object, budget);
        return;
    }
    let pruned = prune_object(&mut located.object, &CUSTOM_RESOURCE_DEFINITION);
    tell_mismatches(report, &place, &pruned.mismatches);
    tell_unknown(report, &place, &pruned, |_| true);
}

/// The reference reads an old definition as if it were of v1, so only what does not fit v1 as it stands is an error;
/// what comes to light by the conversion is a warning.
fn read_v1beta1(report: &mut Report<'_>, place: &Place<'_>, definition: &mut Object, budget: &mut Budget) {
    let original = Value::Object(std::mem::take(definition.fields_mut()));
    let refused = check(&original, &CUSTOM_RESOURCE_DEFINITION);
    tell_mismatches(report, place, &refused);
    let has_schema = versions_with_schema(&original);
    if let Value::Object(fields) = original {
        *definition.fields_mut() = fields;
    }

    if let Err(TooMuch { versions }) = v1beta1::convert(definition, budget) {
        let message = format_args!(
            "what stands in it for all of its {versions} versions becomes too much when each gets its own, as v1 has it"
        );
        report
            .tell(&MANIFEST_UNREADABLE, place, &steps!["spec", "versions"], message)
            .hint("publish the definition as v1, with fewer versions");
        return;
    }
    report
        .tell(&DEFINITION_CONVERTED, place, &[], "converted from v1beta1 to v1")
        .hint("no API server since 1.22 takes v1beta1; publish the definition as v1");

    let mut pruned = prune_object(definition, &CUSTOM_RESOURCE_DEFINITION);
    pruned.mismatches.retain(|mismatch| !refused.contains(mismatch));
    for path in pruned.unknown.iter_mut().map(|unknown| &mut unknown.path) {
        before_conversion(path, &has_schema);
    }
    tell_unknown(report, place, &pruned, |_| true);
    for mismatch in &mut pruned.mismatches {
        before_conversion(&mut mismatch.path, &has_schema);
        report.tell(&DEFINITION_NOT_STRUCTURAL, place, &as_steps(&mismatch.path), &*mismatch);
    }
    repair::rewrite(definition);
    let Violations { told, count, versions } = structural::violations(definition);
    let more = count - told.len();
    for mut violation in told {
        before_conversion(&mut violation.path, &has_schema);
        let path = as_steps(&violation.path);
        let message = format_args!("{}: {}", ShownPath(&path), violation.message);
        report
            .tell(&DEFINITION_NOT_STRUCTURAL, place, &path, message)
            .hint("API servers refuse this in v1, so a schema that takes anything stands in for this one");
    }
    if more > 0 {
        let message = format_args!("{more} more places in its schemas that API servers refuse in v1");
        report.tell(&DEFINITION_NOT_STRUCTURAL, place, &[], message);
    }
    repair::replace(definition, &versions);
}

/// For each of `spec.versions` whether it has a schema of its own.
fn versions_with_schema(definition: &Value) -> Vec<bool> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let has_schema = |version: &Value| version.get("schema").is_some_and(|schema| !schema.is_null());
    versions.into_iter().flatten().map(has_schema).collect()
}

/// Turns the path of what now stands in a definition into that of where its author wrote it: the schema of a version may
/// have been `spec.validation`.
fn before_conversion(path: &mut Vec<PathStep>, has_schema: &[bool]) {
    if let [Step::Key("spec"), Step::Key("versions"), Step::Index(index), Step::Key("schema"), ..] =
        as_steps(path).as_slice()
        && has_schema.get(*index) != Some(&true)
    {
        path.splice(1..4, [PathStep::Key("validation".into())]);
    }
}
