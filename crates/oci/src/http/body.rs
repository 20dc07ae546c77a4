//! Responses, and reading them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use url::Url;

use super::pace::{Late, Pace};
use super::{HttpError, ShownUrl};

/// How much of an error's text is read.
const ERROR_BYTES: u64 = 64 << 10;

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    shown: ShownUrl,
    /// What was asked for, where a redirect led from there to another server.
    asked: Option<ShownUrl>,
    pace: Pace,
    idle: Duration,
    received: u64,
}

impl Response {
    pub(super) fn new(inner: reqwest::Response, shown: ShownUrl, idle: Duration) -> Self {
        Self { inner, shown, asked: None, pace: Pace::new(idle), idle, received: 0 }
    }

    /// The same, where another server than this was asked.
    pub(super) fn elsewhere_than(mut self, asked: ShownUrl) -> Self {
        self.asked = Some(asked);
        self
    }

    /// Whether another server was asked, which redirected to the one that answers.
    #[must_use]
    pub fn is_from_elsewhere(&self) -> bool {
        self.asked.is_some()
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// A header's value, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// Where it comes from, after all redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.inner.url()
    }

    /// The same, to be printed.
    #[must_use]
    pub fn shown_url(&self) -> ShownUrl {
        self.shown.clone()
    }

    /// The same, to be told of what it answers: with who redirected there.
    #[must_use]
    pub fn shown_answerer(&self) -> ShownUrl {
        match &self.asked {
            Some(asked) => self.shown.where_leads(asked),
            None => self.shown_url(),
        }
    }

    /// The next bytes of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        let chunk = match self.pace.wait(self.inner.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(source)) => {
                let (url, received) = (self.shown_url(), self.received);
                return Err(HttpError::Broken { url, received, source: source.without_url() });
            }
            Err(Late) => {
                let (url, received) = (self.shown_url(), self.received);
                return Err(HttpError::Stalled { url, idle: self.idle, received });
            }
        };
        if let Some(chunk) = &chunk {
            self.received = self.received.saturating_add(chunk.len() as u64);
            self.pace.arrived(chunk.len());
        }
        Ok(chunk)
    }

    /// The whole body, of at most `limit` bytes.
    pub(super) async fn read(&mut self, limit: u64, what: &'static str) -> Result<Vec<u8>, HttpError> {
        if !self.status().is_success() {
            return Ok(self.error_text().await);
        }
        let too_large = |url| HttpError::TooLarge { url, what, limit };
        if self.inner.content_length().is_some_and(|length| length > limit) {
            return Err(too_large(self.shown_url()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if self.received > limit {
                return Err(too_large(self.shown_url()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The beginning of the body of an error, or as much of it as arrives.
    pub async fn error_text(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            let room = usize::try_from(ERROR_BYTES).unwrap_or_default().saturating_sub(body.len());
            body.extend(chunk.iter().take(room));
            if chunk.len() >= room {
                break;
            }
        }
        body
    }
}
