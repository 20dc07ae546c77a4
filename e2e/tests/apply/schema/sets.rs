//! Sets with a definition and resources of it.

use e2e::controlplane::Cluster;
use e2e::process::{Host, run};
use rukpak_apply::crd_upgrade::Enforcement;
use rukpak_apply::engine::EngineError;
use serde_json::json;

use super::super::bench::{Bench, manifests, text};
use super::super::definitions::gadgets;

/// By the command, as a user meets it.
#[tokio::test]
async fn a_resource_that_its_definition_refuses_is_told_before_anything_is_written() {
    let Some(bench) = Bench::new("schema").await else { return };
    let group = format!("schema.{}.example.com", bench.namespace);
    let set = format!(
        "{}---\n{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: two}}, spec: {{size: large}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: fine}}}}",
        gadgets(&group).replace("spec: {size: 1}", "spec: {size: 1.5}")
    );
    let host = Host::new();
    let _ = host.write("bundle/manifests/set.yaml", set);
    let mut command = host.rukpakctl(["apply", "schema", "bundle", "--install-namespace", &bench.namespace]);
    command.env("KUBECONFIG", Cluster::current_kubeconfig().unwrap());
    let printed = run(&mut command).refused();
    for (name, got) in [("one", "number"), ("two", "string")] {
        let line = format!(
            "Gadget.{group} {}/{name}: spec.size: Invalid value: \"{got}\": spec.size in body must be of type integer: \"{got}\"",
            bench.namespace
        );
        assert!(printed.contains(&line), "{printed}");
    }
    assert_eq!(bench.get("v1/ConfigMap", "fine").await, None);
    assert_eq!(bench.find(&format!("{group}/v1/Gadget"), "one").await, None);
}

#[tokio::test]
async fn a_resource_that_is_there_is_judged_by_the_definition_that_comes() {
    let Some(bench) = Bench::new("schema-change").await else { return };
    let group = format!("change.{}.example.com", bench.namespace);
    let kind = format!("{group}/v1/Gadget");
    bench.apply(&gadgets(&group)).await.unwrap();
    let next = gadgets(&group).replace(
        "size: {type: integer}",
        "size: {type: integer}, colour: {type: string, enum: [red, blue]}, depth: {type: integer}",
    );
    let wrong = next.replace("spec: {size: 1}", "spec: {size: 1, colour: green}");
    let error = bench.apply(&wrong).await.unwrap_err();
    let expected = format!(
        "Gadget.{group} {}/one will not be valid: spec.colour: Unsupported value: \"green\": supported values: \"red\", \"blue\"",
        bench.namespace
    );
    assert_eq!(text(&error), expected);
    let EngineError::Refused(all) = &error else { panic!("{error:?}") };
    assert!(matches!(all.as_slice(), [EngineError::InvalidResource { .. }]) && error.is_permanent());
    // Nothing was written, neither of the definition nor of the resource.
    let definition = bench
        .get("apiextensions.k8s.io/v1/CustomResourceDefinition", &format!("gadgets.{group}"))
        .await
        .unwrap();
    assert!(!definition.fields()["spec"].to_string().contains("colour"));
    assert_eq!(bench.get(&kind, "one").await.unwrap().get(&["spec"]), Some(&json!({"size": 1})));

    let right = next.replace("spec: {size: 1}", "spec: {size: 1, colour: blue}");
    bench.apply(&right).await.unwrap();
    assert_eq!(bench.get(&kind, "one").await.unwrap().get(&["spec", "colour"]), Some(&json!("blue")));
}

#[tokio::test]
async fn a_resource_is_asked_no_more_of_what_it_keeps() {
    let Some(mut bench) = Bench::new("schema-keep").await else { return };
    let group = format!("keep.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    bench.options.enforcement = Enforcement::None;
    let next = gadgets(&group)
        .replace("size: {type: integer}", "size: {type: integer, minimum: 5}, colour: {type: string}");
    // The server lets it pass, too: the size is what it was.
    let kept = next.replace("spec: {size: 1}", "spec: {size: 1, colour: red}");
    let error = text(
        &bench.apply(&next.replace("spec: {size: 1}", "spec: {size: 2, colour: red}")).await.unwrap_err(),
    );
    assert!(error.ends_with("spec.size in body should be greater than or equal to 5"), "{error}");
    bench.apply(&kept).await.unwrap();
}

/// What is said of fields that a definition does not have, by us and by a strict server.
#[tokio::test]
async fn a_field_that_the_definition_of_a_resource_does_not_have_is_told_before_anything_is_written() {
    let Some(bench) = Bench::new("schema-field").await else { return };
    let group = format!("field.{}.example.com", bench.namespace);
    let kind = format!("{group}/v1/Gadget");
    let wrong = |set: &str| {
        set.replace("spec: {size: 1}", "spec: {size: 1, zz: 2}")
            .replace("metadata: {name: one}", "metadata: {name: one, finalisers: []}")
    };
    let told = ["spec.zz: field not declared in schema", "metadata.finalisers: field not declared in schema"];
    let set = gadgets(&group);
    assert!(set.contains("metadata: {name: one}"));
    let problems = bench.problems(&wrong(&set)).await.join("; ");
    assert!(told.iter().all(|told| problems.contains(told)), "{problems}");

    bench.apply(&set).await.unwrap();
    let next = set.replace("size: {type: integer}", "size: {type: integer}, colour: {type: string}");
    let error = bench.apply(&wrong(&next)).await.unwrap_err();
    assert!(error.is_permanent() && told.iter().all(|told| text(&error).contains(told)), "{}", text(&error));
    let definition = format!("gadgets.{group}");
    let definition =
        bench.get("apiextensions.k8s.io/v1/CustomResourceDefinition", &definition).await.unwrap();
    assert!(!definition.fields()["spec"].to_string().contains("colour"));

    let resource = next.rsplit_once("---").unwrap().1;
    let gadget = wrong(resource).replace("name: one", &format!("name: two, namespace: {}", bench.namespace));
    let gadget = manifests(&gadget).iter().next().unwrap().clone();
    let address = bench.address(&gadget).await;
    let error = bench.cluster.create_strictly(&address, &gadget).await.unwrap_err().to_string();
    for field in ["spec.zz", "metadata.finalisers"] {
        assert!(error.contains(&format!("unknown field \"{field}\"")), "{error}");
    }
    bench.apply(&next).await.unwrap();
    assert_eq!(bench.get(&kind, "one").await.unwrap().get(&["spec"]), Some(&json!({"size": 1})));
}
