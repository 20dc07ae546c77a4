//! Plans of small sets.

use insta::assert_snapshot;
use rstest::rstest;
use rukpak_manifest::GroupVersionKind;
use serde_json::json;

use super::*;
use crate::owner::{OWNED_ID, OWNER_NAME};

fn owner() -> Owner {
    Owner { kind: "Inventory".into(), name: "web".into(), uid: "1".into() }
}

fn served() -> ServedKinds {
    let kinds = [
        ("", "v1", "ConfigMap", "configmaps", true),
        ("", "v1", "Namespace", "namespaces", false),
        ("", "v1", "Secret", "secrets", true),
        ("", "v1", "Service", "services", true),
        ("gizmos.example.com", "v1", "Gadget", "gadgets", true),
        ("apps", "v1", "Deployment", "deployments", true),
        ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
        ("apps", "v1beta1", "Deployment", "deployments", true),
        ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
        ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ];
    let kind = |(group, version, kind, plural, namespaced): (&str, &str, &str, &str, bool)| {
        let gvk = GroupVersionKind { group: group.into(), version: version.into(), kind: kind.into() };
        (gvk, Resource { plural: plural.into(), namespaced })
    };
    kinds.into_iter().map(kind).collect()
}

fn definition() -> Object {
    Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "gadgets.example.com").with(
        "spec",
        json!({
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "versions": [{"name": "v1", "served": true}, {"name": "v0", "served": false}],
        }),
    )
}

/// A definition of the kind that another one has in this group.
fn renamed(plural: &str) -> Object {
    Object::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        None,
        &format!("{plural}.gizmos.example.com"),
    )
    .with(
        "spec",
        json!({
            "group": "gizmos.example.com",
            "scope": "Namespaced",
            "names": {"kind": "Gadget", "plural": plural},
            "versions": [{"name": "v1", "served": true}],
        }),
    )
}

#[test]
fn a_definition_that_is_served_has_its_own_kind() {
    assert_eq!(planned(vec![renamed("gadgets")], &Inventory::default()).unwrap().objects().len(), 1);
}

fn planned(objects: Vec<Object>, inventory: &Inventory) -> Result<Plan, PlanError> {
    let (manifests, _) = ManifestSet::new(objects);
    let (owner, served) = (owner(), served());
    plan(Input {
        manifests: &manifests,
        owner: &owner,
        inventory,
        served: &served,
        namespace: "home",
        namespace_is_absent: false,
    })
}

fn with_metadata(mut object: Object, field: &str, value: Value) -> Object {
    object.metadata_mut().insert(field.into(), value);
    object
}

#[test]
fn objects_get_their_namespace_their_marks_and_nothing_that_servers_write() {
    let mut object = Object::new("v1", "ConfigMap", None, "a").with("status", json!({"x": 1}));
    object = with_metadata(object, "resourceVersion", json!("7"));
    object = with_metadata(object, "creationTimestamp", json!(null));
    object = with_metadata(object, "annotations", json!({LAST_APPLIED: "{}", "keep": "me"}));
    let plan = planned(vec![object], &Inventory::default()).unwrap();
    let [one] = plan.objects() else { panic!("expected one object") };
    assert_eq!(one.id.to_string(), "home_a__ConfigMap");
    assert_eq!(one.object.annotation(OWNED_ID), Some("home_a__ConfigMap"));
    assert_eq!(one.object.get(&["metadata", "labels", OWNER_NAME]), Some(&json!("web")));
    assert_eq!(one.object.annotation("keep"), Some("me"));
    assert_eq!(one.object.annotation(LAST_APPLIED), None);
    assert_eq!(one.object.get(&["status"]), None);
    assert_eq!(one.object.get(&["metadata", "resourceVersion"]), None);
    assert_eq!((one.create_if_absent, one.unverified), (false, None));
}

#[test]
fn rules_that_the_cluster_gathers_are_left_to_it() {
    let role =
        || Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", None, "r").with("rules", json!([]));
    let rules = |object: Object| {
        let plan = planned(vec![object], &Inventory::default()).unwrap();
        plan.objects()[0].object.get(&["rules"]).cloned()
    };
    assert_eq!(rules(role().with("aggregationRule", json!({"clusterRoleSelectors": []}))), None);
    assert_eq!(rules(role().with("aggregationRule", json!(null))), Some(json!([])));
}

