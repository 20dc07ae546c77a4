//! Custom resource definitions, in the bundle and as the `ClusterServiceVersion` describes them.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_manifest::Object;
use serde_json::Value;

use crate::CrdDescription;
use crate::csv::read::Draft;
use crate::finding::{
    DEFINITION_DUPLICATE, DEFINITION_NOT_OWNED, OWNED_DEFINITION_DIFFERS, OWNED_DEFINITION_MISSING,
};
use crate::report::{Listed, Located, Report, steps};

/// `CheckCRDResourceUniqueness`: no two definitions have the same name.
pub(super) fn uniqueness(report: &mut Report<'_>, definitions: &[Located<'_>]) {
    let mut first: BTreeMap<&str, &Located<'_>> = BTreeMap::new();
    for located in definitions {
        let name = located.object.name();
        if let Some(first) = first.get(name) {
            let message = format_args!("bundle contains duplicate custom resource definition {name:?}");
            let hint = format_args!("another one of that name is in {}", first.place());
            report
                .tell(&DEFINITION_DUPLICATE, &located.place(), &steps!["metadata", "name"], message)
                .hint(hint);
        } else {
            first.insert(name, located);
        }
    }
}

/// `CheckOwnedCRDExistence`: what the operator owns is in the bundle. Where a file could not be read, it may be there.
pub(super) fn owned_existence(
    report: &mut Report<'_>,
    draft: &Draft<'_>,
    definitions: &[Located<'_>],
    complete: bool,
) {
    if !complete {
        return;
    }
    let mut known: BTreeSet<&str> = definitions.iter().map(|located| located.object.name()).collect();
    for (index, owned) in draft.csv.owned_crds.iter().enumerate() {
        // Each missing one is told once.
        if known.insert(&owned.name) {
            let message = format_args!(
                "cluster service version references owned custom resource definition {:?} not found in bundle",
                owned.name
            );
            let path = steps!["spec", "customresourcedefinitions", "owned", index, "name"];
            report
                .tell(&OWNED_DEFINITION_MISSING, &draft.place, &path, message)
                .hint("add the definition to manifests/, or list it under required");
        }
    }
}

/// What the operator says of a definition agrees with the definition.
pub(super) fn owned_agreement(report: &mut Report<'_>, draft: &Draft<'_>, definitions: &[Located<'_>]) {
    let by_name: BTreeMap<&str, (&str, BTreeSet<&str>)> = definitions
        .iter()
        .map(|located| (located.object.name(), kind_and_versions(&located.object)))
        .collect();
    for (index, owned) in draft.csv.owned_crds.iter().enumerate() {
        let Some((kind, versions)) = by_name.get(owned.name.as_str()) else { continue };
        let CrdDescription { name, version: owned_version, kind: owned_kind } = owned;
        let path = |field| steps!["spec", "customresourcedefinitions", "owned", index, field];
        if owned_kind != kind {
            let message = format_args!("definition {name:?} is of kind {kind:?}, not {owned_kind:?}");
            report.tell(&OWNED_DEFINITION_DIFFERS, &draft.place, &path("kind"), message);
        }
        // A definition without versions is broken, and has a finding of its own.
        if !versions.is_empty() && !versions.contains(owned_version.as_str()) {
            let message = format_args!("definition {name:?} has no version {owned_version:?}");
            report
                .tell(&OWNED_DEFINITION_DIFFERS, &draft.place, &path("version"), message)
                .hint(format_args!("it has {}", Listed(versions.iter())));
        }
    }
}

/// The operator owns the definitions of its bundle.
pub(super) fn not_owned(report: &mut Report<'_>, draft: &Draft<'_>, definitions: &[Located<'_>]) {
    let owned: BTreeSet<&str> = draft.csv.owned_crds.iter().map(|owned| owned.name.as_str()).collect();
    for located in definitions.iter().filter(|located| !owned.contains(located.object.name())) {
        let message =
            "the cluster service version does not own this definition; it is installed all the same";
        report
            .tell(&DEFINITION_NOT_OWNED, &located.place(), &steps!["metadata", "name"], message)
            .hint("list it in spec.customresourcedefinitions.owned");
    }
}

fn kind_and_versions(definition: &Object) -> (&str, BTreeSet<&str>) {
    let kind = definition.get(&["spec", "names", "kind"]).and_then(Value::as_str).unwrap_or_default();
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array);
    let names = versions.into_iter().flatten().filter_map(|version| version.get("name")?.as_str());
    (kind, names.collect())
}
