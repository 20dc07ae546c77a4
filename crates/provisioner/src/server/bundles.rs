//! Where the content of bundles comes from.

use std::fmt;
use std::io;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use thiserror::Error;

/// The content that is served.
pub trait Bundles: Send + Sync {
    /// The content of the `BundleDeployment` of a name, as a tar archive in gzip. Nothing should be read before the stream is: of
    /// many a request it never is. Whoever asks may hang up: then this is dropped where it is.
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Content, BundleError>>;
}

/// An archive.
pub struct Content {
    /// What identifies it: the same text for the same bytes, in characters that an `ETag` may have, as a digest has.
    pub digest: String,
    /// What is in it. An error cuts the connection, so that nobody takes a part for the whole.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

/// No content.
#[derive(Debug, Error)]
pub enum BundleError {
    /// There is no `BundleDeployment` of this name and class.
    #[error("there is no such BundleDeployment")]
    NotFound,
    /// There is one, whose content was not fetched yet or cannot be.
    #[error("it is not unpacked: {0}")]
    NotUnpacked(String),
    /// Its content is not there now.
    #[error("its content cannot be had now: {0}")]
    Unavailable(String),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("digest", &self.digest).finish_non_exhaustive()
    }
}
