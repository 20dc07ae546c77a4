//! What is served under which path.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::timeout;

use super::access::Access;
use super::{Bundles, Readiness, content};
use crate::log::Level;
use crate::metrics::{MEDIA_TYPE, Metrics};

/// Bytes of a filter, and how long it may take to come.
const FILTER: (usize, Duration) = (4096, Duration::from_secs(10));

/// The path of the filter of the log, for which a right is needed as for content.
const LOG_LEVEL: &str = "/log-level";

/// What answers are made of.
pub(super) struct Shared {
    pub(super) access: Access,
    pub(super) bundles: Arc<dyn Bundles>,
    pub(super) metrics: Metrics,
    pub(super) readiness: Readiness,
    pub(super) level: Level,
}

/// All paths.
pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route(LOG_LEVEL, get(log_level).put(set_log_level))
        .route("/bundles/{file}", get(content::get))
        .fallback(async || (StatusCode::NOT_FOUND, "there is nothing here\n"))
        .with_state(Arc::new(shared))
}

async fn readyz(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let is_verbose = query
        .is_some_and(|query| query.split('&').any(|part| part == "verbose" || part.starts_with("verbose=")));
    let waiting = shared.readiness.waiting();
    let (status, end) = match waiting.as_str() {
        "" => (StatusCode::OK, "ok\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, ""),
    };
    let lines = if is_verbose { shared.readiness.verbose() } else { waiting };
    (status, format!("{lines}{end}")).into_response()
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    match shared.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n").into_response(),
    }
}

async fn log_level(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match shared.access.check(&headers, "get", LOG_LEVEL).await {
        Ok(()) => format!("{}\n", shared.level.filter()).into_response(),
        Err(denied) => denied.into_response(),
    }
}

async fn set_log_level(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Response {
    if let Err(denied) = shared.access.check(&headers, "put", LOG_LEVEL).await {
        return denied.into_response();
    }
    let body = match timeout(FILTER.1, to_bytes(body, FILTER.0)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let text = format!("the filter cannot be read, expected at most {} bytes\n", FILTER.0);
            return (StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
        }
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "the filter does not come\n").into_response(),
    };
    match shared.level.set(&String::from_utf8_lossy(&body)) {
        Ok(()) => {
            let filter = shared.level.filter();
            tracing::warn!(filter, "what is logged was changed");
            format!("{filter}\n").into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}
