//! Asking a content server at a URL that somebody gives.

use rukpak_oci::Secret;
use rukpak_oci::http::{HttpClient, HttpOptions, Request};
use url::Url;

use super::MOST;
use super::answer::Answer;

/// Asks by HTTPS. The server is trusted by these certificates and those of the system.
pub(super) async fn get(url: &Url, authorities: Option<String>, token: Secret) -> anyhow::Result<Answer> {
    let http = HttpClient::new(HttpOptions { certificates: authorities, ..HttpOptions::default() })?;
    let bearer = Secret::new(format!("Bearer {}", token.expose()));
    let request = Request::get(url.clone()).authorization(Some(bearer));
    let (response, body) = http.fetch(&request, MOST, "content").await?;
    Ok(Answer { status: response.status(), body })
}