fn secret(fields: Value) -> Object {
    let mut secret = Object::new("v1", "Secret", None, "s");
    if let Value::Object(fields) = fields {
        secret.fields_mut().extend(fields);
    }
    secret
}

#[rstest]
#[case::data(json!({"data": {"a": "eA=="}}), json!({"a": "eA=="}))]
#[case::texts(json!({"stringData": {"a": "x"}}), json!({"a": "eA=="}))]
#[case::both(json!({"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "x"}}), json!({"a": "eA==", "b": "eA=="}))]
#[case::nulls(json!({"data": {"a": null, "b": "eQ=="}, "stringData": {"b": null}}), json!({"b": "eQ=="}))]
#[case::empty(json!({"data": null, "stringData": {}}), json!({}))]
#[case::nothing(json!({"stringData": null}), json!(null))]
fn texts_of_a_secret_are_data(#[case] fields: Value, #[case] expected: Value) {
    let plan = planned(vec![secret(fields)], &Inventory::default()).unwrap();
    let object = &plan.objects()[0].object;
    assert_eq!(object.get(&["data"]).cloned().unwrap_or_default(), expected);
    assert_eq!(object.get(&["stringData"]), None);
}

#[rstest]
#[case::number(json!({"data": {"pin": 4711}}), "its data.pin is no text")]
#[case::list(json!({"stringData": {"pin": ["4711"]}}), "its stringData.pin is no text")]
#[case::no_map(json!({"stringData": "4711"}), "its stringData is no map")]
fn what_is_no_text_of_a_secret_is_named_and_not_shown(#[case] fields: Value, #[case] expected: &str) {
    let error = planned(vec![secret(fields)], &Inventory::default()).unwrap_err().to_string();
    assert_eq!(error, format!("Secret home/s: {expected}"));
}

#[test]
fn texts_are_left_to_kinds_that_are_no_secrets() {
    let object = Object::new("v1", "ConfigMap", None, "a").with("stringData", json!({"a": "x"}));
    let plan = planned(vec![object], &Inventory::default()).unwrap();
    assert_eq!(plan.objects()[0].object.get(&["stringData"]), Some(&json!({"a": "x"})));
}

#[test]
fn what_has_no_namespace_gets_none() {
    let role = Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", Some("x"), "r");
    let plan = planned(vec![role], &Inventory::default()).unwrap();
    assert_eq!(plan.objects()[0].id.to_string(), "_r_rbac.authorization.k8s.io_ClusterRole");
}

#[test]
fn what_is_made_where_absent_is_told_and_not_written() {
    let object = Object::new("v1", "ConfigMap", None, "a");
    let object = with_metadata(object, "annotations", json!({CREATE_IF_ABSENT: "true"}));
    let plan = planned(vec![object], &Inventory::default()).unwrap();
    assert!(plan.objects()[0].create_if_absent);
    assert_eq!(plan.objects()[0].object.annotation(CREATE_IF_ABSENT), None);
}

#[test]
fn what_the_set_itself_makes_possible_is_not_verified() {
    let objects = vec![
        Object::new("example.com/v1", "Gadget", Some("new"), "g"),
        Object::new("v1", "ConfigMap", Some("new"), "a"),
        Object::new("v1", "ConfigMap", Some("old"), "a"),
        Object::new("v1", "Namespace", None, "new"),
        definition(),
    ];
    let plan = planned(objects, &Inventory::default()).unwrap();
    let told: Vec<_> = plan.objects().iter().map(|one| (one.id.to_string(), one.unverified)).collect();
    assert_eq!(
        told,
        [
            ("_new__Namespace".to_owned(), None),
            ("new_a__ConfigMap".to_owned(), Some(Unverified::Namespace)),
            ("old_a__ConfigMap".to_owned(), None),
            ("_gadgets.example.com_apiextensions.k8s.io_CustomResourceDefinition".to_owned(), None),
            ("new_g_example.com_Gadget".to_owned(), Some(Unverified::Definition)),
        ]
    );
    let phases = plan.objects().chunk_by(|a, b| a.phase == b.phase);
    assert_eq!(phases.map(<[_]>::len).collect::<Vec<_>>(), [1, 2, 1, 1]);
}

