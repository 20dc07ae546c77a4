//! Requests that show the token of a credential plugin.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use kube::client::Body;
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service, ServiceExt as _};

use super::plugin::Plugin;

/// Has requests show the token of a plugin.
#[derive(Debug)]
pub(super) struct Tokens(pub(super) Arc<Plugin>);

impl<S> Layer<S> for Tokens {
    type Service = WithToken<S>;

    fn layer(&self, service: S) -> WithToken<S> {
        WithToken { service: Arc::new(Mutex::new(service)), plugin: Arc::clone(&self.0) }
    }
}

/// A service whose requests show a token; another one where that is not taken any more.
#[derive(Debug)]
pub(super) struct WithToken<S> {
    /// Held only until a request is on its way.
    service: Arc<Mutex<S>>,
    plugin: Arc<Plugin>,
}

impl<S, B> Service<Request<Body>> for WithToken<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (service, plugin) = (Arc::clone(&self.service), Arc::clone(&self.plugin));
        Box::pin(async move {
            let shown = plugin.header().await?;
            let (head, body) = request.into_parts();
            let again = body.try_clone().map(|body| Request::from_parts(head.clone(), body));
            let answer = send(&service, Request::from_parts(head, body), shown.clone()).await?;
            let Some(again) = again.filter(|_| answer.status() == StatusCode::UNAUTHORIZED) else {
                return Ok(answer);
            };
            match plugin.other_than(&shown).await? {
                Some(other) => send(&service, again, other).await,
                None => Ok(answer),
            }
        })
    }
}

async fn send<S>(
    service: &Mutex<S>,
    mut request: Request<Body>,
    shown: HeaderValue,
) -> Result<S::Response, BoxError>
where
    S: Service<Request<Body>, Error = BoxError>,
{
    request.headers_mut().insert(AUTHORIZATION, shown);
    let answer = service.lock().await.ready().await?.call(request);
    answer.await
}

#[cfg(test)]
mod tests {
    use super::super::plugin::tests::{changing, long_ago, plugin};
    use super::*;

    use std::future::ready;
    use std::sync::Mutex as Shared;

    use rstest::rstest;
    use tower::service_fn;

    #[rstest]
    #[case::taken(true, 1, 1, StatusCode::OK)]
    #[case::not_taken_any_more(true, 2, 2, StatusCode::OK)]
    #[case::never_taken(true, 3, 2, StatusCode::UNAUTHORIZED)]
    #[case::given_just_now(false, 2, 1, StatusCode::UNAUTHORIZED)]
    #[tokio::test]
    async fn a_token_that_is_not_taken_is_another_one_once(
        #[case] is_old: bool,
        #[case] taken: usize,
        #[case] requests: usize,
        #[case] expected: StatusCode,
    ) {
        let mut plugin = plugin(changing("")).await;
        if is_old {
            long_ago(&mut plugin);
        }
        let shown = Arc::new(Shared::new(Vec::new()));
        let seen = Arc::clone(&shown);
        let server = service_fn(move |request: Request<Body>| {
            let mut seen = seen.lock().unwrap();
            seen.push(request.headers().get(AUTHORIZATION).unwrap().clone());
            let status = if seen.len() >= taken { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            ready(Ok::<_, BoxError>(Response::builder().status(status).body(()).unwrap()))
        });
        let request = Request::patch("/api").body(Body::from(b"{}".to_vec())).unwrap();
        let answer = Tokens(Arc::new(plugin)).layer(server).oneshot(request).await.unwrap();
        let mut shown = shown.lock().unwrap().clone();
        assert_eq!((shown.len(), answer.status()), (requests, expected));
        shown.dedup();
        assert_eq!(shown.len(), requests);
    }
}
