//! Blobs of a registry, as verified streams.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::RANGE;
use tracing::debug;

use super::{Registry, RegistryError};
use crate::http::{HttpError, Request, Response};
use crate::{Descriptor, Hasher};

/// Bytes that must have come since a connection broke before another one that breaks is made up for.
const STEP_BYTES: u64 = 16 << 20;

/// A blob as it comes in. What was given out is right only when the stream has ended without an error.
#[derive(Debug)]
pub struct Blob {
    registry: Registry,
    descriptor: Descriptor,
    response: Response,
    /// Bytes that were given out.
    at: u64,
    /// Bytes that come again since the server does not go on where we want it to.
    skip: u64,
    hasher: Option<Hasher>,
    /// Where the connection broke last.
    broke_at: Option<u64>,
}

impl Registry {
    /// Begins to read a blob.
    pub async fn blob(&self, descriptor: &Descriptor) -> Result<Blob, RegistryError> {
        let (response, skip) = self.blob_from(descriptor, 0).await?;
        Ok(Blob {
            registry: self.clone(),
            descriptor: descriptor.clone(),
            response,
            at: 0,
            skip,
            hasher: Some(Hasher::new(descriptor.digest.algorithm())),
            broke_at: None,
        })
    }

    /// The rest of a blob, and how much of the response comes before it. The URLs that a descriptor may name are not asked
    /// (CVE-2020-15157).
    async fn blob_from(&self, descriptor: &Descriptor, at: u64) -> Result<(Response, u64), RegistryError> {
        let mut request = Request::get(self.url(&format!("blobs/{}", descriptor.digest)).await?);
        if at > 0 {
            request = request.header(RANGE, &format!("bytes={at}-"));
        }
        let response = self.open(request).await?;
        match response.status() {
            StatusCode::OK => Ok((response, at)),
            StatusCode::PARTIAL_CONTENT if starts_at(&response, at) => Ok((response, 0)),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                Err(RegistryError::Size { blob: descriptor.clone().into(), got: at, more: false })
            }
            _ => Err(self.refused(response, vec![]).await),
        }
    }
}

impl Blob {
    /// The next bytes; `None` when all came and were what the descriptor says.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        loop {
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    let again = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
                    self.skip -= again as u64;
                    let chunk = chunk.slice(again..);
                    if chunk.is_empty() {
                        continue;
                    }
                    return self.take(chunk).map(Some);
                }
                Ok(None) if self.at >= self.descriptor.size => return self.finish().map(|()| None),
                // What breaks behind the last byte took nothing from us.
                Err(HttpError::Broken { .. } | HttpError::Stalled { .. })
                    if self.at == self.descriptor.size =>
                {
                    return self.finish().map(|()| None);
                }
                // A connection that ends early may look as if all had come.
                Ok(None) => {
                    let (blob, got) = (self.descriptor.clone().into(), self.at);
                    self.resume(RegistryError::Size { blob, got, more: false }).await?;
                }
                Err(error @ (HttpError::Broken { .. } | HttpError::Stalled { .. })) => {
                    self.resume(error.into()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, chunk: Bytes) -> Result<Bytes, RegistryError> {
        self.at = self.at.saturating_add(chunk.len() as u64);
        if self.at > self.descriptor.size {
            let (blob, got) = (self.descriptor.clone().into(), self.descriptor.size);
            return Err(RegistryError::Size { blob, got, more: true });
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&chunk);
        }
        Ok(chunk)
    }

    fn finish(&mut self) -> Result<(), RegistryError> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let (got, expected) = (hasher.finish(), self.descriptor.digest.clone());
        if got == expected { Ok(()) } else { Err(RegistryError::Digest { what: "a blob", expected, got }) }
    }

    /// Asks for the rest, if much has come since this happened last.
    async fn resume(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        if self.broke_at.is_some_and(|broke_at| self.at < broke_at + STEP_BYTES) {
            return Err(error);
        }
        debug!(digest = %self.descriptor.digest, at = self.at, %error, "the blob broke off");
        self.broke_at = Some(self.at);
        (self.response, self.skip) = self.registry.blob_from(&self.descriptor, self.at).await?;
        Ok(())
    }
}

/// Whether a partial answer is the part that was asked for: `Content-Range: bytes FROM-TO/SIZE`.
fn starts_at(response: &Response, at: u64) -> bool {
    let range = response.header("content-range").and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split_once('-')).is_some_and(|(from, _)| from.trim().parse() == Ok(at))
}
