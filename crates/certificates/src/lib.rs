//! Serving certificates, for webhooks and for whoever serves something to a cluster.
//!
//! In: [`Request`]s, and the Secrets that hold what was issued before. Out: for each of them an [`Issued`] certificate, its key, and
//! the certificates of the authorities to trust. [`issue`] makes all of them anew, [`keep_or_issue`] only those that are not good any
//! more. The crate knows no bundle.

mod dated;
mod issue;
mod keep;

use std::collections::BTreeMap;
use std::fmt;

use rukpak_apply::cluster::ApiError;
use thiserror::Error;

pub use dated::{Dated, dated};
pub use issue::issue;
pub use keep::{Kept, held, keep_or_issue};

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
}

impl fmt::Debug for Issued {
    /// Everything but the key, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, private_key: _, authorities } = self;
        f.debug_struct("Issued")
            .field("certificate", certificate)
            .field("authorities", authorities)
            .finish_non_exhaustive()
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
