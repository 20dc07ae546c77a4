//! Sending requests.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Method, StatusCode, redirect};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::sleep;
use tracing::debug;
use url::{Host, Url};

use super::pace::{Late, Pace};
use super::retry::{Retries, Verdict};
use super::{HttpError, Payload, Request, Response, ShownUrl};

/// Redirects in a row.
const REDIRECTS: u32 = 10;

/// Bytes a second that an upload may be counted on to make.
const SLOWEST_UPLOAD: u64 = 64 << 10;

/// How long an unused connection is kept.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// Whom to trust and how long to wait.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Certificates of authorities to trust beside those of the system, in PEM.
    pub certificates: Option<String>,
    /// Whether any certificate is good enough.
    pub insecure_skip_tls_verify: bool,
    /// How long a connection may take. 10 s.
    pub connect: Duration,
    /// How long no progress may be made. 20 s.
    pub idle: Duration,
    /// `User-Agent`.
    pub user_agent: String,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            certificates: None,
            insecure_skip_tls_verify: false,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            user_agent: concat!("rukpak/", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}

/// Sends requests. It holds a pool of connections, so it is made once and shared.
#[derive(Debug)]
pub struct HttpClient {
    options: HttpOptions,
    certificates: Vec<Certificate>,
    /// Made when they are needed, since reading the system's certificates takes milliseconds.
    plain_loopback: OnceLock<Client>,
    loopback: OnceLock<Client>,
    far: OnceLock<Client>,
}

impl HttpClient {
    /// A client that has connected to nothing yet.
    pub fn new(options: HttpOptions) -> Result<Self, HttpError> {
        let certificates = options.certificates.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let (plain_loopback, loopback, far) = Default::default();
        Ok(Self { options, certificates, plain_loopback, loopback, far })
    }

    /// Whom it trusts and how long it waits.
    #[must_use]
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// Sends a request, again where that helps, and reads the response's body, of at most `limit` bytes. `what` it is stands
    /// in the error about a larger one.
    pub async fn fetch(
        &self,
        request: &Request,
        limit: u64,
        what: &'static str,
    ) -> Result<(Response, Vec<u8>), HttpError> {
        let mut retries = Retries::new();
        loop {
            let read = async {
                let mut response = self.open_with(request, &mut retries).await?;
                let body = response.read(limit, what).await?;
                Ok((response, body))
            };
            match read.await {
                Err(error @ (HttpError::Broken { .. } | HttpError::Stalled { .. })) => {
                    let wait = retries.fault().ok_or(error)?;
                    sleep(wait).await;
                }
                read => return read,
            }
        }
    }

    /// Sends a request, again where that helps, and gives the response as soon as its header is there.
    pub async fn open(&self, request: &Request) -> Result<Response, HttpError> {
        self.open_with(request, &mut Retries::new()).await
    }

    pub(super) async fn open_with(
        &self,
        request: &Request,
        retries: &mut Retries,
    ) -> Result<Response, HttpError> {
        loop {
            let wait = match self.follow(request).await {
                Ok(response) if Retries::is_busy(response.status()) => {
                    let status = response.status().as_u16();
                    match retries.busy(response.headers(), SystemTime::now(), fastrand::f32()) {
                        Verdict::Enough => return Ok(response),
                        Verdict::TooLong(wait) => {
                            return Err(HttpError::Busy { url: response.shown_url(), status, wait });
                        }
                        Verdict::Wait(wait) => {
                            debug!(url = %response.shown_url(), status, ?wait, "the server is busy");
                            wait
                        }
                    }
                }
                Err(error) if error.is_fault() => {
                    debug!(%error, "the connection failed");
                    retries.fault().ok_or(error)?
                }
                result => return result,
            };
            sleep(wait).await;
        }
    }

