//! Proxies of the environment.
//!
//! A server that is asked for whole URLs is taken for a proxy. `0.0.0.0` is an address by which this host reaches itself, and
//! which does not count as loopback.

use e2e::faults::Faults;
use e2e::image::Image;
use e2e::process::{Host, files, run};
use rstest::rstest;

/// A registry that is asked through a proxy answers as the proxy.
fn proxy() -> (Host, Faults) {
    (Host::new(), Faults::serving(&Image::of_files(&[("manifests/a.yaml", "a")])))
}

#[rstest]
#[case("HTTP_PROXY")]
#[case("http_proxy")]
#[case("ALL_PROXY")]
fn a_registry_elsewhere_is_asked_through_the_proxy(#[case] variable: &str) {
    let (host, proxy) = proxy();
    let reference = "registry.example.test/bundle:v1";
    let mut command = host.rukpakctl(["unpack", "--plain-http", reference, "--to", "out"]);
    run(command.env(variable, proxy.server().url("/"))).ok();
    assert_eq!(files(&host.path("out")), [("manifests/a.yaml".to_owned(), b"a".to_vec())]);
    let requests = proxy.requests();
    assert!(
        requests.iter().all(|request| request.contains(" http://registry.example.test/v2/bundle/")),
        "{requests:#?}"
    );
}

#[rstest]
#[case("0.0.0.0")]
#[case("example.com, 0.0.0.0/8")]
fn no_proxy_is_heeded(#[case] exception: &str) {
    let (host, registry) = proxy();
    let (_, proxy) = self::proxy();
    let reference = format!("0.0.0.0:{}/bundle:v1", registry.server().port());
    let mut command = host.rukpakctl(["unpack", "--plain-http", &reference, "--to", "out"]);
    command.env("HTTP_PROXY", proxy.server().url("/"));
    run(command.env("NO_PROXY", exception)).ok();
    assert_eq!((proxy.requests().len(), registry.requests().is_empty()), (0, false));
}

/// The same without the exception, so that the test above shows something.
#[test]
fn the_address_of_no_host_is_asked_through_the_proxy() {
    let (host, registry) = proxy();
    let (_, proxy) = self::proxy();
    let reference = format!("0.0.0.0:{}/bundle:v1", registry.server().port());
    let mut command = host.rukpakctl(["unpack", "--plain-http", &reference, "--to", "out"]);
    run(command.env("HTTP_PROXY", proxy.server().url("/"))).ok();
    assert_eq!((proxy.requests().is_empty(), registry.requests().len()), (false, 0));
}

#[rstest]
#[case("127.0.0.1")]
#[case("localhost")]
fn a_loopback_address_is_never_asked_through_a_proxy(#[case] name: &str) {
    let (host, registry) = proxy();
    let (_, proxy) = self::proxy();
    let reference = format!("{name}:{}/bundle:v1", registry.server().port());
    let mut command = host.rukpakctl(["unpack", &reference, "--to", "out"]);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(variable, proxy.server().url("/"));
    }
    run(&mut command).ok();
    assert_eq!((proxy.requests().len(), registry.requests().is_empty()), (0, false));
}
