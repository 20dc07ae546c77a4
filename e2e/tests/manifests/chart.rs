//! The chart by itself.

use std::fs;

use rstest::rstest;
use serde_json::Value;

use super::{SYSTEM, charted, helm, manifests, objects, succeeds, told};

#[test]
fn helm_finds_nothing_to_complain_about() {
    let Some(mut helm) = helm() else { return };
    succeeds(helm.args(["lint", "--strict"]).arg(manifests().join("charts/rukpak")));
}

#[rstest]
#[case::rights("rights=everything", "rights")]
#[case::no_replica("plain.replicas=0", "replicas")]
#[case::replicas_as_text("plain.replicas=two", "replicas")]
#[case::unknown_value("plain.replica=2", "replica")]
#[case::unknown_group("registry.enabled=true", "registry")]
#[case::no_provisioner("plain.enabled=false,registryV1.enabled=false", "enabled")]
#[case::certificates("registryV1.defaultCertProvider=selfsigned", "defaultCertProvider")]
#[case::plain_has_no_certificates("plain.defaultCertProvider=self-signed", "defaultCertProvider")]
#[case::digest("plain.image.digest=sha256:abc", "digest")]
#[case::namespaces("actAs.namespaces={Team A}", "namespaces")]
#[case::size("volumes.cacheSizeLimit=much", "cacheSizeLimit")]
#[case::a_word_as_a_flag("plain.extraArgs={concurrency=4}", "extraArgs")]
#[case::other_rights("rights=tenant,plain.extraArgs={--require-service-account=false}", "extraArgs")]
fn wrong_values_are_refused(#[case] values: &str, #[case] named: &str) {
    let Some(mut helm) = helm() else { return };
    helm.args(["template", "rukpak", "--namespace", SYSTEM, "--set", values])
        .arg(manifests().join("charts/rukpak"));
    let output = helm.output().unwrap();
    assert!(!output.status.success(), "{values} is taken");
    let told = told(&output);
    assert!(told.contains("schema") && told.contains(named), "{values}: {told}");
}

#[test]
fn every_value_has_its_place_in_the_schema() {
    let schema = fs::read(manifests().join("charts/rukpak/values.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let (values, _) =
        rukpak_manifest::read(&fs::read(manifests().join("charts/rukpak/values.yaml")).unwrap()).unwrap();
    described(&values[0].value, &schema, "");
}

/// Every key of a mapping is a property with a description, and every property but Helm's own has a default.
fn described(values: &Value, schema: &Value, path: &str) {
    let (Some(values), Some(properties)) = (values.as_object(), schema["properties"].as_object()) else {
        return;
    };
    for (key, value) in values {
        let property = properties.get(key).unwrap_or_else(|| panic!("{path}.{key} is not in the schema"));
        assert!(property["description"].is_string(), "{path}.{key}");
        described(value, property, &format!("{path}.{key}"));
    }
    for key in properties.keys().filter(|key| *key != "global") {
        assert!(values.contains_key(key), "{path}.{key} has no default");
    }
}

#[test]
fn values_reach_what_they_are_about() {
    let values = "image.registry=registry.example.com/mirror,plain.image.digest=sha256:\
                  0000000000000000000000000000000000000000000000000000000000000000,registryV1.defaultCertProvider=cert-manager,\
                  registryV1.extraArgs={--concurrency=8},log.level=debug,log.format=text,podLabels.team=a,priorityClassName=high,\
                  image.pullSecrets[0].name=pull,extraEnv[0].name=HTTPS_PROXY,extraEnv[0].value=http://proxy:3128,\
                  tolerations[0].operator=Exists,podSecurityContext.runAsUser=null";
    let Some(text) = charted(values) else { return };
    let all = objects(&text);
    let pod = |name: &str| {
        let deployment =
            all.iter().find(|object| object.kind() == "Deployment" && object.name() == name).unwrap();
        deployment.get(&["spec", "template"]).unwrap().clone()
    };
    let (plain, registry) = (pod("provisioner-plain"), pod("provisioner-registry-v1"));
    let of = |pod: &Value, path: &str| pod.pointer(path).cloned().unwrap_or_default();
    let zeros = "0".repeat(64);
    assert_eq!(
        of(&plain, "/spec/containers/0/image"),
        format!("registry.example.com/mirror/provisioner-plain@sha256:{zeros}")
    );
    let args = of(&registry, "/spec/containers/0/args").to_string();
    for flag in
        ["--default-cert-provider=cert-manager", "--concurrency=8", "--log-level=debug", "--log-format=text"]
    {
        assert!(args.contains(&format!("\"{flag}\"")), "{flag}: {args}");
    }
    assert!(!of(&plain, "/spec/containers/0/args").to_string().contains("cert-provider"));
    assert_eq!(of(&plain, "/metadata/labels/team"), "a");
    assert_eq!(of(&plain, "/spec/priorityClassName"), "high");
    assert_eq!(of(&plain, "/spec/imagePullSecrets/0/name"), "pull");
    assert_eq!(of(&plain, "/spec/containers/0/env/2/name"), "HTTPS_PROXY");
    assert_eq!(of(&plain, "/spec/tolerations/0/operator"), "Exists");
    assert_eq!(of(&plain, "/spec/securityContext/runAsUser"), Value::Null);
    assert_eq!(of(&plain, "/spec/securityContext/runAsNonRoot"), true);
}

#[test]
fn where_they_may_act_can_be_narrowed() {
    let Some(text) = charted("rights=tenant,actAs.namespaces={team-a,team-b}") else { return };
    let all = objects(&text);
    let bindings = all.iter().filter(|object| {
        object.kind().ends_with("RoleBinding")
            && object.get(&["roleRef", "name"]).is_some_and(|name| name == "rukpak-act-as")
    });
    let bindings: Vec<_> = bindings.map(|object| (object.kind(), object.namespace())).collect();
    assert_eq!(bindings, [("RoleBinding", Some("team-a")), ("RoleBinding", Some("team-b"))]);
}
