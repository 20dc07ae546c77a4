//! Asking a content server through the API server: a port-forward to a pod behind its Service.
//!
//! The connection ends in the pod, and TLS is spoken through it with the name of the Service, so that nobody on the way reads the
//! token or the content.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use http::Request;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use rukpak_oci::Secret;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::MOST;
use super::answer::Answer;
use crate::cluster::Connection;

/// How long it may take in all.
const PATIENCE: Duration = Duration::from_mins(2);

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// Asks the server of a URL `https://SERVICE.NAMESPACE.svc/…`.
pub(super) async fn get(
    connection: &Connection,
    url: &Url,
    authorities: &str,
    token: &Secret,
) -> anyhow::Result<Answer> {
    let (service, namespace) = service(url).with_context(|| {
        format!("got content at {url}, expected https://SERVICE.NAMESPACE.svc; --url says where to ask")
    })?;
    let client = connection.client()?;
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let live = services
        .get(service)
        .await
        .map_err(|error| told(error, &format!("get Service {namespace}/{service}")))?;
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    let params = ListParams::default().labels(&selector(&live));
    let list = pods
        .list(&params)
        .await
        .map_err(|error| told(error, &format!("list the pods of Service {namespace}/{service}")))?;
    let Some(pod) = list.items.iter().find(|pod| is_ready(pod)) else {
        bail!(
            "no pod of Service {namespace}/{service} is ready, expected one to forward a port to; there are {}",
            list.items.len()
        );
    };
    let port = port(&live, pod, url.port().unwrap_or(HTTPS))
        .with_context(|| format!("Service {namespace}/{service} has no such port as {url} wants"))?;
    let name = pod.name_any();
    let asked = async {
        let mut forward = pods
            .portforward(&name, &[port])
            .await
            .map_err(|error| told(error, &format!("forward a port to pod {namespace}/{name}")))?;
        let stream = forward.take_stream(port).context("the port-forward has no stream")?;
        let answer = ask(stream, url, authorities, token).await;
        let refused = forward.take_error(port);
        // What the kubelet says is the cause of what we see.
        match (answer, refused) {
            (Err(error), Some(refused)) => match timeout(Duration::from_secs(1), refused).await {
                Ok(Some(why)) => Err(error.context(format!("pod {namespace}/{name} at port {port}: {why}"))),
                _ => Err(error),
            },
            (answer, _) => answer,
        }
    };
    timeout(PATIENCE, asked).await.map_err(|_| {
        anyhow!("pod {namespace}/{name} did not hand out the content within {} s", PATIENCE.as_secs())
    })?
}

/// Asks by HTTPS over a connection that is there.
async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    authorities: &str,
    token: &Secret,
) -> anyhow::Result<Answer> {
    let host = url.host_str().context("the URL has no host")?;
    let name =
        ServerName::try_from(host.to_owned()).with_context(|| format!("{host} is no name of a server"))?;
    let stream =
        TlsConnector::from(Arc::new(tls(authorities)?)).connect(name, stream).await.map_err(untrusted)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .context("the token cannot be a header")?;
    bearer.set_sensitive(true);
    let request = Request::get(url.path())
        .header(HOST, host)
        .header(AUTHORIZATION, bearer)
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await.context("the content server does not answer")?;
    let (status, most) = (response.status(), usize::try_from(MOST)?);
    let body = Limited::new(response.into_body(), most)
        .collect()
        .await
        .map_err(|error| anyhow!(error).context("the content broke off"))?;
    drop(sender);
    driving.abort();
    Ok(Answer { status, body: body.to_bytes().to_vec() })
}

fn untrusted(error: io::Error) -> anyhow::Error {
    anyhow::Error::new(error).context("cannot speak TLS with the content server")
}

