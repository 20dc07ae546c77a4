//! The images that a bundle runs or names.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_bundle::ClusterServiceVersion;
use rukpak_manifest::Object;
use serde::Serialize;
use serde_json::Value;

/// An image and where it is used.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    #[serde(rename = "image")]
    pub(super) reference: String,
    /// Names under `spec.relatedImages` of the `ClusterServiceVersion`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) related: BTreeSet<String>,
    /// `<workload>/<container>`.
    pub(super) containers: BTreeSet<String>,
}

/// Images by their references.
#[derive(Default)]
struct Images(BTreeMap<String, Image>);

/// The related images of an operator and those of its deployments, sorted by reference.
pub(super) fn of_operator(csv: &ClusterServiceVersion) -> Vec<Image> {
    let mut images = Images::default();
    for related in &csv.related_images {
        images.of(&related.image).related.insert(related.name.clone());
    }
    for deployment in &csv.deployments {
        let pod = deployment.spec.get("template").and_then(|template| template.get("spec"));
        images.add_pod(&deployment.name, pod);
    }
    images.0.into_values().collect()
}

/// The images of workloads, sorted by reference.
pub(super) fn of_objects(objects: &[Object]) -> Vec<Image> {
    /// Where a pod's spec stands: in workloads, in a `CronJob`, in a Pod.
    const PODS: [&[&str]; 3] =
        [&["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"], &["spec"]];
    let mut images = Images::default();
    for object in objects {
        for path in PODS {
            images.add_pod(object.name(), object.get(path));
        }
    }
    images.0.into_values().collect()
}

impl Images {
    fn of(&mut self, reference: &str) -> &mut Image {
        self.0.entry(reference.to_owned()).or_insert_with(|| Image {
            reference: reference.to_owned(),
            related: BTreeSet::new(),
            containers: BTreeSet::new(),
        })
    }

    fn add_pod(&mut self, workload: &str, pod: Option<&Value>) {
        for list in ["initContainers", "containers"] {
            let containers = pod.and_then(|pod| pod.get(list)).and_then(Value::as_array);
            for container in containers.into_iter().flatten() {
                let text = |field| container.get(field).and_then(Value::as_str);
                if let Some(image) = text("image") {
                    let name = format!("{workload}/{}", text("name").unwrap_or_default());
                    self.of(image).containers.insert(name);
                }
            }
        }
    }
}