    /// Sends a request once, and once more to wherever it is redirected.
    async fn follow(&self, request: &Request) -> Result<Response, HttpError> {
        let (asked, mut request) = (request, request.clone());
        for _ in 0..=REDIRECTS {
            let response = self.send(&request).await?;
            let status = response.status();
            let repeats = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
            // What was asked for with a payload is sent on only where the server says to keep the method.
            let is_redirect = match request.method {
                Method::GET | Method::HEAD => repeats,
                _ => matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT),
            };
            if !is_redirect {
                let is_elsewhere = request.url.origin() != asked.url.origin();
                return Ok(if is_elsewhere {
                    response.elsewhere_than(asked.shown.clone())
                } else {
                    response
                });
            }
            let (target, shown) = redirect_target(asked, &request, response.headers().get(LOCATION))?;
            if target.origin() != request.url.origin() {
                if let Payload::Form(_) = request.payload {
                    return Err(HttpError::SecretRedirect { from: request.shown, to: shown });
                }
                request.authorization = None;
            }
            (request.url, request.shown) = (target, shown);
        }
        Err(HttpError::TooManyRedirects { url: asked.shown.clone(), limit: REDIRECTS })
    }

    /// Sends a request once.
    async fn send(&self, request: &Request) -> Result<Response, HttpError> {
        let Request { method, url, shown, headers, authorization, payload, secrets: _ } = request;
        let shown = shown.clone();
        let mut builder = self.client_for(url)?.request(method.clone(), url.clone()).headers(headers.clone());
        if let Some(mut value) =
            authorization.as_ref().and_then(|value| HeaderValue::from_str(value.expose()).ok())
        {
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(length) = payload.length() {
            builder = builder.header(CONTENT_LENGTH, length);
        }
        if let Some(body) = payload.body() {
            builder = builder.body(body);
        }
        debug!(%method, url = %shown, "request");
        // What is sent takes time that is not the server's.
        let sending = Duration::from_secs(payload.length().unwrap_or_default() / SLOWEST_UPLOAD);
        let mut pace = Pace::new(self.options.idle + sending);
        match pace.wait(builder.send()).await {
            Ok(Ok(inner)) => Ok(Response::new(inner, shown, self.options.idle)),
            Ok(Err(error)) if error.is_connect() => {
                Err(HttpError::Connect { url: shown, source: error.without_url() })
            }
            Ok(Err(error)) => Err(HttpError::Broken { url: shown, received: 0, source: error.without_url() }),
            Err(Late) => Err(HttpError::Stalled { url: shown, idle: self.options.idle, received: 0 }),
        }
    }

    /// The client that goes to a URL.
    fn client_for(&self, url: &Url) -> Result<&Client, HttpError> {
        let (client, is_loopback, is_tls) = match (is_loopback(url), url.scheme() == "https") {
            (true, false) => (&self.plain_loopback, true, false),
            (true, true) => (&self.loopback, true, true),
            // A proxy may want TLS where the URL does not.
            (false, _) => (&self.far, false, true),
        };
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let made = self.make(is_loopback, is_tls)?;
        Ok(client.get_or_init(|| made))
    }

    fn make(&self, is_loopback: bool, is_tls: bool) -> Result<Client, HttpError> {
        // One provider for the whole process; whoever comes second finds it installed.
        let _ = ring::default_provider().install_default();
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.options.connect.min(self.options.idle))
            .pool_idle_timeout(POOL_IDLE)
            .user_agent(&self.options.user_agent);
        if is_loopback {
            builder = builder.no_proxy();
        }
        builder = if !is_tls {
            builder.tls_certs_only([])
        } else if self.options.insecure_skip_tls_verify {
            builder.tls_danger_accept_invalid_certs(true)
        } else {
            builder.tls_certs_merge(self.certificates.clone())
        };
        builder.build().map_err(HttpError::Setup)
    }
}

/// The certificates of a PEM file, at least one, each of which can be trusted.
fn certificates(pem: &str) -> Result<Vec<Certificate>, HttpError> {
    let mut roots = RootCertStore::empty();
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let der = der.map_err(|error| HttpError::Certificates(error.to_string()))?;
        roots.add(der.clone()).map_err(|error| HttpError::Certificates(error.to_string()))?;
        certificates.push(Certificate::from_der(&der).map_err(HttpError::Setup)?);
    }
    match certificates.as_slice() {
        [] => Err(HttpError::Certificates("there is none".into())),
        _ => Ok(certificates),
    }
}

/// Whether a URL's host is this machine: `localhost` or below it, 127.0.0.0/8 or `::1`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Where a request leads that was asked for another, and that to be printed.
fn redirect_target(
    asked: &Request,
    request: &Request,
    location: Option<&HeaderValue>,
) -> Result<(Url, ShownUrl), HttpError> {
    let target = location
        .and_then(|location| location.to_str().ok())
        .and_then(|location| request.url.join(location).ok())
        .filter(|target| matches!(target.scheme(), "http" | "https") && target.has_host())
        .ok_or_else(|| HttpError::RedirectTarget { url: request.shown.clone() })?;
    let shown = ShownUrl::led_to(&target, &asked.url, &asked.secrets);
    if request.url.scheme() == "https" && target.scheme() != "https" {
        return Err(HttpError::InsecureRedirect { from: request.shown.clone(), to: shown });
    }
    Ok((target, shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://localhost:5000/", true)]
    #[case("http://a.localhost/", true)]
    #[case("http://127.1.2.3/", true)]
    #[case("http://[::1]:1/", true)]
    #[case("http://10.0.0.1/", false)]
    #[case("http://localhost.example.com/", false)]
    fn loopback(#[case] url: &str, #[case] expected: bool) {
        assert_eq!(is_loopback(&url.parse().unwrap()), expected);
    }

    #[rstest]
    #[case::relative("https://a/b/c", "d", Ok("https://a/b/d"))]
    #[case::absolute_path("https://a/b/c", "/d", Ok("https://a/d"))]
    #[case::other_host("https://a/b", "https://c/d?e", Ok("https://c/d?e"))]
    #[case::up("http://a/b", "https://a/b", Ok("https://a/b"))]
    #[case::down("https://a/b", "http://a/b", Err("https://a/b redirects to http://a, which is not https"))]
    #[case::no_web(
        "https://a/b",
        "file:///etc/passwd",
        Err("https://a/b redirects to no valid http or https URL")
    )]
    #[case::no_url("https://a/b", "http://", Err("https://a/b redirects to no valid http or https URL"))]
    fn redirects(#[case] from: &str, #[case] location: &str, #[case] expected: Result<&str, &str>) {
        let location = HeaderValue::from_str(location).unwrap();
        let request = Request::get(from.parse().unwrap());
        let target = redirect_target(&request, &request, Some(&location));
        assert_eq!(
            target.map(|(target, _)| target.into()).map_err(|error| error.to_string()),
            expected.map(str::to_owned).map_err(str::to_owned)
        );
    }

    #[test]
    fn certificates_are_pem() {
        for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let options = HttpOptions { certificates: Some(pem.into()), ..HttpOptions::default() };
            let result = HttpClient::new(options).map(|_| ());
            assert!(matches!(result, Err(HttpError::Certificates(_))), "{pem:?}: {result:?}");
        }
    }
}
