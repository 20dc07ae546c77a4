//! Getting a token from a token server.
//!
//! The protocol is Docker's: `GET` with a password or without (distribution, `docs/spec/auth/token.md`), `POST` for an
//! identity token (`oauth.md`).

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{Inner, Registry, RegistryError};
use crate::http::{Payload, Request, ShownUrl};
use crate::message::message_of;
use crate::secret::redact;
use crate::{Credentials, Secret};

/// How much a token server may answer.
const TOKEN_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Asks the token server that the registry named for a token for its repository. The scope is ours and not what the
/// registry says, which could have us ask for a token to another repository and hand it over.
pub(super) async fn get(
    registry: &Registry,
    realm: &str,
    service: Option<&str>,
    credentials: &Credentials,
) -> Result<Secret, RegistryError> {
    let Inner { http, reference, action, .. } = &*registry.0;
    let secrets = registry.secrets().await;
    let realm = realm_url(registry, realm, credentials, &secrets).await?;
    let shown = ShownUrl::without(&realm, &secrets);
    let scope = format!("repository:{}:{}", reference.repository(), action.as_str());
    let request = match credentials {
        Credentials::Identity(token) => {
            let mut form = Serializer::new(String::new());
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose());
            form.append_pair("client_id", "rukpak").append_pair("scope", &scope);
            form.append_pair("service", service.unwrap_or_default());
            Request::new(Method::POST, realm)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .payload(Payload::Form(Secret::new(form.finish())))
        }
        credentials => {
            let mut url = realm;
            url.query_pairs_mut().append_pair("scope", &scope);
            if let Some(service) = service {
                url.query_pairs_mut().append_pair("service", service);
            }
            let basic = match credentials {
                Credentials::Basic(basic) => Some(Secret::new(format!("Basic {}", basic.encoded().expose()))),
                _ => None,
            };
            Request::get(url).authorization(basic)
        }
    };
    let request = request.shown(shown).secrets(secrets);
    let (response, body) = http.fetch(&request, TOKEN_BYTES, "a token").await?;
    let url = response.shown_url();
    if !response.status().is_success() {
        let message = message_of(&body, &credentials.secrets());
        return Err(RegistryError::Token { url, status: response.status().as_u16(), message });
    }
    let answer = |what| RegistryError::TokenAnswer { url, what };
    let Ok(Answer { token, access_token }) = serde_json::from_slice(&body) else {
        return Err(answer("something else"));
    };
    match [token, access_token].into_iter().flatten().find(|token| !token.is_empty()) {
        None => Err(answer("no token")),
        Some(token) if HeaderValue::from_str(&token).is_err() => {
            Err(answer("a token that no header can hold"))
        }
        Some(token) => Ok(Secret::new(token)),
    }
}

/// The token server, if what we have may be sent there.
async fn realm_url(
    registry: &Registry,
    realm: &str,
    credentials: &Credentials,
    secrets: &[Secret],
) -> Result<Url, RegistryError> {
    let base = registry.url("").await?;
    let no_url = |_| RegistryError::Url(redact(realm, secrets).chars().take(200).collect());
    let url = base.join(realm).map_err(no_url)?;
    let refuse = |why| Err(RegistryError::Realm { realm: ShownUrl::without(&url, secrets), why });
    match url.scheme() {
        "http" if base.scheme() == "https" => refuse("which is not https"),
        "http" if *credentials != Credentials::Anonymous && url.host() != base.host() => {
            refuse("another host, where credentials go by https only")
        }
        "https" | "http" => Ok(url),
        _ => refuse("which is no web server"),
    }
}
