//! Objects read as their Go types, and what that does to them, as findings.

use rukpak_manifest::types::kubernetes::OBJECT_META;
use rukpak_manifest::types::{Mismatch, PathStep, Pruned, Struct, UnknownField, check, prune};
use rukpak_manifest::{Object, Step};
use serde_json::Value;

use crate::finding::{FIELD_MISREAD, FIELD_TYPE, UNKNOWN_FIELD};
use crate::report::{Located, Place, Report};

/// How many unknown fields are told for one object.
const UNKNOWN_TOLD: usize = 10;

/// Drops what the type does not know from an object, in place.
pub(crate) fn prune_object(object: &mut Object, ty: &'static Struct) -> Pruned {
    let mut value = Value::Object(std::mem::take(object.fields_mut()));
    let pruned = prune(&mut value, ty);
    if let Value::Object(fields) = value {
        *object.fields_mut() = fields;
    }
    pruned
}

/// Says which values in the metadata of an object, of whatever kind, do not have the type of their field.
///
/// The reference's reader (cli-runtime's `metadataValidatingDecoder`) looks at each document, not at the items of a list.
pub(crate) fn check_metadata(report: &mut Report<'_>, located: &Located<'_>) {
    let Some(metadata) = located.object.get(&["metadata"]).filter(|_| located.origin.item.is_none()) else {
        return;
    };
    let mut mismatches = check(metadata, &OBJECT_META);
    if mismatches.is_empty() {
        return;
    }
    for mismatch in &mut mismatches {
        mismatch.path.insert(0, PathStep::Key("metadata".into()));
    }
    tell_mismatches(report, &located.place(), &mismatches);
}

/// Says which values do not have the type of their field.
pub(crate) fn tell_mismatches(report: &mut Report<'_>, place: &Place<'_>, mismatches: &[Mismatch]) {
    for mismatch in mismatches {
        let rule = if mismatch.refused { &FIELD_TYPE } else { &FIELD_MISREAD };
        report.tell(rule, place, &as_steps(&mismatch.path), mismatch.to_string());
    }
}

/// Says which fields were dropped, of those that `matters` is true for.
pub(crate) fn tell_unknown(
    report: &mut Report<'_>,
    place: &Place<'_>,
    pruned: &Pruned,
    matters: impl Fn(&UnknownField) -> bool,
) {
    let mut told = 0;
    let mut matching = 0;
    for unknown in pruned.unknown.iter().filter(|unknown| matters(unknown)) {
        matching += 1;
        if matching <= UNKNOWN_TOLD {
            told += 1;
            let message = format_args!("{unknown}; it is dropped");
            report.tell(&UNKNOWN_FIELD, place, &as_steps(&unknown.path), message);
        }
    }
    // The walk itself stops listing at some point and goes on counting.
    let unlisted = pruned.unknown_count - pruned.unknown.len();
    if matching + unlisted > told {
        let message = format_args!(
            "{} more fields that the type does not have are dropped",
            matching + unlisted - told
        );
        report.tell(&UNKNOWN_FIELD, place, &[], message);
    }
}

/// A path as [`Report::tell`] takes it.
pub(crate) fn as_steps(path: &[PathStep]) -> Vec<Step<'_>> {
    path.iter().map(PathStep::as_step).collect()
}
