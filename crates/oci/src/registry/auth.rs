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
        let request = request.secrets(self.secrets().await);
        let Inner { reference, credentials, session, .. } = &*self.0;
        let (header, first) = {
            let session = session.lock().await;
            (session.header.clone(), session.candidate)
        };
        let (response, body) = self.send(request.clone().authorization(header.clone()), wanted).await?;
        match response.status() {
            // Where a redirect led has no say in who is shown our credentials, and is not shown them either: what it refuses are not they.
            _ if response.is_from_elsewhere() => return Ok((response, body)),
            StatusCode::UNAUTHORIZED => {}
            StatusCode::FORBIDDEN => {
                return Err(self.unauthorized(response, body, header).await);
            }
            _ => return Ok((response, body)),
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
                // Whatever its status: some servers do not find who they do not know.
                Err(error @ RegistryError::Token { .. }) => {
                    refused = refusal(refused, credentials, error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let authorized = request.clone().authorization(Some(header.clone()));
            let (response, body) = self.send(authorized, wanted).await?;
            let is_refused = matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            if !is_refused || response.is_from_elsewhere() {
                *session.lock().await = Session { candidate, header: Some(header) };
                return Ok((response, body));
            }
            let error = self.unauthorized(response, body, Some(header)).await;
            refused = refusal(refused, credentials, error);
        }
        match refused {
            Some(error) => Err(error),
            None => Err(self.unauthorized(response, body, header).await),
        }
    }

    async fn send(&self, request: Request, wanted: Wanted) -> Result<(Response, Vec<u8>), HttpError> {
        match wanted {
            Wanted::Header => Ok((self.0.http.open(&request).await?, vec![])),
            Wanted::Body { limit, what } => self.0.http.fetch(&request, limit, what).await,
        }
    }

    /// Says that we may not have an answer, after having shown this header.
    async fn unauthorized(
        &self,
        mut response: Response,
        body: Vec<u8>,
        header: Option<Secret>,
    ) -> RegistryError {
        let body = if body.is_empty() { response.error_text().await } else { body };
        RegistryError::Unauthorized {
            reference: self.reference().clone().into(),
            as_whom: match self.0.credentials.as_slice() {
                [Credentials::Anonymous] => "anonymous access",
                _ => "the credentials",
            },
            message: message_of(&body, &[self.secrets().await, token_of(header.as_ref())].concat()),
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
        let token = token_of(self.0.session.lock().await.header.as_ref());
        self.0.credentials.iter().flat_map(Credentials::secrets).chain(token).collect()
    }
}

/// What is said of several refusals: the last one of credentials, since that nobody else may either says nothing of them.
fn refusal(
    before: Option<RegistryError>,
    credentials: &Credentials,
    error: RegistryError,
) -> Option<RegistryError> {
    match credentials {
        Credentials::Anonymous => before.or(Some(error)),
        Credentials::Basic(_) | Credentials::Identity(_) | Credentials::Bearer(_) => Some(error),
    }
}

/// What stands behind `Basic` or `Bearer`.
fn token_of(header: Option<&Secret>) -> Vec<Secret> {
    let token = header.and_then(|header| header.expose().split_once(' '));
    token.map(|(_, token)| Secret::new(token)).into_iter().collect()
}