/// Trusts these authorities and no others.
fn tls(authorities: &str) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(certificate.context("the authorities of the content servers are not PEM")?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// `SERVICE` and `NAMESPACE` of `SERVICE.NAMESPACE.svc…`.
fn service(url: &Url) -> Option<(&str, &str)> {
    let (service, rest) = url.host_str()?.split_once('.')?;
    let (namespace, rest) = rest.split_once('.')?;
    (rest == "svc" || rest.starts_with("svc.")).then_some((service, namespace))
}

fn selector(service: &Service) -> String {
    let labels = service.spec.iter().flat_map(|spec| spec.selector.iter().flatten());
    labels.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.into_iter().any(|one| one.type_ == "Ready" && one.status == "True")
}

/// The port of a pod that a port of the Service leads to.
fn port(service: &Service, pod: &Pod, port: u16) -> Option<u16> {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let found = ports.into_iter().find(|one| one.port == i32::from(port))?;
    match &found.target_port {
        None => Some(port),
        Some(IntOrString::Int(number)) => u16::try_from(*number).ok(),
        Some(IntOrString::String(name)) => {
            let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
            let mut ports = containers.flat_map(|container| container.ports.iter().flatten());
            ports
                .find(|one| one.name.as_ref() == Some(name))
                .and_then(|one| u16::try_from(one.container_port).ok())
        }
    }
}

fn told(error: kube::Error, act: &str) -> anyhow::Error {
    match error {
        kube::Error::Api(status) => anyhow!("cannot {act}: {}", status.message),
        error => anyhow::Error::new(error).context(format!("cannot {act}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rstest::rstest;
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio_rustls::TlsAcceptor;

    /// An authority in PEM, and a server that it vouches for as `a.b.svc`.
    fn authority() -> (String, TlsAcceptor) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["a.b.svc".to_owned()]).unwrap();
        let chain = vec![params.signed_by(&key, &authority).unwrap().der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        (authority.pem(), TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap())))
    }

    /// Answers one request with what it asks.
    async fn echo(acceptor: TlsAcceptor, stream: DuplexStream) -> io::Result<()> {
        let mut stream = acceptor.accept(stream).await?;
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await?);
        }
        let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n", asked.len());
        stream.write_all(&[head.as_bytes(), &asked].concat()).await?;
        stream.flush().await
    }

    async fn asked(authorities: &str, acceptor: TlsAcceptor, url: &str) -> anyhow::Result<Answer> {
        let (here, there) = duplex(1 << 16);
        let serving = tokio::spawn(echo(acceptor, there));
        let answer = ask(here, &url.parse()?, authorities, &Secret::new("secret")).await;
        let _ = serving.await;
        answer
    }

    #[tokio::test]
    async fn a_server_that_proves_who_it_is_sees_the_token() {
        let (authority, acceptor) = authority();
        let answer = asked(&authority, acceptor, "https://a.b.svc/bundles/c.tgz").await.unwrap();
        let seen = String::from_utf8(answer.body).unwrap().to_lowercase();
        assert_eq!(answer.status, 403);
        assert!(seen.starts_with("get /bundles/c.tgz http/1.1\r\n"), "{seen}");
        assert!(
            seen.contains("host: a.b.svc\r\n") && seen.contains("authorization: bearer secret\r\n"),
            "{seen}"
        );
    }

    #[tokio::test]
    async fn one_that_does_not_sees_nothing() {
        let [(authority, acceptor), (_, stranger)] = [(); 2].map(|()| authority());
        for (acceptor, url) in [(stranger, "https://a.b.svc/"), (acceptor, "https://other.b.svc/")] {
            let error = asked(&authority, acceptor, url).await.unwrap_err();
            assert!(
                format!("{error:#}").starts_with("cannot speak TLS with the content server"),
                "{error:#}"
            );
        }
    }

    #[rstest]
    #[case("https://a.b.svc/bundles/x.tgz", Some(("a", "b")))]
    #[case("https://a.b.svc.cluster.local/bundles/x.tgz", Some(("a", "b")))]
    #[case("https://a.example.com/x.tgz", None)]
    #[case("https://127.0.0.1:1/x.tgz", None)]
    fn services(#[case] url: &str, #[case] expected: Option<(&str, &str)>) {
        assert_eq!(service(&url.parse().unwrap()), expected);
    }

    #[rstest]
    #[case::by_name(json!({"port": 443, "targetPort": "https"}), Some(8443))]
    #[case::by_number(json!({"port": 443, "targetPort": 9443}), Some(9443))]
    #[case::the_same(json!({"port": 443}), Some(443))]
    #[case::another(json!({"port": 80, "targetPort": 80}), None)]
    #[case::an_unknown_name(json!({"port": 443, "targetPort": "web"}), None)]
    fn ports(#[case] of_service: Value, #[case] expected: Option<u16>) {
        let service = serde_json::from_value(json!({"spec": {"ports": [of_service]}})).unwrap();
        let containers =
            json!([{"name": "a"}, {"name": "b", "ports": [{"name": "https", "containerPort": 8443}]}]);
        let pod = serde_json::from_value(json!({"spec": {"containers": containers}})).unwrap();
        assert_eq!(port(&service, &pod, 443), expected);
    }
}
