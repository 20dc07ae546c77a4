//! Connections that do not come about.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use e2e::certificate::Certificate;
use e2e::faults::Times::Always;
use e2e::faults::{Faults, slowly};
use e2e::process::{Host, run};
use rstest::rstest;
use rukpak_oci::{ImageWriter, Scheme};
use rukpak_tree::Keep;
use rukpak_unpacker::{Access, Limits, Source, Transfer, UnpackError, Unpacker};

use super::{Client, assert_says, image};

fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("127.0.0.1:{port}/bundle:v1")
}

#[rstest]
#[case::whatever_there_is("refused", Scheme::Auto)]
#[case::https("refused_https", Scheme::Https)]
#[case::http("refused_http", Scheme::Http)]
fn nobody_listens(#[case] name: &str, #[case] scheme: Scheme) {
    let mut client = Client::default();
    client.access.scheme = scheme;
    assert_says(name, &client.refused_image(&nobody()));
}

/// Not every server of HTTPS has an answer to plain HTTP; what is wrong is told of HTTPS.
#[test]
fn a_server_of_https_that_is_not_trusted() {
    let faults = Faults::with_tls(&Certificate::new().unwrap());
    faults.put("bundle:v1", &image().0);
    let text = Client::default().refused(&faults);
    assert!(text.contains("certificate"), "{text}");
    assert_says("untrusted", &text);
}

/// That a server on this host speaks HTTPS is found out, where the system trusts it.
#[test]
fn a_server_of_https_is_recognised() {
    let certificate = Certificate::new().unwrap();
    let faults = Faults::with_tls(&certificate);
    faults.put("bundle:v1", &image().0);
    let host = Host::new();
    let mut command = host.rukpakctl(["unpack", &faults.image("bundle:v1"), "--to", "out"]);
    run(command.env("SSL_CERT_FILE", host.write("authority.pem", certificate.authority()))).ok();
    assert_eq!(e2e::process::files(&host.path("out")).len(), image().1.len());
}

/// However steadily it sends: who copies an image does not wait for ever either.
#[test]
fn a_copy_is_over_in_the_end() {
    let (image, _) = image();
    let faults = Faults::serving(&image);
    faults.on("GET", "/blobs/", Always, slowly(1, Duration::from_secs(1)));
    let limits = Limits { time: Duration::from_secs(3), ..Limits::default() };
    let unpacker = Unpacker::new(None, Keep::everything(), limits);
    let source = Source::Image(faults.image("bundle:v1").parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let host = Host::new();
    let copied = runtime.block_on(async {
        let copied = Transfer::of(&unpacker, &source, &Access::default()).await.unwrap().unwrap();
        let writer = ImageWriter::oci_archive(host.path("out.tar")).unwrap();
        copied.write(&unpacker, writer, None, &(Arc::new(()) as _)).await
    });
    let error = copied.unwrap_err();
    assert!(matches!(error, UnpackError::TimedOut { .. }), "{error}");
}

/// Certificates are for HTTPS: a server that does not speak it is not spoken to in the clear.
#[test]
fn a_server_of_http_is_not_asked_where_certificates_are_named() {
    let faults = Faults::serving(&image().0);
    let mut client = Client::default();
    client.access.certificates = Some(Certificate::new().unwrap().authority().to_owned());
    let text = client.refused(&faults);
    assert!(text.starts_with("cannot connect to https://"), "{text}");
    assert_eq!(faults.requests_for("/v2/"), Vec::new());
}
