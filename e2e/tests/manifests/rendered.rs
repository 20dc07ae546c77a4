//! What kustomize and Helm make, without a server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clap::{Args as _, Command, FromArgMatches as _};
use rstest::rstest;
use rukpak_manifest::{Object, read};
use rukpak_provisioner::Flags;
use serde_json::{Value, json};

use super::{OVERLAYS, PROVISIONERS, charted, kustomized, manifests, objects};

/// Everything that can be rendered: a folder for kustomize, or values for the chart.
fn renderings() -> Vec<(String, Option<String>)> {
    let folders = ["base"].into_iter().chain(OVERLAYS);
    let kustomized = folders.map(|folder| (folder.to_owned(), kustomized(folder)));
    let values = [
        "rights=cluster-wide",
        "rights=tenant",
        "rights=tenant,actAs.namespaces={team-a,team-b}",
        "registryV1.replicas=3",
        "plain.enabled=false",
        "registryV1.enabled=false,crds.install=false,networkPolicy.enabled=false",
        "monitoring.serviceMonitor=true,monitoring.prometheusRule=true,monitoring.dashboard=true,monitoring.labels.team=a",
    ];
    kustomized.chain(values.map(|values| (values.to_owned(), charted(values)))).collect()
}

#[test]
fn nothing_stands_twice_and_nothing_belongs_to_nobody() {
    for (name, text) in renderings() {
        let Some(text) = text else { return };
        let mut seen = BTreeSet::new();
        for object in objects(&text) {
            assert!(seen.insert(object.key()), "{name}: {} stands twice", object.key());
        }
        // A binding is to a role that is there, and to accounts that are.
        let all = objects(&text);
        let has = |kind: &str, name: &str| all.iter().any(|one| one.kind() == kind && one.name() == name);
        for binding in all
            .iter()
            .filter(|object| object.kind().ends_with("Binding") && object.get(&["roleRef"]).is_some())
        {
            let role = binding.get(&["roleRef"]).unwrap();
            let [kind, of] = ["kind", "name"].map(|field| role[field].as_str().unwrap());
            assert!(has(kind, of), "{name}: {} names {kind} {of}", binding.key());
            let subjects = binding.get(&["subjects"]).and_then(Value::as_array).unwrap();
            assert!(!subjects.is_empty(), "{name}: {}", binding.key());
            for subject in subjects {
                let of = subject["name"].as_str().unwrap();
                assert!(has("ServiceAccount", of), "{name}: {} names {of}", binding.key());
            }
        }
    }
}

#[test]
fn a_budget_is_there_for_more_than_one_replica_only() {
    for (name, text) in renderings() {
        let Some(text) = text else { return };
        let all = objects(&text);
        let of_kind = |kind: &'static str| all.iter().filter(move |object| object.kind() == kind);
        let replicated = of_kind("Deployment")
            .filter(|object| object.get(&["spec", "replicas"]).and_then(Value::as_u64).unwrap() > 1);
        let replicated: Vec<&str> = replicated.map(Object::name).collect();
        let budgets: Vec<&str> = of_kind("PodDisruptionBudget").map(Object::name).collect();
        assert_eq!(budgets, replicated, "{name}");
    }
    let Some(text) = kustomized("overlays/high-availability") else { return };
    let all = objects(&text);
    let budgets = all.iter().filter(|object| object.kind() == "PodDisruptionBudget").map(Object::name);
    assert_eq!(budgets.collect::<Vec<_>>(), PROVISIONERS);
}

/// An object without what only one of the two ways says: labels, where images are pulled from again, and that a definition stays.
fn compared(mut object: Object) -> Object {
    object.metadata_mut().remove("labels");
    if let Some(annotations) = object.metadata_mut().get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("helm.sh/resource-policy");
    }
    let mut value = object.into_value();
    if let Some(container) = value.pointer_mut("/spec/template/spec/containers/0") {
        container.as_object_mut().unwrap().remove("imagePullPolicy");
    }
    if value["metadata"]["annotations"] == json!({}) {
        value["metadata"].as_object_mut().unwrap().remove("annotations");
    }
    Object::from_value(value).unwrap()
}

