//! Lists and watches of metadata: whose an object is, which state it is in and what holds it, and nothing else.
//!
//! The server is asked for `PartialObjectMetadata`, and of that what is not read here (`managedFields` above all) is skipped
//! where it stands in the answer.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use http::StatusCode;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::core::Request;
use rukpak_manifest::GroupVersionKind;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::{Instant, timeout};

use super::{ApiError, Cluster, REQUEST, url};
use crate::{ObjectId, Resource};

/// Objects of one page. Their `managedFields` make them larger than they look.
const PAGE: u32 = 250;

/// What is read of an object.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) uid: String,
    #[serde(default)]
    pub(crate) resource_version: String,
    #[serde(default)]
    deletion_timestamp: Option<IgnoredAny>,
    #[serde(default)]
    finalizers: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<Labels>,
    #[serde(default)]
    annotations: Option<Annotations>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Labels {
    #[serde(rename = "core.rukpak.io/owner-kind")]
    owner_kind: Option<String>,
    #[serde(rename = "core.rukpak.io/owner-name")]
    owner_name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Annotations {
    #[serde(rename = "core.rukpak.io/owned-id")]
    owned_id: Option<String>,
}

/// What a watch tells.
#[derive(Debug)]
pub(crate) enum Change {
    /// An object is there, or is another than before.
    Is(Metadata),
    /// An object is gone, or is not selected any more.
    Was(Metadata),
    /// Everything up to a resource version was told.
    Mark(String),
}

#[derive(Debug, Clone, Deserialize)]
struct Partial {
    metadata: Metadata,
}

impl Metadata {
    /// What identifies it.
    pub(crate) fn id(&self, group: &str, kind: &str) -> ObjectId {
        ObjectId {
            group: group.into(),
            kind: kind.into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// Whether it is being deleted.
    pub(crate) fn is_going(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// What it waits for before it goes.
    pub(crate) fn finalizers(&self) -> &[String] {
        self.finalizers.as_deref().unwrap_or_default()
    }

    /// The name of the owner of this kind whose marks it has, if they are about this object.
    pub(crate) fn owner(&self, id: &ObjectId, owners: &str) -> Option<&str> {
        let labels = self.labels.as_ref().filter(|labels| labels.owner_kind.as_deref() == Some(owners))?;
        let owned = self.annotations.as_ref()?.owned_id.as_deref()?;
        labels.owner_name.as_deref().filter(|_| owned == id.to_string())
    }
}

impl Cluster {
    /// All objects of a kind that a selector selects, and the resource version at which they were so.
    pub(crate) async fn list_metadata(
        &self,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: Option<&str>,
    ) -> Result<(Vec<Metadata>, String), ApiError> {
        let (id, request) = (all_of(gvk), everywhere(gvk, resource));
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector = selector.map(str::to_owned);
        let (items, version) =
            self.pages::<Partial>(&id, params, |params| request.list_metadata(params)).await?;
        Ok((items.into_iter().map(|item| item.metadata).collect(), version))
    }

    /// How many objects of a kind there are.
    pub(crate) async fn count(&self, gvk: &GroupVersionKind, resource: &Resource) -> Result<u64, ApiError> {
        let request = everywhere(gvk, resource);
        self.items(&all_of(gvk), |params| request.list_metadata(params)).await
    }

    /// What happens to the objects of a kind that a selector selects, from a resource version on, for about so long.
    pub(crate) async fn watch_metadata(
        &self,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: Option<&str>,
        from: &str,
        duration: Duration,
    ) -> Result<impl Stream<Item = Result<Change, ApiError>> + use<>, ApiError> {
        let id = all_of(gvk);
        let params = WatchParams {
            label_selector: selector.map(str::to_owned),
            timeout: Some(duration.as_secs().try_into().unwrap_or(u32::MAX)),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = everywhere(gvk, resource).watch_metadata(&params, from);
        let request =
            request.map_err(|error| ApiError::of("watch", &id, kube::Error::BuildRequest(error)))?;
        let start = Instant::now();
        let opened = timeout(REQUEST, self.client.request_events::<Partial>(request)).await.ok();
        self.tell("watch", start, opened.as_ref(), |_| StatusCode::OK);
        let events = opened.ok_or_else(|| ApiError::late("watch", &id, REQUEST))?;
        let events = events.map_err(|error| ApiError::of("watch", &id, error))?;
        Ok(events.map(move |event| match event {
            Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => Ok(Change::Is(object.metadata)),
            Ok(WatchEvent::Deleted(object)) => Ok(Change::Was(object.metadata)),
            Ok(WatchEvent::Bookmark(bookmark)) => Ok(Change::Mark(bookmark.metadata.resource_version)),
            Ok(WatchEvent::Error(status)) => Err(ApiError::of("watch", &id, kube::Error::Api(status))),
            Err(error) => Err(ApiError::of("watch", &id, error)),
        }))
    }
}

fn everywhere(gvk: &GroupVersionKind, resource: &Resource) -> Request {
    Request::new(url(&gvk.group, &gvk.version, &resource.plural, None))
}

fn all_of(gvk: &GroupVersionKind) -> ObjectId {
    let (group, kind) = (gvk.group.clone(), gvk.kind.clone());
    ObjectId { group, kind, namespace: String::new(), name: "*".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Owner;
    use rstest::rstest;
    use rukpak_manifest::Object;
    use serde_json::json;

    fn marked(kind: &str, name: &str) -> Object {
        let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
        Owner { kind: kind.into(), name: name.into(), uid: "1".into() }.mark(&mut object);
        object.metadata_mut().insert("managedFields".into(), json!([{"manager": "x"}]));
        object
    }

    fn copied() -> Object {
        let mut object = marked("Inventory", "web");
        object.metadata_mut().insert("name".into(), json!("c"));
        object
    }

    fn bare() -> Object {
        let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
        object.metadata_mut().insert("labels".into(), json!(null));
        object
    }

    #[rstest]
    #[case::ours(marked("Inventory", "web"), Some("web"))]
    #[case::of_another_kind_of_owner(marked("BundleDeployment", "web"), None)]
    #[case::a_copy(copied(), None)]
    #[case::nobodys(bare(), None)]
    fn whose_an_object_is(#[case] object: Object, #[case] expected: Option<&str>) {
        let read: Partial = serde_json::from_value(object.into_value()).unwrap();
        let id = read.metadata.id("", "ConfigMap");
        assert_eq!(read.metadata.owner(&id, "Inventory"), expected);
    }
}
