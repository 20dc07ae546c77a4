//! Serving certificates, for webhooks and for whoever serves something to a cluster.
//!
//! In: [`Request`]s, and the Secrets that hold what was issued before. Out: for each of them an [`Issued`] certificate, its key, and
//! the certificates of the authorities to trust. [`issue`] makes all of them anew, [`keep_or_issue`] only those that are not good any
//! more, and [`rotate`] replaces those step by step, so that clients never meet one that they do not trust. The crate knows no bundle.

mod accepted;
#[cfg(feature = "convert")]
mod convert;
mod dated;
mod issue;
mod keep;
mod life;
mod rotation;

use std::collections::BTreeMap;
use std::fmt;

use rukpak_apply::cluster::ApiError;
use thiserror::Error;

pub use dated::{Dated, dated};
pub use issue::issue;
pub use keep::{Kept, held, keep_or_issue};
pub use rotation::{Rotation, rotate};

/// A certificate that is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The Secret that is to hold it, and its key among what is issued.
    pub secret_name: String,
    /// The namespace of that Secret.
    pub namespace: String,
    /// The names that it must be valid for.
    pub dns_names: Vec<String>,
}

/// A certificate. Everything is PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// What is served.
    pub certificate: String,
    /// Its private key.
    pub private_key: String,
    /// The certificates of the authorities to trust; two while one replaces the other.
    pub authorities: String,
    /// What is served after it, where that is issued already: while its authority becomes known to those who are to trust it.
    pub next: Option<Successor>,
}

impl Issued {
    /// Whether it is between two steps of a rotation: something comes next, or more is trusted than is served.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.next.is_some() || dated(&self.authorities).len() > 1
    }
}

/// A certificate that is not served yet. Everything is PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Successor {
    /// What is served next.
    pub certificate: String,
    /// Its private key.
    pub private_key: String,
}

impl fmt::Debug for Issued {
    /// Everything but the key, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, private_key: _, authorities, next } = self;
        f.debug_struct("Issued")
            .field("certificate", certificate)
            .field("authorities", authorities)
            .field("next", next)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Successor {
    /// Everything but the key, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, private_key: _ } = self;
        f.debug_struct("Successor").field("certificate", certificate).finish_non_exhaustive()
    }
}

/// Certificates by the name of the Secret that is to hold them.
pub type Certificates = BTreeMap<String, Issued>;

/// No certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// One could not be made.
    #[error("cannot issue the certificate for the Secret {secret}")]
    Issue {
        /// The Secret that was to hold it.
        secret: String,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// The clock of this machine is wrong.
    #[error("cannot issue certificates: the system's clock is before 1970")]
    Clock,
    /// A Secret could not be read.
    #[error(transparent)]
    Read(#[from] ApiError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_log() {
        let text = |text: &str| text.to_owned();
        let next = Successor { certificate: text("n"), private_key: text("secret") };
        let issued = Issued {
            certificate: text("c"),
            private_key: text("secret"),
            authorities: text("a"),
            next: Some(next),
        };
        let expected = r#"Issued { certificate: "c", authorities: "a", next: Some(Successor { certificate: "n", .. }), .. }"#;
        assert_eq!(format!("{issued:?}"), expected);
    }
}
