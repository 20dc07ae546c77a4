//! How an API server is connected to.

use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};
use tower::ServiceBuilder;

/// A client that does not try again by itself: it would for minutes, unseen, and as long as a server asks for.
///
/// What it sends, it sends at once (`TCP_NODELAY`). The stack of [`ClientBuilder`] leaves the second part of a request waiting for the
/// server's acknowledgement of the first, and a server may take 40 ms for that. A connection through a proxy is made by that stack.
pub fn client(mut config: Config) -> Result<Client, kube::Error> {
    config.default_retry = false;
    if config.proxy_url.is_some() {
        return Ok(ClientBuilder::try_from(config)?.build());
    }
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp())?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(tower::BoxError::from)
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tower::Service as _;

    #[tokio::test]
    async fn what_is_sent_is_sent_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
        let connection = super::tcp().call(server).await.unwrap();
        assert!(connection.inner().nodelay().unwrap());
    }
}
