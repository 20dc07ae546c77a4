//! One repository of a registry, by the OCI distribution specification.
//!
//! In: a [`Reference`], credentials to try, an [`HttpClient`]. Out: digests, manifests, and blobs as verified streams; or
//! an image pushed. Of `oci-client` no request is used: it reads answers of any size into memory, follows
//! redirects from https to http, and takes no HTTP client of ours, so the requests are made here.
//!
//! The API is asked by https; by plain http only where it was asked for, or where the registry is on a loopback address and
//! answers so. What was found to speak https is never asked otherwise.

mod auth;
mod blob;
mod challenge;
mod error;
mod manifest;
mod push;
mod token;

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::http::{HttpClient, HttpError, Request, Response, is_loopback};
use crate::message::message_of;
use crate::{Credentials, Reference};

use auth::Session;
pub use blob::Blob;
pub use error::RegistryError;
pub use manifest::RawManifest;

/// What a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To read.
    Pull,
    /// To read and write.
    Push,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
        }
    }
}

/// How a registry is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// https; on a loopback address plain http where that is what answers.
    #[default]
    Auto,
    /// https.
    Https,
    /// Plain http.
    Http,
}

/// A repository of a registry, and who we are there. Cheap to clone; clones share what was found out.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Arc<HttpClient>,
    reference: Reference,
    action: Action,
    scheme: Scheme,
    manifest_bytes: u64,
    /// To be tried in this order.
    credentials: Vec<Credentials>,
    base: OnceCell<Url>,
    session: Mutex<Session>,
}

/// How much a ping's answer may say.
const PING_BYTES: u64 = 64 << 10;

impl Registry {
    /// The repository of an image, for reading or writing. Connects to nothing yet. Of several credentials each is tried
    /// until one is accepted, as the kubelet does; without any, and for reading at last, the registry is asked anonymously:
    /// the image may be everybody's. A manifest may have so many bytes.
    #[must_use]
    pub fn new(
        http: Arc<HttpClient>,
        reference: &Reference,
        action: Action,
        scheme: Scheme,
        mut credentials: Vec<Credentials>,
        manifest_bytes: u64,
    ) -> Self {
        let is_anonymous = credentials.last() == Some(&Credentials::Anonymous);
        if credentials.is_empty() || (action == Action::Pull && !is_anonymous) {
            credentials.push(Credentials::Anonymous);
        }
        Self(Arc::new(Inner {
            http,
            reference: reference.clone(),
            action,
            scheme,
            manifest_bytes,
            credentials,
            base: OnceCell::new(),
            session: Mutex::default(),
        }))
    }

    /// The image that it was made for.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.0.reference
    }

    /// `SCHEME://HOST/v2/REPOSITORY/` and a path below it.
    async fn url(&self, path: &str) -> Result<Url, RegistryError> {
        let base = self.0.base.get_or_try_init(|| self.find_base()).await?;
        let url = format!("{base}v2/{}/{path}", self.0.reference.repository());
        url.parse().map_err(|_| RegistryError::Url(url))
    }

    async fn find_base(&self) -> Result<Url, RegistryError> {
        let Inner { http, reference, scheme, .. } = &*self.0;
        let at = |scheme| {
            let url = format!("{scheme}://{}/", reference.host());
            url.parse::<Url>().map_err(|_| RegistryError::Url(url))
        };
        let (https, plain) = (at("https")?, at("http")?);
        let trusts = http.options().certificates.is_some();
        match scheme {
            Scheme::Https => Ok(https),
            Scheme::Http => Ok(plain),
            // Whoever says which certificates to trust means https.
            Scheme::Auto if !is_loopback(&https) || trusts => Ok(https),
            Scheme::Auto => {
                let ping = |base: &Url| {
                    base.join("v2/").map(Request::get).map_err(|_| RegistryError::Url(base.to_string()))
                };
                match http.fetch(&ping(&plain)?, PING_BYTES, "a ping").await {
                    Ok((response, _)) if response.status() != StatusCode::BAD_REQUEST => Ok(plain),
                    // Servers of https answer a request of http with 400, or not in http.
                    Ok(_) => Ok(https),
                    Err(HttpError::Broken { .. }) => {
                        match http.fetch(&ping(&https)?, PING_BYTES, "a ping").await {
                            Ok(_) => Ok(https),
                            // It is https, with a certificate that is not trusted.
                            Err(error) if error.is_about_certificate() => Err(error.into()),
                            Err(_) => Ok(plain),
                        }
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    /// Makes a request of the registry, authorized as it wants it, and gives the response whatever its status, its own 401 and
    /// 403 aside.
    async fn open(&self, request: Request) -> Result<Response, RegistryError> {
        Ok(self.authorized(request, Wanted::Header).await?.0)
    }

    /// The same, with the body in memory.
    async fn fetch(
        &self,
        request: Request,
        limit: u64,
        what: &'static str,
    ) -> Result<(Response, Vec<u8>), RegistryError> {
        self.authorized(request, Wanted::Body { limit, what }).await
    }

    /// What went wrong, from a response that is not the one that was hoped for.
    async fn refused(&self, mut response: Response, body: Vec<u8>) -> RegistryError {
        let text = if body.is_empty() { response.error_text().await } else { body };
        RegistryError::Status {
            url: response.shown_answerer(),
            status: response.status().as_u16(),
            message: message_of(&text, &self.secrets().await),
        }
    }
}

/// How much of a response is waited for.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// Its header; the body is streamed.
    Header,
    /// All of it, in memory.
    Body { limit: u64, what: &'static str },
}

/// A request for a header alone.
fn head(url: Url) -> Request {
    Request::new(Method::HEAD, url)
}
