//! Refusals of an API server.

use std::time::Duration;

use thiserror::Error;

use crate::{ObjectId, Shown};

/// A request that was not answered as it was hoped for.
#[derive(Debug, Error)]
#[error("cannot {verb} {}: {message}", Shown(.id))]
pub struct ApiError {
    verb: &'static str,
    id: Box<ObjectId>,
    message: String,
    refusal: Refusal,
    #[source]
    source: Option<Box<kube::Error>>,
}

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such object, namespace or kind.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// It was changed meanwhile, or is another one.
    Conflict,
    /// The version to go on from is too old.
    Expired,
    /// A field that is set once was to be changed.
    Immutable,
    /// The object is not valid.
    Invalid,
    /// We may not.
    Forbidden,
    /// A quota is used up.
    Quota,
    /// The namespace is being deleted.
    Terminating,
    /// A webhook says no, or does not answer.
    Webhook,
    /// The server is busy, broken or away, or took too long.
    Unavailable,
    /// Something else.
    Other,
}

impl ApiError {
    pub(super) fn of(verb: &'static str, id: &ObjectId, error: kube::Error) -> Self {
        let (refusal, message) = match &error {
            kube::Error::Api(status) => (refusal(status), bounded(&status.message)),
            kube::Error::BuildRequest(_) | kube::Error::HttpError(_) => {
                (Refusal::Other, "the request is not valid".into())
            }
            _ => (Refusal::Unavailable, "the API server does not answer".into()),
        };
        // A status is told; what stands behind a failed connection is its cause.
        let source = (!matches!(error, kube::Error::Api(_))).then(|| Box::new(error));
        Self { verb, id: id.clone().into(), message, refusal, source }
    }

    pub(super) fn late(verb: &'static str, id: &ObjectId, limit: Duration) -> Self {
        let message = format!("the API server did not answer within {} s", limit.as_secs());
        Self { verb, id: id.clone().into(), message, refusal: Refusal::Unavailable, source: None }
    }

    pub(super) fn answer(verb: &'static str, id: &ObjectId) -> Self {
        let message = "the API server answers with something that is no object".into();
        Self { verb, id: id.clone().into(), message, refusal: Refusal::Unavailable, source: None }
    }

    /// What the server says.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// The object that it is about.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.id
    }
}

fn refusal(status: &kube::core::Status) -> Refusal {
    let message = status.message.as_str();
    match (status.code, status.reason.as_str()) {
        (404, _) => Refusal::NotFound,
        (409, "AlreadyExists") => Refusal::AlreadyExists,
        (409, _) => Refusal::Conflict,
        (410, _) => Refusal::Expired,
        _ if message.contains("admission webhook") || message.contains("failed calling webhook") => {
            Refusal::Webhook
        }
        (403, _) if message.contains("exceeded quota") => Refusal::Quota,
        (403, _) if message.contains("is being terminated") => Refusal::Terminating,
        (403 | 401, _) => Refusal::Forbidden,
        (422, _)
            if message.contains("immutable")
                || message.contains("updates to") && message.contains("forbidden") =>
        {
            Refusal::Immutable
        }
        (400 | 413 | 415 | 422, _) => Refusal::Invalid,
        // Server-side apply says so with 500.
        (500, _) if message.contains("failed to create typed patch object") => Refusal::Invalid,
        (429 | 500..=599, _) => Refusal::Unavailable,
        _ => Refusal::Other,
    }
}

/// As much of a server's message as is told.
fn bounded(message: &str) -> String {
    const CHARACTERS: usize = 2000;
    match message.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}...", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}
