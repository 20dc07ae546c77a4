//! Lists, page by page.

use kube::api::ListParams;
use kube::core::request;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{ApiError, Cluster, Refusal};
use crate::ObjectId;

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: ListMetadata,
    /// `null` where there are none.
    items: Option<Vec<T>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    #[serde(default)]
    resource_version: String,
    #[serde(default, rename = "continue")]
    token: Option<String>,
    #[serde(default)]
    remaining_item_count: Option<u64>,
}

impl<T> Page<T> {
    /// How many items the list has, of which this is the first page; `None` where the server does not say.
    fn count(&self) -> Option<u64> {
        let here = self.items.as_ref().map_or(0, Vec::len) as u64;
        let is_last = self.metadata.token.as_ref().is_none_or(String::is_empty);
        let behind = if is_last { Some(0) } else { self.metadata.remaining_item_count };
        behind.map(|behind| here.saturating_add(behind))
    }
}

impl Cluster {
    /// How many items a list has, by its first page alone where the server says how many are behind that.
    pub(super) async fn items(
        &self,
        id: &ObjectId,
        request: impl Fn(&ListParams) -> Result<http::Request<Vec<u8>>, request::Error>,
    ) -> Result<u64, ApiError> {
        let first = self.send("list", id, request(&ListParams::default().limit(1))).await?;
        match first.read::<Page<IgnoredAny>>("list", id)?.count() {
            Some(count) => Ok(count),
            None => Ok(self.pages::<IgnoredAny>(id, ListParams::default(), request).await?.0.len() as u64),
        }
    }

    /// The items of all pages of a list, and the resource version at which they were so. Where the server has forgotten how it began
    /// meanwhile, it begins again.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        id: &ObjectId,
        mut params: ListParams,
        request: impl Fn(&ListParams) -> Result<http::Request<Vec<u8>>, request::Error>,
    ) -> Result<(Vec<T>, String), ApiError> {
        let mut all = Vec::new();
        loop {
            let page: Page<T> = match self.send("list", id, request(&params)).await {
                Err(error) if error.refusal() == Refusal::Expired && params.continue_token.is_some() => {
                    params.continue_token = None;
                    all.clear();
                    continue;
                }
                answer => answer?.read("list", id)?,
            };
            all.extend(page.items.into_iter().flatten());
            match page.metadata.token.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => return Ok((all, page.metadata.resource_version)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    #[rstest]
    #[case::none(json!({"metadata": {"resourceVersion": "7"}, "items": null}), 0)]
    #[case::one(json!({"metadata": {"resourceVersion": "7", "continue": ""}, "items": [{"metadata": {"name": "a"}}]}), 1)]
    fn lists(#[case] list: Value, #[case] items: usize) {
        let list: Page<Value> = serde_json::from_value(list).unwrap();
        assert_eq!(list.items.map_or(0, |items| items.len()), items);
        assert_eq!(list.metadata.resource_version, "7");
        assert_eq!(list.metadata.token.unwrap_or_default(), "");
    }

    #[rstest]
    #[case::none(json!({"metadata": {}, "items": null}), Some(0))]
    #[case::one(json!({"metadata": {"continue": ""}, "items": [{}]}), Some(1))]
    #[case::many(json!({"metadata": {"continue": "x", "remainingItemCount": 41}, "items": [{}]}), Some(42))]
    #[case::nobody_knows(json!({"metadata": {"continue": "x"}, "items": [{}]}), None)]
    fn counts(#[case] list: Value, #[case] expected: Option<u64>) {
        let list: Page<IgnoredAny> = serde_json::from_value(list).unwrap();
        assert_eq!(list.count(), expected);
    }
}
