//! Writing to a registry.

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;

use super::{Registry, RegistryError, head};
use crate::http::{HttpError, Payload, Request, Response, ShownUrl};
use crate::{Descriptor, Digest, Reference, Secret};

/// How much an answer to a push may say.
const ANSWER_BYTES: u64 = 64 << 10;

impl Registry {
    /// Whether the repository has a blob.
    pub async fn has_blob(&self, descriptor: &Descriptor) -> Result<bool, RegistryError> {
        let url = self.url(&format!("blobs/{}", descriptor.digest)).await?;
        let response = self.open(head(url)).await?;
        Ok(response.status() == StatusCode::OK)
    }

    /// Writes a blob. Whether the repository has it is asked before ([`has_blob`](Self::has_blob)): what is begun here and comes to no end
    /// stays open in the registry for days.
    pub async fn push_blob(&self, descriptor: &Descriptor, payload: Payload) -> Result<(), RegistryError> {
        let url = self.url("blobs/uploads/").await?;
        // An empty payload, since some servers want to be told its length.
        let begin = Request::new(Method::POST, url).payload(Payload::Bytes(bytes::Bytes::new()));
        let (response, body) = self.fetch(begin, ANSWER_BYTES, "an answer").await?;
        if response.status() != StatusCode::ACCEPTED {
            return Err(self.refused(response, body).await);
        }
        let secrets = self.secrets().await;
        let (mut upload, shown) = location(&response, &secrets)?;
        upload.query_pairs_mut().append_pair("digest", &descriptor.digest.to_string());
        let is_ours = upload.origin() == self.url("").await?.origin();
        let put = Request::new(Method::PUT, upload)
            .shown(shown)
            .secrets(secrets)
            .header(CONTENT_TYPE, "application/octet-stream")
            .payload(payload);
        let (response, body) = if is_ours {
            self.fetch(put, ANSWER_BYTES, "an answer").await?
        } else {
            // A storage elsewhere, which knows us by its URL.
            self.0.http.fetch(&put, ANSWER_BYTES, "an answer").await?
        };
        match response.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(()),
            _ => Err(self.refused(response, body).await),
        }
    }

    /// Writes a manifest under a tag or its digest, and gives the image's name by digest.
    pub async fn push_manifest(
        &self,
        identifier: &str,
        manifest: &Descriptor,
        bytes: Vec<u8>,
    ) -> Result<Reference, RegistryError> {
        let url = self.url(&format!("manifests/{identifier}")).await?;
        let put = Request::new(Method::PUT, url)
            .header(CONTENT_TYPE, &manifest.media_type)
            .payload(Payload::Bytes(bytes.into()));
        let (response, body) = self.fetch(put, ANSWER_BYTES, "an answer").await?;
        if response.status() != StatusCode::CREATED {
            return Err(self.refused(response, body).await);
        }
        let stored =
            response.header("docker-content-digest").and_then(|digest| digest.parse::<Digest>().ok());
        match stored {
            Some(got) if got.algorithm() == manifest.digest.algorithm() && got != manifest.digest => {
                Err(RegistryError::Digest {
                    what: "a stored manifest",
                    expected: manifest.digest.clone(),
                    got,
                })
            }
            _ => Ok(self.reference().pinned(manifest.digest.clone())),
        }
    }
}

/// Where an upload goes on, and that to be printed. Never from https to http.
fn location(response: &Response, secrets: &[Secret]) -> Result<(Url, ShownUrl), RegistryError> {
    let from = response.url();
    let no_location = || RegistryError::Location { url: response.shown_url() };
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let url = from.join(location.ok_or_else(no_location)?).map_err(|_| no_location())?;
    let shown = ShownUrl::led_to(&url, from, secrets);
    match (from.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok((url, shown)),
        ("https", "http") => {
            Err(HttpError::InsecureRedirect { from: response.shown_url(), to: shown }.into())
        }
        _ => Err(no_location()),
    }
}
