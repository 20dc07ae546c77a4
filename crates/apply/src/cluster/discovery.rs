//! Which kinds the server serves, by aggregated discovery: two requests, whatever their number; and which version it is.

use kube::core::discovery::Scope;
use kube::discovery::Discovery;
use rukpak_manifest::GroupVersionKind;
use tokio::time::timeout;

use super::{ApiError, Cluster, REQUEST};
use crate::{ObjectId, Resource, ServedKinds};

impl Cluster {
    /// Asks the server which kinds it serves, in every version.
    pub async fn discover(&self) -> Result<ServedKinds, ApiError> {
        let discovered = timeout(REQUEST, self.ask_for_kinds()).await;
        discovered.map_err(|_| ApiError::late("discover", &everything(), REQUEST))?
    }

    async fn ask_for_kinds(&self) -> Result<ServedKinds, ApiError> {
        let discovery = match Discovery::new(self.client.clone()).run_aggregated().await {
            Ok(discovery) => discovery,
            // Servers before 1.26 are asked group by group.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 406) => {
                let discovered = Discovery::new(self.client.clone()).run().await;
                discovered.map_err(|error| ApiError::of("discover", &everything(), error))?
            }
            Err(error) => return Err(ApiError::of("discover", &everything(), error)),
        };
        let kinds = discovery.groups().flat_map(|group| {
            group.versions().flat_map(|version| group.versioned_resources(version)).map(
                |(resource, capabilities)| {
                    let gvk = GroupVersionKind {
                        group: resource.group,
                        version: resource.version,
                        kind: resource.kind,
                    };
                    let namespaced = capabilities.scope == Scope::Namespaced;
                    (gvk, Resource { plural: resource.plural, namespaced })
                },
            )
        });
        Ok(kinds.collect())
    }

    /// The server's version, such as `v1.36.3`.
    pub async fn version(&self) -> Result<String, ApiError> {
        let version = self.client.apiserver_version().await;
        version
            .map(|version| version.git_version)
            .map_err(|error| ApiError::of("discover", &everything(), error))
    }
}

fn everything() -> ObjectId {
    ObjectId { group: String::new(), kind: "API".into(), namespace: String::new(), name: "groups".into() }
}
