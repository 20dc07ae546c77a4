//! The serving certificate of a deployment's webhooks, mounted where operators look for it.
//!
//! Legacy OLM mounts a certificate at two places under two names, and every operator that serves a webhook through it
//! reads one of them. Source: operator-controller's `ensureCorrectDeploymentCertVolumes`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::pod_template::{PodTemplate, list};

/// A place where a certificate is expected.
struct Place {
    volume: &'static str,
    path: &'static str,
    certificate: &'static str,
    key: &'static str,
}

const PLACES: [Place; 2] = [
    Place {
        volume: "webhook-cert",
        path: "/tmp/k8s-webhook-server/serving-certs",
        certificate: "tls.crt",
        key: "tls.key",
    },
    Place {
        volume: "apiservice-cert",
        path: "/apiserver.local.config/certificates",
        certificate: "apiserver.crt",
        key: "apiserver.key",
    },
];

/// Mounts a Secret's certificate in every container, in place of whatever has one of the names or is mounted at one
/// of the paths.
pub(super) fn mount(template: &mut PodTemplate<'_>, secret: &str) {
    let mut replaced: BTreeSet<String> = PLACES.iter().map(|place| place.volume.to_owned()).collect();
    for container in template.containers() {
        replaced.extend(mounts(container).filter(|mount| is_at_a_place(mount)).filter_map(name));
    }
    let stays = |item: &Value| name(item).is_none_or(|name| !replaced.contains(&name));

    let volumes = template.volumes();
    volumes.retain(stays);
    volumes.extend(PLACES.iter().map(|place| volume(place, secret)));
    for container in template.containers() {
        let mounts = list(container, "volumeMounts");
        mounts.retain(stays);
        mounts.extend(PLACES.iter().map(|place| json!({"mountPath": place.path, "name": place.volume})));
    }
}

fn volume(place: &Place, secret: &str) -> Value {
    let items = json!([{"key": "tls.crt", "path": place.certificate}, {"key": "tls.key", "path": place.key}]);
    json!({"name": place.volume, "secret": {"secretName": secret, "items": items}})
}

fn mounts(container: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten()
}

fn is_at_a_place(mount: &Value) -> bool {
    let path = mount.get("mountPath").and_then(Value::as_str);
    PLACES.iter().any(|place| path == Some(place.path))
}

fn name(item: &Value) -> Option<String> {
    item.get("name").and_then(Value::as_str).map(Into::into)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NEW_MOUNTS: [&str; 2] = ["webhook-cert", "apiservice-cert"];

    fn mounted(pod_spec: &Value) -> Value {
        let Value::Object(mut spec) = json!({"template": {"spec": pod_spec}}) else { unreachable!() };
        mount(&mut PodTemplate::of(&mut spec), "secret");
        spec["template"]["spec"].clone()
    }

    fn names(list: &Value) -> Vec<&str> {
        list.as_array().into_iter().flatten().filter_map(|item| item["name"].as_str()).collect()
    }

    #[test]
    fn both_places() {
        let pod = mounted(&json!({"containers": [{}]}));
        assert_eq!(
            pod,
            json!({
                "containers": [{"volumeMounts": [
                    {"name": "webhook-cert", "mountPath": "/tmp/k8s-webhook-server/serving-certs"},
                    {"name": "apiservice-cert", "mountPath": "/apiserver.local.config/certificates"},
                ]}],
                "volumes": [
                    {"name": "webhook-cert", "secret": {"secretName": "secret", "items": [
                        {"key": "tls.crt", "path": "tls.crt"}, {"key": "tls.key", "path": "tls.key"},
                    ]}},
                    {"name": "apiservice-cert", "secret": {"secretName": "secret", "items": [
                        {"key": "tls.crt", "path": "apiserver.crt"}, {"key": "tls.key", "path": "apiserver.key"},
                    ]}},
                ],
            })
        );
    }

    #[rstest]
    #[case::others_stay("data", "/data", true)]
    #[case::of_the_name("webhook-cert", "/certs", false)]
    #[case::at_the_path("cert", "/tmp/k8s-webhook-server/serving-certs", false)]
    #[case::at_the_other_path("cert", "/apiserver.local.config/certificates", false)]
    #[case::below_the_path("cert", "/tmp/k8s-webhook-server", true)]
    fn replaces(#[case] volume: &str, #[case] path: &str, #[case] stays: bool) {
        let mount = json!({"name": volume, "mountPath": path});
        let pod = mounted(&json!({"containers": [{"volumeMounts": [mount]}], "volumes": [{"name": volume}]}));
        let mut expected = NEW_MOUNTS.to_vec();
        if stays {
            expected.insert(0, volume);
        }
        assert_eq!(names(&pod["volumes"]), expected);
        assert_eq!(names(&pod["containers"][0]["volumeMounts"]), expected);
    }

    #[test]
    fn a_replaced_volume_goes_from_every_container_but_not_from_init_containers() {
        let at_the_path = json!({"name": "cert", "mountPath": "/tmp/k8s-webhook-server/serving-certs"});
        let elsewhere = json!({"name": "cert", "mountPath": "/elsewhere"});
        let pod = mounted(&json!({
            "containers": [{"volumeMounts": [at_the_path]}, {"volumeMounts": [elsewhere]}],
            "initContainers": [{"volumeMounts": [elsewhere]}],
        }));
        assert_eq!(names(&pod["containers"][1]["volumeMounts"]), NEW_MOUNTS);
        assert_eq!(names(&pod["initContainers"][0]["volumeMounts"]), ["cert"]);
    }
}
