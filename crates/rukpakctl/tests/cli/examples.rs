//! The bundles of `examples/`: without a finding, and rendered as the snapshots show.

use insta::assert_snapshot;
use rstest::rstest;

use super::{Run, rukpakctl, run};

const HELLO: &str = "examples/bundles/hello-operator";
const CACHE: &str = "examples/bundles/cache-webhooks";
const PLAIN: &str = "examples/bundles/plain-web";

#[rstest]
#[case::hello("hello", &[HELLO])]
#[case::hello_own_namespace("hello_own_namespace", &[HELLO, "--install-namespace", "hi", "--watch-namespace", "hi"])]
#[case::hello_two_namespaces("hello_two_namespaces", &[HELLO, "--watch-namespace", "b", "--watch-namespace", "a"])]
#[case::hello_configured("hello_configured", &[HELLO, "--config", "examples/config.yaml"])]
#[case::hello_json("hello_json", &[HELLO, "-o", "json"])]
#[case::hello_names("hello_names", &[HELLO, "-o", "name"])]
#[case::cache_self_signed("cache_self_signed", &[CACHE, "-q"])]
#[case::cache_cert_manager("cache_cert_manager", &[CACHE, "--cert-provider", "cert-manager"])]
#[case::cache_service_ca("cache_service_ca", &[CACHE, "--cert-provider", "service-ca"])]
#[case::cache_no_certificates("cache_no_certificates", &[CACHE, "--cert-provider", "none"])]
#[case::plain("plain", &[PLAIN])]
fn rendered(#[case] name: &str, #[case] args: &[&str]) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["render"].iter().chain(args).copied()));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_snapshot!(name, stdout);
}

#[rstest]
#[case(HELLO)]
#[case(CACHE)]
#[case(PLAIN)]
fn without_a_finding(#[case] bundle: &str) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["validate", "--strict", bundle]));
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
}

#[rstest]
#[case::hello("inspect_hello", &[HELLO])]
#[case::hello_json("inspect_hello_json", &[HELLO, "-o", "json"])]
#[case::cache("inspect_cache", &[CACHE])]
#[case::cache_json("inspect_cache_json", &[CACHE, "-o", "json"])]
#[case::plain("inspect_plain", &[PLAIN])]
#[case::plain_json("inspect_plain_json", &[PLAIN, "-o", "json"])]
fn inspected(#[case] name: &str, #[case] args: &[&str]) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["inspect"].iter().chain(args).copied()));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_snapshot!(name, stdout);
}
