//! The versions of a kind, of which one is enough: all of them have the same objects.

use futures_util::future::BoxFuture;
use rukpak_manifest::{GroupVersionKind, Object};

use crate::Resource;
use crate::cluster::{ApiError, Refusal};
use crate::definition::by_storage;

/// A kind in a version, and where it is served.
pub(super) type Version = (GroupVersionKind, Resource);

/// What a definition serves, the stored version first.
pub(super) fn versions_of(definition: &Object) -> Vec<Version> {
    by_storage(definition).map(|defined| (defined.gvk, defined.resource)).collect()
}

/// The same, to be asked one by one.
pub(super) fn each(versions: &[Version]) -> Vec<(&GroupVersionKind, &Resource)> {
    versions.iter().map(|(gvk, resource)| (gvk, resource)).collect()
}

/// What the first of these versions answers: another one may need a webhook that is gone, or be served no more. `None` where none of them
/// is.
///
/// # Errors
/// The first one, where no version answers and not all of them are served no more.
pub(super) async fn first_to_answer<'a, T>(
    versions: Vec<(&'a GroupVersionKind, &'a Resource)>,
    ask: impl Fn(&'a GroupVersionKind, &'a Resource) -> BoxFuture<'a, Result<T, ApiError>>,
) -> Result<Option<T>, ApiError> {
    let mut failed = None;
    for (gvk, resource) in versions {
        match ask(gvk, resource).await {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) if error.refusal() == Refusal::NotFound => {}
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// What is asked of versions that answer with such a status, named by it.
    #[rstest]
    #[case::the_first_answers(&[200, 500], Ok(Some("200")))]
    #[case::one_is_served_no_more(&[404, 200], Ok(Some("200")))]
    #[case::one_needs_a_webhook_that_is_gone(&[500, 200], Ok(Some("200")))]
    #[case::none_is_served(&[404, 404], Ok(None))]
    #[case::there_is_none(&[], Ok(None))]
    #[case::none_answers(&[404, 403, 500], Err(Refusal::Forbidden))]
    #[tokio::test]
    async fn answers(#[case] versions: &[u16], #[case] expected: Result<Option<&str>, Refusal>) {
        let versions = versions.iter().map(|code| {
            let gvk =
                GroupVersionKind { group: "a".into(), version: code.to_string(), kind: "Gadget".into() };
            (gvk, Resource { plural: "gadgets".into(), namespaced: true })
        });
        let versions: Vec<Version> = versions.collect();
        let answer = first_to_answer(each(&versions), |gvk, _| {
            Box::pin(async move {
                let (code, id) = (gvk.version.parse().unwrap(), "_*_a_Gadget".parse().unwrap());
                let refused = ApiError::refused("list", &id, code, b"no", None);
                if code.is_success() { Ok(gvk.version.clone()) } else { Err(refused) }
            })
        });
        let answer = answer.await.map_err(|error| error.refusal());
        assert_eq!(answer, expected.map(|found| found.map(str::to_owned)));
    }
}
