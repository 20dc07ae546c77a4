//! Why a request has no response.

use std::error::Error;
use std::io;
use std::time::Duration;

use thiserror::Error;

use super::ShownUrl;

/// Why a request has no response that could be used.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The certificates to trust cannot be read.
    #[error("cannot read the certificates to trust, expected PEM with at least one certificate: {0}")]
    Certificates(String),
    /// The client cannot be made, for example since a proxy in the environment is no URL.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// No connection, or none that could be trusted.
    #[error("cannot connect to {url}")]
    Connect {
        /// Where to.
        url: ShownUrl,
        /// What went wrong, without the URL.
        source: reqwest::Error,
    },
    /// The connection broke before or in the midst of the response.
    #[error("the connection to {url} broke after {received} bytes")]
    Broken {
        /// What was asked for.
        url: ShownUrl,
        /// Bytes of the body that had arrived.
        received: u64,
        /// What went wrong, without the URL.
        source: reqwest::Error,
    },
    /// The server let us wait.
    #[error("{url} made no progress for {} s, after {received} bytes", .idle.as_secs())]
    Stalled {
        /// What was asked for.
        url: ShownUrl,
        /// How long it was waited for.
        idle: Duration,
        /// Bytes of the body that had arrived.
        received: u64,
    },
    /// The server wants to be asked again later than we wait.
    #[error("{url} answers {status} and asks to come back in {} s", .wait.as_secs())]
    Busy {
        /// What was asked for.
        url: ShownUrl,
        /// The status code.
        status: u16,
        /// How long to wait, as the server says.
        wait: Duration,
    },
    /// The response is larger than it may be.
    #[error("{url} sends more than {limit} bytes, the limit of {what}")]
    TooLarge {
        /// What was asked for.
        url: ShownUrl,
        /// What it is, such as `a manifest`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A redirect leads from `https` to `http`.
    #[error("{from} redirects to {to}, which is not https")]
    InsecureRedirect {
        /// What was asked for.
        from: ShownUrl,
        /// Where it leads.
        to: ShownUrl,
    },
    /// A redirect leads to another server, and what would be sent there holds a secret.
    #[error(
        "{from} redirects to {to}, another server, which is not sent the token that was meant for the first"
    )]
    SecretRedirect {
        /// What was asked for.
        from: ShownUrl,
        /// Where it leads.
        to: ShownUrl,
    },
    /// A redirect does not say where to, or to no URL that can be asked.
    #[error("{url} redirects to no valid http or https URL")]
    RedirectTarget {
        /// What was asked for.
        url: ShownUrl,
    },
    /// Redirect after redirect; most likely they go in a circle.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// What was asked for at first.
        url: ShownUrl,
        /// The limit.
        limit: u32,
    },
}

impl HttpError {
    /// Whether it is worth to ask again at once: the connection was at fault, not the answer.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Broken { .. } | Self::Stalled { .. })
    }

    /// Whether the same can never succeed, since what was given is wrong: the certificates to trust.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Certificates(_))
    }

    /// Whether a server showed a certificate that is not good enough.
    pub(crate) fn is_about_certificate(&self) -> bool {
        self.source().is_some_and(is_about_certificate)
    }
}

fn is_about_certificate(error: &(dyn Error + 'static)) -> bool {
    let cause = match error.downcast_ref::<io::Error>() {
        // What is inside is not its source.
        Some(outer) => outer.get_ref().map(|inner| inner as _),
        None => error.source(),
    };
    matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
        || cause.is_some_and(is_about_certificate)
}
