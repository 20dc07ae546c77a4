use std::collections::BTreeSet;

use rstest::rstest;

use super::kubernetes::{
    AFFINITY, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT_SPEC, ENV_FROM_SOURCE, ENV_VAR, LABEL_SELECTOR,
    MUTATING_WEBHOOK, OBJECT_META, POD_TEMPLATE_SPEC, POLICY_RULE, RESOURCE_REQUIREMENTS,
    RULE_WITH_OPERATIONS, TOLERATION, VALIDATING_WEBHOOK, VOLUME, VOLUME_MOUNT,
};
use super::operators::CLUSTER_SERVICE_VERSION;
use super::*;

const ROOTS: [&Struct; 17] = [
    &AFFINITY,
    &CLUSTER_SERVICE_VERSION,
    &CUSTOM_RESOURCE_DEFINITION,
    &DEPLOYMENT_SPEC,
    &ENV_FROM_SOURCE,
    &ENV_VAR,
    &LABEL_SELECTOR,
    &MUTATING_WEBHOOK,
    &OBJECT_META,
    &POD_TEMPLATE_SPEC,
    &POLICY_RULE,
    &RESOURCE_REQUIREMENTS,
    &RULE_WITH_OPERATIONS,
    &TOLERATION,
    &VALIDATING_WEBHOOK,
    &VOLUME,
    &VOLUME_MOUNT,
];

/// Every struct that the tables hold, found by following their fields.
fn structs() -> Vec<&'static Struct> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut open: Vec<&Type> = Vec::new();
    let mut enter = |structure: &'static Struct, open: &mut Vec<&Type>| {
        if seen.insert(std::ptr::from_ref(structure)) {
            found.push(structure);
            open.extend(structure.fields.iter().map(|field| &field.ty));
        }
    };
    for root in ROOTS {
        enter(root, &mut open);
    }
    while let Some(ty) = open.pop() {
        match ty {
            Type::Struct(structure) => enter(structure, &mut open),
            Type::List(inner)
            | Type::Map(inner)
            | Type::SchemaOrBool(inner)
            | Type::SchemaOrArray(inner)
            | Type::SchemaOrStringArray(inner) => open.push(inner),
            _ => {}
        }
    }
    found
}

#[test]
fn fields_are_sorted_and_found_by_their_names() {
    let structs = structs();
    assert!(structs.len() > 150, "{} structs", structs.len());
    for structure in structs {
        assert!(structure.fields.is_sorted_by(|a, b| a.name < b.name), "{structure:?}");
        for field in structure.fields {
            let found = structure.field(field.name).unwrap();
            assert_eq!(format!("{found:?}"), format!("{:?}", field.ty), "{structure:?} {}", field.name);
        }
    }
}

#[rstest]
#[case::empty("")]
#[case::before_all("!")]
#[case::behind_all("~")]
#[case::beginning_of_a_name("x-kubernetes")]
#[case::other_end_of_a_name("x-kubernetes-bogus")]
#[case::longer_than_a_name("types")]
#[case::other_case("Type")]
#[case::zero_byte("type\0")]
fn unknown_names(#[case] name: &str) {
    let schema = structs().into_iter().find(|structure| structure.name == "JSONSchemaProps").unwrap();
    assert!(schema.field(name).is_none());
    assert!(schema.field("type").is_some());
}

#[test]
fn embedded_structs_are_flattened() {
    // From `ProbeHandler`, `LocalObjectReference` and `Rule`.
    for (structure, field) in
        [("Probe", "httpGet"), ("ConfigMapKeySelector", "name"), ("RuleWithOperations", "apiGroups")]
    {
        let found = structs().into_iter().find(|candidate| candidate.name == structure).unwrap();
        assert!(found.field(field).is_some(), "{structure}.{field}");
    }
}
