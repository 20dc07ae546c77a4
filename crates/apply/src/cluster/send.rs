//! How requests are made, but for discovery and watches: time limits, retries, and what an answer is.

use bytes::Bytes;
use http::response::Parts;
use http::{Request, StatusCode};
use kube::client::Body;
use kube::core::request;
use rukpak_manifest::Object;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use super::retry::{Tries, retry_after};
use super::{ApiError, Cluster, Outcome, REQUEST};
use crate::ObjectId;

/// A request without an answer. Where nobody waits for that any longer, it came too late.
struct Unanswered<'a> {
    cluster: &'a Cluster,
    verb: &'static str,
    start: Instant,
}

impl Unanswered<'_> {
    /// There is one, or it is too late for it.
    fn told(self, answer: Option<&Result<(Parts, Bytes), kube::Error>>) {
        self.cluster.tell(self.verb, self.start, answer, |(head, _)| head.status);
        std::mem::forget(self);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.cluster.tell::<()>(self.verb, self.start, None, |()| StatusCode::OK);
    }
}

/// What the server says to a request that it does not refuse, not read yet. It may be a Secret, and stays out of errors and logs.
pub(super) struct Answer {
    /// Whether something was made.
    pub(super) is_created: bool,
    body: Bytes,
}

impl Answer {
    /// How much it is.
    pub(super) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The object that it is.
    pub(super) fn object(&self, verb: &'static str, id: &ObjectId) -> Result<Object, ApiError> {
        Object::from_value(self.read(verb, id)?).map_err(|_| ApiError::answer(verb, id))
    }

    /// What it says, as a type that knows what of it is of use.
    pub(super) fn read<T: DeserializeOwned>(&self, verb: &'static str, id: &ObjectId) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| ApiError::unread(verb, id, &error))
    }
}

impl Cluster {
    /// Sends a request until it is answered, within our patience.
    pub(super) async fn send(
        &self,
        verb: &'static str,
        id: &ObjectId,
        request: Result<Request<Vec<u8>>, request::Error>,
    ) -> Result<Answer, ApiError> {
        let request = request.map_err(|error| ApiError::of(verb, id, kube::Error::BuildRequest(error)))?;
        self.again(|| self.send_once(verb, id, request.clone())).await
    }

    /// Does something until it succeeds, is refused, or our patience is at an end.
    pub(super) async fn again<T, F>(&self, once: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let (start, mut tries, mut made) = (Instant::now(), Tries::new(self.patience), 1);
        loop {
            let error = match once().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let Some(pause) = tries.next(&error, start.elapsed(), fastrand::f32()) else {
                return Err(error.after(made, start.elapsed()));
            };
            tracing::warn!(%error, ?pause, "a request is made again");
            sleep(pause).await;
            made += 1;
        }
    }

    async fn send_once(
        &self,
        verb: &'static str,
        id: &ObjectId,
        request: Request<Vec<u8>>,
    ) -> Result<Answer, ApiError> {
        let answer = async {
            let response = self.client.send(request.map(Body::from)).await?;
            let (head, body) = response.into_parts();
            Ok((head, body.collect_bytes().await?))
        };
        let unanswered = Unanswered { cluster: self, verb, start: Instant::now() };
        let answer = timeout(REQUEST, answer).await.ok();
        unanswered.told(answer.as_ref());
        let answer = answer.ok_or_else(|| ApiError::late(verb, id, REQUEST))?;
        let (head, body) = answer.map_err(|error| ApiError::of(verb, id, error))?;
        if !head.status.is_success() {
            return Err(ApiError::refused(verb, id, head.status, &body, retry_after(&head.headers)));
        }
        Ok(Answer { is_created: head.status == StatusCode::CREATED, body })
    }

    /// Tells our meter what came of a request; `None` where it took too long.
    pub(super) fn tell<T>(
        &self,
        verb: &'static str,
        start: Instant,
        answer: Option<&Result<T, kube::Error>>,
        status: impl FnOnce(&T) -> StatusCode,
    ) {
        let Some(meter) = &self.meter else { return };
        let outcome = match answer {
            Some(Ok(answer)) => Outcome::Answered(status(answer)),
            Some(Err(kube::Error::Api(status))) => {
                StatusCode::from_u16(status.code).map_or(Outcome::Failed, Outcome::Answered)
            }
            Some(Err(_)) => Outcome::Failed,
            None => Outcome::Late,
        };
        meter.request(verb, outcome, start.elapsed());
    }
}