#[rstest]
#[case("overlays/cluster-wide", "rights=cluster-wide")]
#[case("overlays/tenant", "rights=tenant")]
#[case("overlays/high-availability", "registryV1.replicas=2,plain.replicas=2")]
fn kustomize_and_helm_install_the_same(#[case] overlay: &str, #[case] values: &str) {
    let (Some(kustomized), Some(charted)) = (kustomized(overlay), charted(values)) else { return };
    let by_name = |text: &str| -> BTreeMap<String, Object> {
        let all = objects(text).into_iter().filter(|object| object.kind() != "Namespace");
        all.map(|object| (object.key().to_string(), compared(object))).collect()
    };
    let (kustomized, charted) = (by_name(&kustomized), by_name(&charted));
    assert_eq!(kustomized.keys().collect::<Vec<_>>(), charted.keys().collect::<Vec<_>>());
    for (name, object) in &kustomized {
        assert_eq!(*object, charted[name], "{name}");
    }
}

#[test]
fn the_base_has_every_definition_and_their_folder_nothing_else() {
    let Some(text) = kustomized("base") else { return };
    let base = objects(&text);
    let mut names = Vec::new();
    for file in fs::read_dir(manifests().join("crds")).unwrap() {
        let (documents, _) = read(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        for document in documents {
            let definition = Object::from_value(document.value).unwrap();
            assert_eq!(definition.kind(), "CustomResourceDefinition");
            names.push(definition.name().to_owned());
            let shipped = base.iter().find(|object| object.key() == definition.key()).unwrap();
            assert_eq!(shipped.get(&["spec"]), definition.get(&["spec"]));
        }
    }
    assert_eq!(names.len(), base.iter().filter(|object| object.kind() == "CustomResourceDefinition").count());
    assert!(!names.is_empty());
}

#[test]
fn images_have_the_version_of_the_workspace() {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    for (name, text) in renderings() {
        let Some(text) = text else { return };
        for deployment in objects(&text).iter().filter(|object| object.kind() == "Deployment") {
            let pod = deployment.get(&["spec", "template", "spec"]).unwrap();
            let image = pod["containers"][0]["image"].as_str().unwrap();
            let expected = format!("ghcr.io/rukpak-rs/{}:{version}", deployment.name());
            assert_eq!(image, expected, "{name}");
        }
    }
    let chart = fs::read_to_string(manifests().join("charts/rukpak/Chart.yaml")).unwrap();
    assert!(chart.contains(&format!("\nversion: {}\n", env!("CARGO_PKG_VERSION"))), "{chart}");
    let makefile = fs::read_to_string(manifests().join("../Makefile")).unwrap();
    assert!(makefile.contains(&format!("\nIMAGE_TAG := {version}\n")));
}

#[test]
fn the_provisioners_take_the_flags_that_they_are_given() {
    for (name, text) in renderings() {
        let Some(text) = text else { return };
        for deployment in objects(&text).iter().filter(|object| object.kind() == "Deployment") {
            let pod = deployment.get(&["spec", "template", "spec"]).unwrap();
            let container = &pod["containers"][0];
            let args = container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap());
            let command = Flags::augment_args(Command::new("provisioner"));
            let matches = command.try_get_matches_from(["provisioner"].into_iter().chain(args));
            let flags = Flags::from_arg_matches(&matches.unwrap()).unwrap();
            assert!(flags.leader_elect, "{name}");
            assert_eq!(flags.require_service_account, name.contains("tenant"), "{name}");
            let port = u64::from(flags.http_bind_address.port());
            assert_eq!(container["ports"][0]["containerPort"], port, "{name}");
            let cache = flags.cache_dir.to_str().unwrap();
            assert_eq!(container["volumeMounts"][0]["mountPath"], cache, "{name}");
            let url = format!("https://{}.$(RUKPAK_SYSTEM_NAMESPACE).svc", deployment.name());
            assert_eq!(flags.content_url, Some(url), "{name}");
        }
    }
}
