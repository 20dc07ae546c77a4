//! The namespace that a run has made to install into, before it was known whether anything is refused.
//!
//! Where something is, or the run is interrupted before its first write, it goes again: nothing is to be left of a run that was refused.
//! Somebody else may have come to use it meanwhile; then it stays.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rukpak_apply::cluster::{Address, Cluster};
use rukpak_apply::{ObjectId, ServedKinds, Shown};
use rukpak_manifest::Object;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::report;

/// What a cluster puts into each namespace by itself, as kind and name, with what `OpenShift` adds.
const OF_THE_CLUSTER: [[&str; 2]; 5] = [
    ["ServiceAccount", "default"],
    ["ServiceAccount", "builder"],
    ["ServiceAccount", "deployer"],
    ["ConfigMap", "kube-root-ca.crt"],
    ["ConfigMap", "openshift-service-ca.crt"],
];

/// The types of the Secrets that it makes for those `ServiceAccounts`.
const CREDENTIALS: [&str; 2] = ["kubernetes.io/service-account-token", "kubernetes.io/dockercfg"];

/// Lists that are asked for at the same time.
const AT_ONCE: usize = 16;

/// How long it is waited for to be gone, so that whoever runs the same again does not come upon one that goes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it is.
const INTERVAL: Duration = Duration::from_millis(200);

/// The namespace that was made, if one was, until the first write of what goes into it.
#[derive(Default)]
pub(crate) struct Made(Mutex<Option<Namespace>>);

/// One that was made.
struct Namespace {
    cluster: Cluster,
    served: ServedKinds,
    name: String,
    uid: String,
}

impl Made {
    /// Makes a namespace where it is absent.
    pub(super) async fn make(
        &self,
        cluster: &Cluster,
        served: &ServedKinds,
        namespace: &Object,
    ) -> anyhow::Result<()> {
        let Some(made) = cluster.make_namespace(namespace).await? else { return Ok(()) };
        let uid = made.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (cluster, served, name) = (cluster.clone(), served.clone(), namespace.name().to_owned());
        *self.lock() = Some(Namespace { cluster, served, name, uid });
        Ok(())
    }

    /// It is used from now on.
    pub(crate) fn keep(&self) {
        self.lock().take();
    }

    /// Deletes it, where there is one and nobody else uses it; that it stays is told.
    pub(crate) async fn undo(&self, quiet: bool) {
        let Some(made) = self.lock().take() else { return };
        match made.delete().await {
            Err(error) if !quiet => report::warning(format!(
                "the namespace {}, which was made to install into, is still there: {error:#}",
                made.name
            )),
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Namespace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    async fn delete(&self) -> anyhow::Result<()> {
        if let Some(id) = self.in_use().await.context("it is not known whether something is in it")? {
            bail!("{} is in it", Shown(&id));
        }
        let address = Address::of_namespace(&self.name);
        self.cluster.delete(&address, &self.uid).await?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && self.cluster.has(&address, &self.uid).await? {
            sleep(INTERVAL).await;
        }
        Ok(())
    }

    /// An object in it that somebody put there.
    async fn in_use(&self) -> anyhow::Result<Option<ObjectId>> {
        let mut kinds = BTreeMap::new();
        for (gvk, resource) in self.served.kept().filter(|(_, resource)| resource.namespaced) {
            kinds.entry((&gvk.group, &gvk.kind)).or_insert((gvk, resource));
        }
        let lists = kinds.into_values().map(|(gvk, resource)| {
            let kind = [&gvk.group, &gvk.version, &gvk.kind, &resource.plural].map(String::clone);
            async move {
                let kind = kind.each_ref().map(String::as_str);
                self.cluster.list_known(kind, Some(&self.name), None).await
            }
        });
        let lists: Vec<_> = lists.collect();
        let all: Vec<Vec<Object>> = stream::iter(lists).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(all.iter().flatten().find(|object| !is_of_the_cluster(object)).map(ObjectId::of))
    }
}

fn is_of_the_cluster(object: &Object) -> bool {
    match object.kind() {
        "Event" => true,
        "RoleBinding" => object.name().starts_with("system:"),
        "Secret" => {
            object.get(&["type"]).and_then(Value::as_str).is_some_and(|kind| CREDENTIALS.contains(&kind))
        }
        kind => OF_THE_CLUSTER.contains(&[kind, object.name()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::account("v1", "ServiceAccount", "default", true)]
    #[case::authority("v1", "ConfigMap", "kube-root-ca.crt", true)]
    #[case::binding("rbac.authorization.k8s.io/v1", "RoleBinding", "system:image-pullers", true)]
    #[case::event("events.k8s.io/v1", "Event", "x.17", true)]
    #[case::other_account("v1", "ServiceAccount", "default2", false)]
    #[case::other_binding("rbac.authorization.k8s.io/v1", "RoleBinding", "web", false)]
    #[case::map("v1", "ConfigMap", "web", false)]
    #[case::secret("v1", "Secret", "default-token", false)]
    fn what_is_in_every_namespace(
        #[case] version: &str,
        #[case] kind: &str,
        #[case] name: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(is_of_the_cluster(&Object::new(version, kind, Some("a"), name)), expected);
    }

    #[test]
    fn credentials_are_in_every_namespace_of_older_clusters() {
        let secret = Object::new("v1", "Secret", Some("a"), "default-x").with("type", CREDENTIALS[0]);
        assert!(is_of_the_cluster(&secret));
    }
}