#[test]
fn what_the_server_is_not_asked_about_is_named_as_servers_want_it() {
    let object = |namespace| Object::new("v1", "ConfigMap", Some(namespace), "Bad_Name");
    let label = with_metadata(Object::new("v1", "ConfigMap", Some("new"), "a"), "labels", json!({"a": true}));
    let resource = Object::new("example.com/v1", "Gadget", Some("old"), "Bad_Name");
    let objects = vec![
        Object::new("v1", "Namespace", None, "new"),
        object("new"),
        object("old"),
        label,
        definition(),
        resource,
    ];
    let error = planned(objects, &Inventory::default()).unwrap_err();
    let told: Vec<_> = error.0.iter().map(ToString::to_string).collect();
    let wrong = "its name is not valid: a lowercase RFC 1123 subdomain must consist";
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with(&format!("ConfigMap new/Bad_Name: {wrong}")), "{told:?}");
    assert_eq!(told[1], "ConfigMap new/a: metadata.labels[a] is not valid: it is no text");
    assert!(told[2].starts_with(&format!("Gadget.example.com old/Bad_Name: {wrong}")), "{told:?}");
    // What does not fit into a path, nowhere.
    let error = planned(vec![Object::new("v1", "ConfigMap", Some("old"), "a/status")], &Inventory::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "ConfigMap old/a/status: its name is not valid: may not contain '/'"
    );
}

