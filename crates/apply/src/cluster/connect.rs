//! How an API server is connected to.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::Client;
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use tokio::time::timeout;
use tower::layer::layer_fn;
use tower::util::option_layer;
use tower::{BoxError, Service, ServiceBuilder};

use super::token::Tokens;
use super::{Login, REQUEST};

/// How long an answer may take to begin. Longer than what is waited for all of it where that is limited.
const BEGINS: Duration = REQUEST.saturating_add(Duration::from_secs(5));

/// The same of a watch: an API server answers it before anything happens.
const WATCH_BEGINS: Duration = Duration::from_secs(30);

/// How long a connection may be silent: longer than any watch lasts, as one of a server that does not tell how far it is may be.
const SILENCE: Duration = Duration::from_mins(6);

/// A client that does not try again by itself: it would for minutes, unseen, and as long as a server asks for.
///
/// Nor does it wait for ever: an answer has to begin in time, and to go on. The watchers of `kube` limit only the time between two
/// events; a list or the beginning of a watch that never comes, as of a connection that is half open or a balancer that loses it,
/// would be the last that they ask for.
///
/// What it sends, it sends at once (`TCP_NODELAY`). The stack of [`ClientBuilder`] leaves the second part of a request waiting for the
/// server's acknowledgement of the first, and a server may take 40 ms for that. A connection through a proxy is made by that stack.
pub fn client(login: impl Into<Login>) -> Result<Client, kube::Error> {
    let Login { mut config, plugin } = login.into();
    let tokens = plugin.map(Tokens);
    config.default_retry = false;
    config.read_timeout = config.read_timeout.or(Some(SILENCE));
    // What is sent of an `exec` or a port-forward is a sign of life, too.
    config.reset_reader_on_write = true;
    if config.proxy_url.is_some() {
        let builder = ClientBuilder::try_from(config)?.with_layer(&layer_fn(InTime));
        return Ok(builder.with_layer(&option_layer(tokens)).build());
    }
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp())?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    connector.set_reset_reader_on_write(config.reset_reader_on_write);
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .option_layer(tokens)
        .layer(layer_fn(InTime))
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service, config.default_namespace).build())
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // The scheme is `https`, which is the business of the layer above.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

/// Requests whose answers begin in time, or fail.
#[derive(Debug, Clone)]
struct InTime<S>(S);

impl<S> Service<Request<Body>> for InTime<S>
where
    S: Service<Request<Body>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_watch =
            request.uri().query().is_some_and(|query| query.split('&').any(|is| is == "watch=true"));
        let begins = if is_watch { WATCH_BEGINS } else { BEGINS };
        let answer = self.0.call(request);
        Box::pin(async move {
            let late = |_| format!("no answer within {} s", begins.as_secs());
            timeout(begins, answer).await.map_err(late)?.map_err(Into::into)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::convert::Infallible;
    use std::future::pending;

    use http::Response;
    use rstest::rstest;
    use tokio::net::TcpListener;
    use tokio::time::Instant;
    use tower::{ServiceExt as _, service_fn};

    #[rstest]
    #[case::a_list("/api/v1/secrets?limit=500", 70)]
    #[case::a_watch("/api/v1/secrets?&watch=true&timeoutSeconds=140", 30)]
    #[case::of_a_label("/api/v1/secrets?labelSelector=not-watch=true", 70)]
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_begin_fails(#[case] path: &str, #[case] seconds: u64) {
        let silent = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
        let start = Instant::now();
        let error =
            InTime(silent).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("no answer within {seconds} s"));
        assert_eq!(start.elapsed().as_secs(), seconds);
    }

    #[tokio::test]
    async fn what_is_sent_is_sent_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
        let connection = super::tcp().call(server).await.unwrap();
        assert!(connection.inner().nodelay().unwrap());
    }
}
