//! Why a registry does not give or take what it was asked to.

use thiserror::Error;

use crate::http::{HttpError, ShownUrl};
use crate::{Descriptor, Digest, ManifestError, Reference};

/// Why a registry does not give or take what it was asked to.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The request had no response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The parts of a reference and of an answer do not make a URL.
    #[error("{0:?} is no valid URL")]
    Url(String),
    /// Who we are is not good enough.
    #[error("{reference}: the registry refuses {as_whom}{}", said(.message))]
    Unauthorized {
        /// The image.
        reference: Box<Reference>,
        /// `anonymous access`, or `the credentials`.
        as_whom: &'static str,
        /// What the server says.
        message: String,
    },
    /// The server wants to be authenticated in a way that is not known.
    #[error(
        "{reference}: got no usable WWW-Authenticate header with status 401, expected Basic or Bearer with a realm"
    )]
    Challenge {
        /// The image.
        reference: Box<Reference>,
    },
    /// The token server is one that nothing may be sent to.
    #[error("the registry sends us for a token to {realm}, {why}")]
    Realm {
        /// The token server.
        realm: ShownUrl,
        /// Why not.
        why: &'static str,
    },
    /// The token server does not give one.
    #[error("the token server {url} answers {status}{}", said(.message))]
    Token {
        /// The token server.
        url: ShownUrl,
        /// The status code.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// The token server's answer is none.
    #[error("the token server {url} answers with {what}, expected JSON with a token")]
    TokenAnswer {
        /// The token server.
        url: ShownUrl,
        /// What it answers with.
        what: &'static str,
    },
    /// There is no such image.
    #[error("found no image {reference}{}", said(.message))]
    NotFound {
        /// The image.
        reference: Box<Reference>,
        /// What the server says.
        message: String,
    },
    /// Another answer than was expected.
    #[error("{url} answers {status}{}", said(.message))]
    Status {
        /// What was asked for.
        url: ShownUrl,
        /// The status code.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// Content that is not what its digest says.
    #[error("got {what} with digest {got}, expected {expected}")]
    Digest {
        /// What it is.
        what: &'static str,
        /// What it should hash to.
        expected: Digest,
        /// What it hashes to.
        got: Digest,
    },
    /// A blob that is not as long as its descriptor says.
    #[error("got {} {got} bytes for blob {}, expected {}", if *.more { "more than" } else { "only" }, .blob.digest, .blob.size)]
    Size {
        /// The blob.
        blob: Box<Descriptor>,
        /// Bytes that came.
        got: u64,
        /// Whether more would have come.
        more: bool,
    },
    /// The manifest is not understood.
    #[error("{reference}")]
    Manifest {
        /// The image.
        reference: Box<Reference>,
        /// Why.
        source: ManifestError,
    },
    /// An answer to an upload lacks what it needs to go on.
    #[error("{url} answers without a Location that could be used")]
    Location {
        /// What was asked for.
        url: ShownUrl,
    },
}

impl RegistryError {
    /// Whether the same request can never succeed, since what a digest names is not what was looked for.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Manifest { .. })
    }
}

/// A server's message behind our own.
fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