#[test]
fn what_is_not_in_the_set_any_more_is_pruned() {
    let object = |name| Object::new("v1", "ConfigMap", Some("home"), name);
    let plan = planned(vec![object("kept")], &Inventory::of(&[object("kept"), object("dropped")])).unwrap();
    assert_eq!(plan.prune(), &Inventory::of(&[object("dropped")]));
    assert_eq!(plan.inventory(), &Inventory::of(&[object("kept")]));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let large = Object::new("v1", "ConfigMap", None, "large").with("data", json!({"x": "y".repeat(2 << 20)}));
    let objects = vec![
        Object::new("v1", "ConfigMap", None, ""),
        with_metadata(Object::new("v1", "ConfigMap", None, "a"), "uid", json!("7")),
        with_metadata(
            Object::new("v1", "ConfigMap", None, "b"),
            "ownerReferences",
            json!([{"kind": "Node"}]),
        ),
        with_metadata(Object::new("v1", "ConfigMap", None, "c"), "generateName", json!("c-")),
        Object::new("v1", "ConfigMap", Some("home"), "twice"),
        Object::new("v1", "ConfigMap", None, "twice"),
        Object::new("apps/v1", "Deployment", None, "twice"),
        Object::new("apps/v1beta1", "Deployment", None, "twice"),
        Object::new("example.com/v0", "Gadget", None, "not-served"),
        Object::new("nowhere.example.com/v1", "Thing", None, "unknown"),
        Object::new("", "Service", None, "no-version"),
        definition(),
        renamed("gizmos"),
        Object::new("v1", "Service", None, "ports")
            .with("spec", json!({"ports": [{"port": 1}, {"port": 1}]})),
        large,
    ];
    let error = planned(objects, &Inventory::default()).unwrap_err();
    assert_snapshot!(error.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[rstest]
#[case("generateName", json!(""))]
#[case("ownerReferences", json!([]))]
#[case("ownerReferences", json!(null))]
#[case("uid", json!(""))]
fn what_says_nothing_of_another_cluster_is_left_out(#[case] field: &str, #[case] nothing: Value) {
    let object = with_metadata(Object::new("v1", "ConfigMap", None, "a"), field, nothing);
    let plan = planned(vec![object], &Inventory::default()).unwrap();
    assert_eq!(plan.objects()[0].object.get(&["metadata", field]), None);
}

#[rstest]
#[case::as_deep_as_may_be(LEVELS, "")]
#[case::deeper(LEVELS + 1, "ConfigMap a: it is nested deeper than 120 levels")]
fn what_is_nested_too_deep_is_told(#[case] levels: usize, #[case] expected: &str) {
    // The object is the first level.
    let value = (1..levels).fold(json!("x"), |inner, level| match level % 2 {
        0 => json!([inner]),
        _ => json!({"x": inner}),
    });
    let planned =
        planned(vec![Object::new("v1", "ConfigMap", None, "a").with("x", value)], &Inventory::default());
    assert_eq!(planned.err().map(|error| error.to_string()).unwrap_or_default(), expected);
}

/// A definition that asks for a number, and a resource without one.
fn without_a_number() -> (Object, Object) {
    let mut spec = definition().get(&["spec"]).unwrap().clone();
    let schema = json!({"type": "object", "properties": {"spec": {"required": ["number"], "properties": {"number": {}}}}});
    spec["versions"][0]["schema"] = json!({"openAPIV3Schema": schema});
    (
        definition().with("spec", spec),
        Object::new("example.com/v1", "Gadget", None, "g").with("spec", json!({})),
    )
}

#[test]
fn a_resource_is_judged_by_the_definition_that_comes_with_it() {
    let (definition, gadget) = without_a_number();
    let objects = [
        definition,
        gadget.clone(),
        gadget.with("spec", json!({"number": 1})),
        Object::new("v1", "ConfigMap", None, ""),
    ];
    let error = planned(objects[..2].to_vec(), &Inventory::default()).unwrap_err();
    assert_eq!(error.to_string(), "Gadget.example.com home/g: spec.number: Required value");
    let right = [objects[0].clone(), objects[2].clone()];
    assert_eq!(planned(right.to_vec(), &Inventory::default()).unwrap().objects().len(), 2);
    let both = [objects[0].clone(), objects[1].clone(), objects[3].clone()];
    assert_eq!(planned(both.to_vec(), &Inventory::default()).unwrap_err().0.len(), 2);
}

#[rstest]
#[case::there(Object::new("example.com/v1", "Gadget", Some("home"), "g"))]
#[case::webhooks(Object::new("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", None, "w"))]
fn a_resource_is_not_judged_where_the_cluster_has_something_to_say(#[case] there: Object) {
    let (definition, gadget) = without_a_number();
    assert!(planned(vec![definition, gadget], &Inventory::of(&[there])).is_ok());
}

#[test]
fn what_may_be_there_is_not_judged_and_judges_nothing() {
    let (definition, gadget) = without_a_number();
    let where_absent =
        |object: &Object| with_metadata(object.clone(), "annotations", json!({CREATE_IF_ABSENT: "true"}));
    for set in [[where_absent(&definition), gadget.clone()], [definition.clone(), where_absent(&gadget)]] {
        assert!(planned(set.to_vec(), &Inventory::default()).is_ok());
    }
}

#[rstest]
#[case::none(json!(null))]
#[case::text(json!("x"))]
#[case::list(json!([1]))]
fn odd_metadata_is_taken(#[case] value: Value) {
    let object = with_metadata(Object::new("v1", "ConfigMap", None, "a"), "annotations", value.clone());
    let object = with_metadata(object, "labels", value);
    assert_eq!(planned(vec![object], &Inventory::default()).unwrap().objects().len(), 1);
}

/// Written again, a placeholder would take away what has been filled in.
#[test]
fn what_an_injector_fills_in_is_not_planned() {
    let webhooks = json!([{"name": "a.b.c", "clientConfig": {"url": "https://x", "caBundle": "Cg=="}}]);
    let kind = "ValidatingWebhookConfiguration";
    let mut configuration =
        Object::new("admissionregistration.k8s.io/v1", kind, None, "a").with("webhooks", webhooks);
    let planned = |object: &Object| cleaned(object).get(&["webhooks"]).cloned();
    assert_eq!(planned(&configuration), configuration.get(&["webhooks"]).cloned());
    configuration.set_annotation("cert-manager.io/inject-ca-from", "a/b");
    let filled_in = json!([{"name": "a.b.c", "clientConfig": {"url": "https://x"}}]);
    assert_eq!(planned(&configuration), Some(filled_in));
}

/// A `HorizontalPodAutoscaler` of the set counts the replicas of what it names, and of nothing else.
#[rstest]
#[case::scaled("apps/v1", "web", None)]
#[case::another_name("apps/v1", "other", Some(3))]
#[case::another_group("example.com/v1", "web", Some(3))]
fn what_is_scaled_has_no_replicas(
    #[case] api_version: &str,
    #[case] name: &str,
    #[case] replicas: Option<u32>,
) {
    let target = json!({"scaleTargetRef": {"apiVersion": api_version, "kind": "Deployment", "name": name}});
    let autoscaler = Object::new("autoscaling/v2", "HorizontalPodAutoscaler", None, "a").with("spec", target);
    let web = Object::new("apps/v1", "Deployment", None, "web").with("spec", json!({"replicas": 3}));
    let planned = planned(vec![web, autoscaler], &Inventory::default()).unwrap();
    let web = &planned.objects().iter().find(|planned| planned.id.kind == "Deployment").unwrap();
    assert_eq!(web.object.get(&["spec", "replicas"]), replicas.map(|number| json!(number)).as_ref());
    assert_eq!(web.is_scaled, replicas.is_none());
}
