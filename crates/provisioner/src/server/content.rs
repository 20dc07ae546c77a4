//! `/bundles/NAME.tgz`: the content of a bundle.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt as _;
use rukpak_manifest::name::dns1123_subdomain;

use super::routes::Shared;
use super::{BundleError, Content};

/// Answers `GET` and `HEAD`, for which the right is the same.
pub(super) async fn get(
    State(shared): State<Arc<Shared>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(denied) = shared.access.check(&headers, "get", &format!("/bundles/{file}")).await {
        return denied.into_response();
    }
    let Some(name) = file.strip_suffix(".tgz").filter(|name| dns1123_subdomain(name).is_empty()) else {
        let text = format!("there is no {file:?}, expected NAME.tgz with the name of a BundleDeployment\n");
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    match shared.bundles.open(name).await {
        Ok(content) => answer(content, &headers, name),
        Err(error) => {
            let text = format!("cannot serve the content of BundleDeployment {name}: {error}\n");
            match error {
                BundleError::NotFound => (StatusCode::NOT_FOUND, text).into_response(),
                BundleError::NotUnpacked(_) | BundleError::Unavailable(_) => {
                    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], text).into_response()
                }
            }
        }
    }
}

fn answer(content: Content, headers: &HeaderMap, name: &str) -> Response {
    let Content { digest, stream } = content;
    let tag = format!("\"{digest}\"");
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|known| matches(known, &tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let name = name.to_owned();
        let stream = stream
            .inspect_err(move |error| tracing::warn!(%error, name, "content could not be served to its end"));
        let mut response = Body::from_stream(stream).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
        response
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    // Whoever keeps it asks each time whether it is the same yet, and whether they still may.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Whether a header names a tag, or any (RFC 9110, section 13.1.2).
fn matches(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    #[rstest]
    #[case::the_same("\"a\"", true)]
    #[case::one_of_several("\"b\", \"a\"", true)]
    #[case::weak("W/\"a\"", true)]
    #[case::any("*", true)]
    #[case::another("\"b\"", false)]
    #[case::bare("a", false)]
    #[case::nothing("", false)]
    fn tags(#[case] known: &str, #[case] expected: bool) {
        assert_eq!(matches(&HeaderValue::from_str(known).unwrap(), "\"a\""), expected);
    }
}
