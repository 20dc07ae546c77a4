//! Requests that were not answered as it was hoped for.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use http::StatusCode;
use kube::core::Status;

use super::plugin::PluginError;
use super::refusal::{Refusal, version_gone, webhook};
use super::told::{bounded, is_of_patched, told};
use crate::{ObjectId, Shown};

/// A request that was not answered as it was hoped for.
#[derive(Debug)]
pub struct ApiError(Box<Failure>);

#[derive(Debug)]
struct Failure {
    verb: &'static str,
    id: ObjectId,
    message: String,
    refusal: Refusal,
    webhook: Option<String>,
    is_of_patched: bool,
    retry_after: Option<Duration>,
    /// How often the request was made, and how long that took in all.
    tries: (u32, Duration),
    source: Option<kube::Error>,
}

impl ApiError {
    /// A request that could not be made, or was not answered.
    pub(super) fn of(verb: &'static str, id: &ObjectId, error: kube::Error) -> Self {
        let (refusal, message) = match &error {
            kube::Error::Api(status) => return Self::of_status(verb, id, status, None),
            kube::Error::BuildRequest(_) | kube::Error::HttpError(_) => {
                (Refusal::Other, "the request is not valid")
            }
            kube::Error::Service(error) if error.is::<PluginError>() => {
                (Refusal::Forbidden, "there are no credentials to show")
            }
            kube::Error::Auth(_) => (Refusal::Forbidden, "there are no credentials to show"),
            error if is_untrusted(error) => (Refusal::Other, "the API server cannot be trusted"),
            _ => (Refusal::Unavailable, "the API server does not answer"),
        };
        let mut failed = Self::new(verb, id, refusal, message.into());
        failed.0.source = Some(error);
        failed
    }

    /// An answer that is no success.
    pub(crate) fn refused(
        verb: &'static str,
        id: &ObjectId,
        code: StatusCode,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        // What stands between us and the server answers in words of its own.
        let status = serde_json::from_slice(body).unwrap_or_else(|_| {
            Status::failure(String::from_utf8_lossy(body).trim(), "").with_code(code.as_u16())
        });
        Self::of_status(verb, id, &status, retry_after)
    }

    fn of_status(verb: &'static str, id: &ObjectId, status: &Status, retry_after: Option<Duration>) -> Self {
        let mut message = told(&status.message);
        if message.is_empty() {
            message = format!("the API server answers {}", status.code);
        }
        // What an object says is no reason, and names no webhook, either.
        let refusal = Refusal::of(status.code, &status.reason, &message);
        let webhook = webhook(&message).map(str::to_owned);
        let mut failed = Self::new(verb, id, refusal, bounded(message));
        failed.0.is_of_patched = is_of_patched(&status.message);
        failed.0.webhook = webhook;
        failed.0.retry_after = retry_after;
        failed
    }

    pub(super) fn late(verb: &'static str, id: &ObjectId, limit: Duration) -> Self {
        let message = format!("the API server did not answer within {} s", limit.as_secs());
        Self::new(verb, id, Refusal::Unavailable, message)
    }

    /// An answer that is not what was asked for. What it says stays out of the text: it may be a Secret.
    pub(super) fn unread(verb: &'static str, id: &ObjectId, error: &serde_json::Error) -> Self {
        if error.to_string().starts_with("recursion limit exceeded") {
            let message = "the API server answers with something that is nested deeper than 127 levels";
            return Self::new(verb, id, Refusal::Other, message.into());
        }
        Self::answer(verb, id)
    }

    pub(super) fn answer(verb: &'static str, id: &ObjectId) -> Self {
        Self::new(verb, id, Refusal::Other, "the API server answers with something that is no object".into())
    }

    /// Something that is not done, since its object is not what it was any more.
    #[must_use]
    pub fn overtaken(verb: &'static str, id: &ObjectId, message: &str) -> Self {
        Self::new(verb, id, Refusal::Conflict, message.into())
    }

    /// An object that would be larger than what the server stores.
    pub(super) fn too_large(verb: &'static str, id: &ObjectId, bytes: usize, limit: usize) -> Self {
        let message = format!("it has {bytes} bytes as the server stores it, the limit is {limit}");
        Self::new(verb, id, Refusal::TooLarge, message)
    }

    fn new(verb: &'static str, id: &ObjectId, refusal: Refusal, message: String) -> Self {
        let tries = (1, Duration::ZERO);
        let id = id.clone();
        Self(Box::new(Failure {
            verb,
            id,
            message,
            refusal,
            webhook: None,
            is_of_patched: false,
            retry_after: None,
            tries,
            source: None,
        }))
    }

    /// The same, of the last of several tries.
    pub(crate) fn after(mut self, tries: u32, spent: Duration) -> Self {
        self.0.tries = (tries, spent);
        self
    }

    /// What the server says.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        self.0.refusal
    }

    /// The object that it is about.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.0.id
    }

    /// The webhook that says no or does not answer.
    #[must_use]
    pub fn webhook(&self) -> Option<&str> {
        self.0.webhook.as_deref()
    }

    /// The version of a group, as `group/version`, that is not one of its kind any more.
    pub(crate) fn version_gone(&self) -> Option<&str> {
        version_gone(&self.0.message)
    }

    /// Whether the server cannot read what a patch makes of the object.
    pub(crate) fn is_of_patched(&self) -> bool {
        self.0.is_of_patched
    }

    /// Whether the same request may be answered otherwise in a while, whatever the object is.
    pub(super) fn passes(&self) -> bool {
        self.0.refusal == Refusal::Unavailable
    }

    /// How long the server wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { verb, id, message, tries: (tries, spent), .. } = &*self.0;
        write!(f, "cannot {verb} {}: {message}", Shown(id))?;
        if *tries > 1 {
            write!(f, ", {tries} times in {} s", spent.as_secs())?;
        }
        match self.retry_after().filter(|_| self.passes()) {
            Some(after) => write!(f, "; it wants to be asked again in {} s", after.as_secs()),
            None => Ok(()),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|error| error as &dyn Error)
    }
}

/// Whether the other side could not show who it is, which it will not in a while either: what TLS calls invalid data.
fn is_untrusted(error: &kube::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == ErrorKind::InvalidData) {
            return true;
        }
        // The source of an error of I/O is that of what is in it.
        let inner = io.and_then(io::Error::get_ref).map(|error| error as &(dyn Error + 'static));
        cause = inner.or_else(|| error.source());
    }
    false
}
