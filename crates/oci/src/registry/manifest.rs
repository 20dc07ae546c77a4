//! Manifests of a registry.

use reqwest::StatusCode;
use reqwest::header::ACCEPT;

use super::{Registry, RegistryError, head};
use crate::http::{Request, Response};
use crate::message::message_of;
use crate::{Descriptor, Digest, Manifest};

/// Where the digest of an answer stands.
const DIGEST_HEADER: &str = "docker-content-digest";

/// A manifest as it is stored, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawManifest {
    /// What it is, by its bytes and by the header that came with them; where they are no manifest, the header as it is.
    pub descriptor: Descriptor,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl RawManifest {
    /// Decodes it.
    pub fn decode(&self) -> Result<Manifest, crate::ManifestError> {
        let announced = Some(self.descriptor.media_type.as_str()).filter(|name| !name.is_empty());
        Manifest::parse(&self.bytes, announced)
    }
}

impl Registry {
    /// The digest that the reference means now. A reference by digest is not asked for.
    pub async fn resolve(&self) -> Result<Digest, RegistryError> {
        if let Some(digest) = self.reference().digest() {
            return Ok(digest.clone());
        }
        let url = self.url(&format!("manifests/{}", self.reference().identifier())).await?;
        let (response, _) = self.fetch(accepting(head(url)), self.0.manifest_bytes, "a manifest").await?;
        let named = response.header(DIGEST_HEADER).and_then(|digest| digest.parse().ok());
        match (response.status(), named) {
            (StatusCode::OK, Some(digest)) => Ok(digest),
            // Not every registry says so, or answers HEAD.
            _ => Ok(self.manifest(&self.reference().identifier()).await?.descriptor.digest),
        }
    }

    /// The manifest that a tag or digest of the repository names.
    pub async fn manifest(&self, identifier: &str) -> Result<RawManifest, RegistryError> {
        let url = self.url(&format!("manifests/{identifier}")).await?;
        let request = accepting(Request::get(url));
        let (response, bytes) = self.fetch(request, self.0.manifest_bytes, "a manifest").await?;
        match response.status() {
            StatusCode::OK => raw_manifest(&response, bytes, identifier),
            StatusCode::NOT_FOUND => Err(RegistryError::NotFound {
                reference: match identifier.parse() {
                    Ok(digest) => self.reference().pinned(digest).into(),
                    Err(_) => self.reference().clone().into(),
                },
                message: message_of(&bytes, &self.secrets().await),
            }),
            _ => Err(self.refused(response, bytes).await),
        }
    }
}

/// Checks that the bytes are what was asked for and what they were announced as.
fn raw_manifest(response: &Response, bytes: Vec<u8>, identifier: &str) -> Result<RawManifest, RegistryError> {
    let asked = identifier.parse::<Digest>().ok();
    let announced = response.header(DIGEST_HEADER).and_then(|digest| digest.parse::<Digest>().ok());
    for expected in asked.iter().chain(&announced) {
        let got = expected.of_same_kind(&bytes);
        if got != *expected {
            return Err(RegistryError::Digest { what: "a manifest", expected: expected.clone(), got });
        }
    }
    let digest = asked.unwrap_or_else(|| Digest::sha256(&bytes));
    let announced = response.header("content-type");
    let media_type =
        Manifest::media_type(&bytes, announced).unwrap_or(announced.unwrap_or_default()).to_owned();
    Ok(RawManifest { descriptor: Descriptor { media_type, digest, size: bytes.len() as u64 }, bytes })
}

fn accepting(request: Request) -> Request {
    request.header(ACCEPT, &Manifest::MEDIA_TYPES.join(", "))
}
