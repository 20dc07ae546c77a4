//! Which kinds the server serves, by aggregated discovery: two requests, whatever their number; and which version it is.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::core::discovery::Scope;
use kube::discovery::Discovery;
use kube::discovery::verbs::{CREATE, LIST};
use rukpak_manifest::GroupVersionKind;
use tokio::time::timeout;

use super::{ApiError, Cluster, REQUEST, Refusal, root};
use crate::{ObjectId, Resource, ServedKinds};

impl Cluster {
    /// Asks the server which kinds it serves, in every version.
    pub async fn discover(&self) -> Result<ServedKinds, ApiError> {
        let discovery = self.again(|| self.discover_once()).await?;
        let kinds = discovery.groups().flat_map(|group| {
            group.versions().flat_map(|version| group.versioned_resources(version)).map(
                |(resource, capabilities)| {
                    let gvk = GroupVersionKind {
                        group: resource.group,
                        version: resource.version,
                        kind: resource.kind,
                    };
                    let namespaced = capabilities.scope == Scope::Namespaced;
                    let is_kept = [CREATE, LIST].iter().all(|verb| capabilities.supports_operation(verb));
                    (gvk, Resource { plural: resource.plural, namespaced }, is_kept)
                },
            )
        });
        let (mut served, mut passing) = (Vec::new(), Vec::new());
        for (gvk, resource, is_kept) in kinds {
            passing.extend((!is_kept).then(|| gvk.clone()));
            served.push((gvk, resource));
        }
        let mut served: ServedKinds = served.into_iter().collect();
        for gvk in passing {
            served.passes(gvk);
        }
        Ok(served)
    }

    /// The server's version, such as `v1.36.3`.
    pub async fn version(&self) -> Result<String, ApiError> {
        self.again(|| self.version_once()).await
    }

    /// What is served in one version of a group, asked of whoever serves it: an aggregated API that is away is an error here, where
    /// [`discover`](Self::discover) may leave its kinds out.
    pub(crate) async fn served_in(&self, group: &str, version: &str) -> Result<ServedKinds, ApiError> {
        let id = ObjectId {
            group: group.into(),
            kind: "API".into(),
            namespace: String::new(),
            name: version.into(),
        };
        let request = http::Request::get(root(group, version)).body(Vec::new());
        let request = request.map_err(kube::core::request::Error::BuildRequest);
        let list: APIResourceList = match self.send("discover", &id, request).await {
            Ok(answer) => answer.read("discover", &id)?,
            Err(error) if error.refusal() == Refusal::NotFound => return Ok(ServedKinds::default()),
            Err(error) => return Err(error),
        };
        let kinds = list.resources.into_iter().filter(|one| !one.name.contains('/')).map(|one| {
            let gvk = GroupVersionKind { group: group.into(), version: version.into(), kind: one.kind };
            (gvk, Resource { plural: one.name, namespaced: one.namespaced })
        });
        Ok(kinds.collect())
    }

    async fn version_once(&self) -> Result<String, ApiError> {
        match timeout(REQUEST, self.client.apiserver_version()).await {
            Ok(Ok(version)) => Ok(version.git_version),
            Ok(Err(error)) => Err(ApiError::of("discover", &everything(), error)),
            Err(_) => Err(ApiError::late("discover", &everything(), REQUEST)),
        }
    }

    async fn discover_once(&self) -> Result<Discovery, ApiError> {
        let discovery = || Discovery::new(self.client.clone());
        let discovered = async {
            match discovery().run_aggregated().await {
                // Servers before 1.26 are asked group by group.
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 406) => discovery().run().await,
                discovered => discovered,
            }
        };
        match timeout(REQUEST, discovered).await {
            Ok(discovered) => discovered.map_err(|error| ApiError::of("discover", &everything(), error)),
            Err(_) => Err(ApiError::late("discover", &everything(), REQUEST)),
        }
    }
}

fn everything() -> ObjectId {
    ObjectId { group: String::new(), kind: "API".into(), namespace: String::new(), name: "groups".into() }
}
