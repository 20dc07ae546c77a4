//! Installations for programs. What both kinds have is called the same.

use rukpak_api::BundleDeploymentStatus;
use rukpak_apply::Inventory;
use serde_json::{Value, json};

use super::list::policy;
use crate::deployment::{details, source};
use crate::difference::named;
use crate::installation::{NAMESPACE, PACKAGE, SOURCE, VERSION};
use crate::installed::Installed;

/// An installation as a value.
pub(super) fn value(one: &Installed) -> anyhow::Result<Value> {
    let kind = one.kind().to_string();
    Ok(match one {
        Installed::Inventory(found) => {
            let (store, inventory) = &**found;
            let package = store.fact(PACKAGE);
            let bundle = package.map(|package| json!({"package": package, "version": store.fact(VERSION)}));
            json!({
                "kind": kind,
                "name": store.owner().name,
                "uid": store.owner().uid,
                "source": store.fact(SOURCE),
                "installNamespace": store.fact(NAMESPACE),
                "deletionPolicy": policy(store),
                "bundle": bundle,
                "inventory": (!store.is_damaged()).then(|| entries(inventory)),
            })
        }
        Installed::Deployment(deployment) => {
            let spec = &deployment.spec;
            let empty = BundleDeploymentStatus::default();
            let status = deployment.status.as_ref().unwrap_or(&empty);
            let namespace = Some(details::namespace(deployment)).filter(|namespace| !namespace.is_empty());
            json!({
                "kind": kind,
                "name": deployment.metadata.name,
                "uid": deployment.metadata.uid,
                "class": spec.provisioner_class_name,
                "source": source::shown(&spec.source),
                "resolvedSource": status.resolved_source.as_ref().map(source::shown),
                "activeSource": status.active_source.as_ref().map(source::shown),
                "installNamespace": namespace,
                "deletionPolicy": spec.deletion_policy,
                "bundle": status.bundle,
                "generation": deployment.metadata.generation,
                "observedGeneration": status.observed_generation,
                "conditions": status.conditions,
                "contentURL": status.content_url,
                "inventory": entries(&one.inventory()?),
            })
        }
    })
}

/// What is owned, each object with the version that it was written in.
fn entries(inventory: &Inventory) -> Value {
    let entry = |(id, version)| json!({"object": named(id), "version": version});
    json!({"entries": inventory.iter().map(entry).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::tests::deployment;

    #[test]
    fn what_is_owned_is_named_as_in_every_other_report() {
        let value = value(&Installed::Deployment(Box::new(deployment(&[])))).unwrap();
        let object = json!({"group": "", "kind": "ConfigMap", "namespace": "hello-system", "name": "hello"});
        assert_eq!(value["inventory"], json!({"entries": [{"object": object, "version": "v1"}]}));
    }
}
