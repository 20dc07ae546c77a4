//! Who may own objects, and whether they are still there.

use futures_util::future::BoxFuture;
use kube::ResourceExt as _;
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_apply::Owner;
use rukpak_apply::cluster::{Address, ApiError, Cluster};
use rukpak_apply::engine::{ConfigMapStore, Owners};

use crate::deployments::Deployments;

/// `BundleDeployments`, and the inventories that the command line keeps in a namespace.
pub(crate) struct LiveOwners {
    pub(crate) cluster: Cluster,
    pub(crate) deployments: Deployments,
    pub(crate) namespace: String,
}

impl Owners for LiveOwners {
    fn is_alive<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<bool, ApiError>> {
        Box::pin(async move {
            if owner.kind != BUNDLE_DEPLOYMENT[2] {
                return ConfigMapStore::is_alive(&self.cluster, &self.namespace, owner).await;
            }
            let known = self.deployments.get(&owner.name);
            if known.and_then(|known| known.uid()).as_deref() == Some(&owner.uid) {
                return Ok(true);
            }
            // The watch may be behind.
            self.cluster.has(&Address::known(BUNDLE_DEPLOYMENT, None, &owner.name), &owner.uid).await
        })
    }
}
