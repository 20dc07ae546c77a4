//! HTTPS with a certificate of an authority that the system does not know.

use e2e::certificate::Certificate;
use e2e::process::{Host, Run, run};
use e2e::registry::{Options, Registry};
use rstest::rstest;

use super::{assert_says, bundle};

struct Secure {
    host: Host,
    registry: Registry,
    authority: String,
}

fn secure() -> Option<Secure> {
    let certificate = Certificate::new().unwrap();
    let registry = Registry::start(&Options { certificate: Some(&certificate), ..Options::default() })?;
    let host = Host::new();
    let authority = host.write("authority.pem", certificate.authority());
    Some(Secure { host, registry, authority })
}

#[rstest]
#[case::by_address("127.0.0.1")]
#[case::by_name("localhost")]
fn an_authority_that_is_named_is_trusted(#[case] name: &str) {
    let Some(Secure { host, registry, authority }) = secure() else { return };
    let reference = registry.image("bundle:v1").replace("127.0.0.1", name);
    let pushed = host.run(["push", "-q", &bundle(), &reference, "--ca-file", &authority]).ok();
    let expected = host.run(["render", "-q", &bundle()]).ok();
    for reference in [&reference, pushed.trim_end()] {
        assert_eq!(host.run(["render", "-q", reference, "--ca-file", &authority]).ok(), expected);
    }
}

/// An authority of the system, by OpenSSL's variable.
#[test]
fn an_authority_of_the_environment_is_trusted() {
    let Some(Secure { host, registry, authority }) = secure() else { return };
    let reference = registry.image("bundle:v1");
    let mut push = host.rukpakctl(["push", "-q", &bundle(), &reference]);
    run(push.env("SSL_CERT_FILE", &authority)).ok();
    let mut render = host.rukpakctl(["render", "-q", &reference]);
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(run(render.env("SSL_CERT_FILE", &authority)).ok(), expected);
}

#[rstest]
#[case("--insecure-skip-tls-verify")]
#[case("--insecure-skip-tls-verify=true")]
fn any_certificate_will_do_if_asked_for(#[case] flag: &str) {
    let Some(Secure { host, registry, .. }) = secure() else { return };
    let reference = registry.image("bundle:v1");
    host.run(["push", &bundle(), &reference, flag]).ok();
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", &reference, flag]).ok(), expected);
}

#[rstest]
#[case::nothing_is_said("unknown_authority", &[])]
#[case::not_to_be_skipped("unknown_authority", &["--insecure-skip-tls-verify=false"])]
#[case::https_is_asked_for("unknown_authority", &["--plain-http=false"])]
fn an_unknown_authority_is_refused(#[case] name: &str, #[case] flags: &[&str]) {
    let Some(Secure { host, registry, .. }) = secure() else { return };
    let reference = registry.image("bundle:v1");
    let text = host.run([&["render", &reference], flags].concat()).refused();
    assert!(text.contains("certificate"), "{text}");
    assert_says(name, &text);
}

#[test]
fn another_authority_is_refused() {
    let Some(Secure { host, registry, .. }) = secure() else { return };
    let other = host.write("other.pem", Certificate::new().unwrap().authority());
    let text = host.run(["render", &registry.image("bundle:v1"), "--ca-file", &other]).refused();
    assert_says("unknown_authority", &text);
}

#[test]
fn plain_http_is_not_spoken_to_https() {
    let Some(Secure { host, registry, .. }) = secure() else { return };
    let text = host.run(["render", &registry.image("bundle:v1"), "--plain-http"]).refused();
    assert_says("plain_http_to_https", &text);
}

#[test]
fn a_file_that_holds_no_certificate_is_named() {
    let host = Host::new();
    let file = host.write("authority.pem", "hello");
    let text = host.run(["render", "127.0.0.1:1/bundle:v1", "--ca-file", &file]).refused();
    assert_says("no_certificate", &text);
    let Run { stderr, .. } = host.run(["render", "127.0.0.1:1/bundle:v1", "--ca-file", "nowhere.pem"]);
    assert_says("no_file_of_certificates", &stderr);
}
