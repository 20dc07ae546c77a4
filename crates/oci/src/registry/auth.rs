//! Showing a registry who we are.

use reqwest::StatusCode;

use super::challenge::Challenge;
use super::{Inner, Registry, RegistryError, Wanted, token};
use crate::http::{HttpError, Request, Response};
use crate::message::message_of;
use crate::{Credentials, Secret};

/// What was found to be accepted.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Which of the credentials.
    candidate: usize,
    /// The `Authorization` header, once one was asked for.
    header: Option<Secret>,
}

impl Registry {
    /// Makes a request with the `Authorization` that was accepted before; where there is none or it is refused, gets one,
    /// with each of the credentials in turn.
    pub(super) async fn authorized(
        &self,
        request: Request,
        wanted: Wanted,
    ) -> Result<(Response, Vec<u8>), RegistryError> {
        let Inner { reference, credentials, session, .. } = &*self.0;
        let (header, first) = {
            let session = session.lock().await;
            (session.header.clone(), session.candidate)
        };
        let (mut response, mut body) = self.send(request.clone().authorization(header), wanted).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.granted(response, body).await;
        }
        let Some(challenge) = Challenge::of(response.headers()) else {
            return Err(RegistryError::Challenge { reference: reference.clone().into() });
        };
        let mut refused = None;
        for (candidate, credentials) in credentials.iter().enumerate().skip(first) {
            let header = match self.authorization(&challenge, credentials).await {
                Ok(Some(header)) => header,
                // There is nothing to show; the answer that we have is the last word.
                Ok(None) => continue,
                Err(error @ RegistryError::Token { status: 400..=403, .. }) => {
                    refused = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let authorized = request.clone().authorization(Some(header.clone()));
            (response, body) = self.send(authorized, wanted).await?;
            refused = None;
            if !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                *session.lock().await = Session { candidate, header: Some(header) };
                return Ok((response, body));
            }
        }
        match refused {
            Some(error) => Err(error),
            None => Err(self.unauthorized(response, body).await),
        }
    }

    async fn send(&self, request: Request, wanted: Wanted) -> Result<(Response, Vec<u8>), HttpError> {
        match wanted {
            Wanted::Header => Ok((self.0.http.open(&request).await?, vec![])),
            Wanted::Body { limit, what } => self.0.http.fetch(&request, limit, what).await,
        }
    }

    /// An answer, unless it says that we may not have one.
    async fn granted(&self, response: Response, body: Vec<u8>) -> Result<(Response, Vec<u8>), RegistryError> {
        match response.status() {
            StatusCode::FORBIDDEN => Err(self.unauthorized(response, body).await),
            _ => Ok((response, body)),
        }
    }

    async fn unauthorized(&self, mut response: Response, body: Vec<u8>) -> RegistryError {
        let body = if body.is_empty() { response.error_text().await } else { body };
        RegistryError::Unauthorized {
            reference: self.reference().clone().into(),
            as_whom: match self.0.credentials.as_slice() {
                [Credentials::Anonymous] => "anonymous access",
                _ => "the credentials",
            },
            message: message_of(&body, &self.secrets().await),
        }
    }

    /// The `Authorization` header that answers a challenge; `None` where there is none to give.
    async fn authorization(
        &self,
        challenge: &Challenge,
        credentials: &Credentials,
    ) -> Result<Option<Secret>, RegistryError> {
        match (challenge, credentials) {
            (_, Credentials::Bearer(token)) => Ok(Some(Secret::new(format!("Bearer {}", token.expose())))),
            (Challenge::Basic, Credentials::Basic(basic)) => {
                Ok(Some(Secret::new(format!("Basic {}", basic.encoded().expose()))))
            }
            (Challenge::Basic, Credentials::Anonymous | Credentials::Identity(_)) => Ok(None),
            (Challenge::Bearer { realm, service }, credentials) => {
                let token = token::get(self, realm, service.as_deref(), credentials).await?;
                Ok(Some(Secret::new(format!("Bearer {}", token.expose()))))
            }
        }
    }

    /// What a server must not be quoted with.
    pub(super) async fn secrets(&self) -> Vec<Secret> {
        let header = self.0.session.lock().await.header.clone();
        let token = header
            .as_ref()
            .and_then(|header| header.expose().split_once(' '))
            .map(|(_, token)| Secret::new(token));
        self.0.credentials.iter().flat_map(Credentials::secrets).chain(token).collect()
    }
}
