//! `run`: what is handed over, and what becomes of it.

use std::process::Stdio;

use rstest::rstest;
use serde_json::Value;

use super::{FOREIGN, Place, deployment};

fn maps(place: &Place) -> Vec<Value> {
    let selector = format!("core.rukpak.io/content-of={}", place.name());
    let listed = place.kubectl(&["get", "configmaps", "-n", "rukpak-system", "-l", &selector, "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    listed["items"].as_array().unwrap().clone()
}

fn live(place: &Place) -> Value {
    serde_json::from_str(&place.kubectl(&["get", "bundledeployment", place.name(), "-o", "json"])).unwrap()
}

#[test]
fn a_directory_goes_as_config_maps() {
    let Some(place) = Place::new("maps") else { return };
    let name = place.name();
    let ran = place.run(&["run", name, &place.operator("1"), "--install-namespace", name]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for line in
        [": created; waiting until it is healthy", "Installed True InstallationSucceeded", ": healthy"]
    {
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
    }
    let before = maps(&place);
    let uid = &live(&place)["metadata"]["uid"];
    assert_eq!(before.len(), 2, "manifests and metadata");
    for map in &before {
        assert_eq!(map["immutable"], true);
        assert_eq!(&map["metadata"]["ownerReferences"][0]["uid"], uid);
    }
    let again = place.run(&["run", name, &place.operator("1")]);
    assert!(again.code == Some(0) && again.stderr.contains(": unchanged; "), "{}", again.stderr);
    assert_eq!(maps(&place), before, "nothing was written");
    // Who does not wait does not know whether the content before is needed yet.
    let later = place.run(&["run", name, &place.operator("2"), "--wait=false"]);
    assert!(later.code == Some(0) && later.stderr.contains(": configured\n"), "{}", later.stderr);
    assert_eq!(maps(&place).len(), 3);
    let next = place.run(&["run", name, &place.operator("2")]);
    assert!(next.stderr.contains("1 ConfigMap of the content before deleted"), "{}", next.stderr);
    let after = maps(&place);
    assert_eq!(after.len(), 2);
    assert_ne!(before, after);
    let value = place.kubectl(&["get", "configmap", "hello", "-n", name, "-o", "jsonpath={.data.value}"]);
    assert_eq!(value, "2");
}

#[test]
fn an_image_is_pushed_and_referred_to_by_digest() {
    let Some(place) = Place::new("pushed") else { return };
    let name = place.name();
    let image = place.image("plain:v1");
    let arguments = ["run", name, &place.plain("1"), "--install-namespace", name, "--push", &image];
    let dry = place.run(&[&arguments[..], &["--dry-run"]].concat()).ok();
    assert!(place.registry_is_empty(), "a dry run pushes nothing");
    place.run(&arguments).ok();
    let reference = live(&place)["spec"]["source"]["image"]["ref"].as_str().unwrap().to_owned();
    assert!(reference.contains("/plain@sha256:"), "{reference}");
    assert!(dry.contains(&reference), "the dry run knows the digest: {dry}");
    assert_eq!(live(&place)["spec"]["provisionerClassName"], "core-rukpak-io-plain");
    // An image of a registry is taken as it is.
    let other = Place::other(&place, "as-it-is");
    let source = format!("docker://{reference}");
    other.run(&["run", other.name(), &source, "--install-namespace", other.name()]).ok();
    assert_eq!(live(&other)["spec"]["source"]["image"]["ref"], reference);
}

#[test]
fn what_the_provisioner_would_refuse_is_not_handed_over() {
    let Some(place) = Place::new("refused") else { return };
    let (name, plain) = (place.name(), place.plain("1"));
    let refused = place.run(&["run", name, &plain]).refused();
    assert!(refused.contains("--install-namespace is needed"), "{refused}");
    let refused = place
        .run(&["run", name, &place.operator("1"), "--watch-namespace", "a", "--watch-namespace", "b"])
        .refused();
    assert!(refused.contains("install mode"), "{refused}");
    let refused = place.run(&["run", name, &place.path("nowhere")]).refused();
    assert!(refused.contains("found no directory"), "{refused}");
    assert!(maps(&place).is_empty());
    assert!(place.run(&["get", name]).code == Some(1));
}

#[test]
fn fields_that_somebody_else_has_set_stay() {
    let Some(place) = Place::new("conflict") else { return };
    let (name, plain) = (place.name(), place.plain("1"));
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let arguments = ["run", name, &plain, "--install-namespace", name, "--wait=false"];
    let refused = place.run(&arguments).refused();
    assert!(refused.contains("--force-conflicts takes the fields over"), "{refused}");
    assert_eq!(live(&place)["spec"]["provisionerClassName"], FOREIGN);
}

#[test]
fn of_two_runs_the_first_takes_nothing_from_the_second() {
    let Some(place) = Place::new("two-runs") else { return };
    let name = place.name();
    // Nobody works on it, so that the first one waits.
    let [one, two] = ["1", "2"].map(|value| place.operator(value));
    let first =
        place.command(&["run", name, &one, "--class", FOREIGN]).stderr(Stdio::piped()).spawn().unwrap();
    let is_there = || place.run(&["get", name]).code == Some(0);
    place.until("the first one has written it", is_there);
    place.run(&["run", name, &two, "--class", FOREIGN, "--wait=false"]).ok();
    let first = first.wait_with_output().unwrap();
    let told = String::from_utf8(first.stderr).unwrap();
    assert_eq!(first.status.code(), Some(1), "{told}");
    assert!(told.contains("was changed by somebody else meanwhile"), "{told}");
    let named = live(&place)["spec"]["source"]["configMaps"].clone();
    let kept: Vec<_> = maps(&place).iter().map(|map| map["metadata"]["name"].clone()).collect();
    for map in named.as_array().unwrap() {
        assert!(kept.contains(&map["configMap"]["name"]), "{named} of {kept:?}");
    }
}

#[rstest]
#[case::no_class(&["--class", "X Y"], "spec.provisionerClassName")]
#[case::another_namespace(&["--install-namespace", "other"], "spec.installNamespace cannot change")]
fn what_the_server_refuses_leaves_nothing_behind(#[case] flags: &[&str], #[case] expected: &str) {
    let Some(place) = Place::new(&format!("refuses-{}", flags[1].len())) else { return };
    let (name, image) = (place.name(), place.image("refused:v1"));
    if flags[0] == "--install-namespace" {
        place
            .run(&[
                "run",
                name,
                &place.operator("1"),
                "--class",
                FOREIGN,
                "--install-namespace",
                name,
                "--wait=false",
            ])
            .ok();
    }
    let before = maps(&place);
    for more in [&[][..], &["--push", &image]] {
        let bundle = place.operator("2");
        let refused = place.run(&[&["run", name, &bundle], flags, more].concat()).refused();
        assert!(refused.contains(expected) && !refused.contains("<nil>"), "{refused}");
        assert!(!refused.contains("not checked") && !refused.contains("{\""), "{refused}");
    }
    assert_eq!(maps(&place), before);
    assert!(place.registry_is_empty());
}

#[test]
fn a_source_of_another_kind_is_taken_over() {
    let Some(place) = Place::new("taken") else { return };
    let (name, plain) = (place.name(), place.plain("1"));
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let arguments = ["run", name, &plain, "--install-namespace", name];
    place.run(&[&arguments[..], &["--force-conflicts"]].concat()).ok();
    let source = &live(&place)["spec"]["source"];
    assert_eq!((&source["type"], &source["image"]), (&"configMaps".into(), &Value::Null), "{source}");
    // What is ours goes with what we apply next.
    let image = place.push(&plain, "taken:v1");
    place.run(&["run", name, &format!("docker://{image}"), "--install-namespace", name]).ok();
    let source = &live(&place)["spec"]["source"];
    assert_eq!((&source["type"], &source["configMaps"]), (&"image".into(), &Value::Null), "{source}");
}

#[test]
fn a_tag_that_was_moved_is_looked_at_again() {
    let Some(place) = Place::new("moved") else { return };
    let name = place.name();
    let source = format!("docker://{}", place.push(&place.plain("1"), "moved:v1"));
    let arguments = ["run", name, &source, "--install-namespace", name];
    place.run(&arguments).ok();
    let value = || place.kubectl(&["get", "configmap", "plain", "-n", name, "-o", "jsonpath={.data.value}"]);
    let again = place.run(&arguments);
    assert!(again.stderr.contains(": unchanged; "), "nothing is asked for: {}", again.stderr);
    place.push(&place.plain("2"), "moved:v1");
    let ran = place.run(&arguments);
    assert!(ran.code == Some(0) && ran.stderr.contains("looked at again"), "{}", ran.stderr);
    assert_eq!(value(), "2");
    // Where it is not read here, it is not known.
    place.push(&place.plain("3"), "moved:v1");
    place.run(&[&arguments[..], &["--format", "plain"]].concat()).ok();
    assert_eq!(value(), "3");
}

#[test]
fn a_dry_run_needs_no_cluster() {
    let Some(place) = Place::new("dry") else { return };
    let arguments = ["run", "hello", &place.operator("1"), "--dry-run", "--kubeconfig", "/nonexistent"];
    let shown = place.run(&arguments).ok();
    assert!(shown.contains("kind: BundleDeployment") && shown.contains("path: manifests"), "{shown}");
}

#[test]
fn what_a_definition_takes_away_is_accepted_by_the_flags_that_are_told() {
    let Some(place) = Place::new("waived") else { return };
    let name = place.name();
    let group = format!("{name}.example.com");
    let set = |label: &str, fields: &str| {
        let schema =
            format!("{{type: object, properties: {{spec: {{type: object, properties: {{{fields}}}}}}}}}");
        let yaml = format!(
            "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: as.{group}}}, spec: {{\
             group: {group}, scope: Namespaced, names: {{plural: as, kind: A}}, \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 0, selector: {{matchLabels: \
             {{app: {label}}}}}, template: {{metadata: {{labels: {{app: {label}}}}}, spec: {{containers: [{{name: a, image: a}}]}}}}}}}}"
        );
        place.plain_of(label, &yaml)
    };
    let before = set("before", "a: {type: string}, b: {type: string}");
    let after = set("after", "");
    place.run(&["run", name, &before, "--install-namespace", name]).ok();
    let refused = place.run(&["run", name, &after]).refused();
    let hint = "hint: to accept it, run this again with ";
    let told = refused.lines().find_map(|line| line.trim().strip_prefix(hint)).unwrap();
    let told: Vec<&str> = told.split(' ').collect();
    assert_eq!((told.len(), told[4]), (5, "--force"), "{refused}");
    place.run(&[&["run", name, &after], &told[..]].concat()).ok();
    let spec = &live(&place)["spec"];
    let waivers = spec["preflight"]["crdUpgradeSafety"]["waivers"].as_array().unwrap().len();
    assert_eq!((waivers, &spec["force"]), (2, &true.into()), "{spec}");
    // What is not asked for any more goes.
    place.run(&["run", name, &after]).ok();
    let spec = &live(&place)["spec"];
    assert_eq!((&spec["preflight"], &spec["force"]), (&Value::Null, &Value::Null), "{spec}");
}

#[test]
fn a_class_that_nobody_takes_care_of_is_told_of_what_runs() {
    let Some(place) = Place::new("class") else { return };
    let (name, bundle) = (place.name(), place.plain("1"));
    place.run(&["run", name, &bundle, "--install-namespace", name]).ok();
    let refused = place.run(&["run", name, &bundle, "--class", FOREIGN, "--timeout", "2s"]).refused();
    let told =
        format!("is not healthy after 2 s: no provisioner of the class {FOREIGN} has looked at it yet, ");
    assert!(refused.contains(&told), "{refused}");
    assert!(refused.ends_with("; what is reported is of generation 1, not 2\n"), "{refused}");
}
