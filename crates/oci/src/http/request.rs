//! A request, in a form that can be sent again.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use url::Url;

use super::ShownUrl;
use crate::{Basic, Secret};

/// Bytes that are read at a time from what is sent.
const PIECE_BYTES: usize = 64 << 10;

/// Pieces that wait to be sent.
const PIECES: usize = 4;

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// The same, to be printed.
    pub(super) shown: ShownUrl,
    pub(super) headers: HeaderMap,
    /// The `Authorization` header, for the origin of `url` alone.
    pub(super) authorization: Option<Secret>,
    pub(super) payload: Payload,
    /// What no URL is printed with that the server sends us to.
    pub(super) secrets: Vec<Secret>,
}

/// What a request sends.
#[derive(Clone, Default)]
pub enum Payload {
    /// Nothing.
    #[default]
    None,
    /// Bytes in memory.
    Bytes(Bytes),
    /// A form with a secret in it, for the origin of the request alone.
    Form(Secret),
    /// A stream of so many bytes, which is opened anew each time the request is sent.
    Stream {
        /// How many bytes it has.
        size: u64,
        /// Opens it.
        open: Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>,
    },
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Form(form) => f.debug_tuple("Form").field(form).finish(),
            Self::Stream { size, open: _ } => write!(f, "Stream({size})"),
        }
    }
}

impl Request {
    /// A request without a payload.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        let (headers, authorization, payload) = (HeaderMap::new(), None, Payload::None);
        let (shown, secrets) = ((&url).into(), vec![]);
        Self { method, url, shown, headers, authorization, payload, secrets }
    }

    /// `GET`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Adds a header. A value that no header may have is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the `Authorization` header, such as `Bearer …`. Redirects to another origin lose it.
    #[must_use]
    pub fn authorization(mut self, value: Option<Secret>) -> Self {
        if let Some((scheme, secret)) = value.as_ref().and_then(|value| value.expose().split_once(' ')) {
            self.secrets.push(Secret::new(secret));
            let basic = Basic::decode(secret).filter(|_| scheme.eq_ignore_ascii_case("basic"));
            self.secrets.extend(basic.iter().flat_map(Basic::secrets));
        }
        self.authorization = value;
        self
    }

    /// Adds what the server may have been sent, by this request or another: no URL that it sends us to is printed with it.
    #[must_use]
    pub(crate) fn secrets(mut self, secrets: Vec<Secret>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Sets how its URL is printed, where a server named it.
    #[must_use]
    pub(crate) fn shown(mut self, shown: ShownUrl) -> Self {
        self.shown = shown;
        self
    }

    /// Sets what is sent.
    #[must_use]
    pub fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Payload {
    /// How many bytes are sent; `None` where a length is of no account.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Form(form) => Some(form.expose().len() as u64),
            Self::Stream { size, .. } => Some(*size),
        }
    }

    /// The body, opened anew.
    pub(super) fn body(&self) -> Option<Body> {
        match self {
            Self::None => None,
            Self::Bytes(bytes) => Some(bytes.clone().into()),
            Self::Form(form) => Some(form.expose().to_owned().into()),
            Self::Stream { open, .. } => Some(stream(Arc::clone(open))),
        }
    }
}

/// Reads on a thread of its own, a few pieces ahead.
fn stream(open: Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>) -> Body {
    let (sender, mut receiver) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    spawn_blocking(move || {
        let mut reader = match open() {
            Ok(reader) => reader,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = reader.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
            let last = matches!(read, Ok(0) | Err(_));
            let sent = match read {
                Ok(0) => Ok(()),
                Ok(_) => sender.blocking_send(Ok(piece.into())),
                Err(error) => sender.blocking_send(Err(error)),
            };
            if last || sent.is_err() {
                return;
            }
        }
    });
    Body::wrap_stream(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)))
}
