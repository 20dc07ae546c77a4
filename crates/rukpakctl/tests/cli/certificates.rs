//! `--generate-certificates`: what is issued ends up where the webhooks and those who call them look.

use serde_json::Value;

use super::{Run, rukpakctl, run};

const CACHE: &str = "examples/bundles/cache-webhooks";

fn render(flags: &[&str]) -> Vec<Value> {
    let args = ["render", "-o", "json", CACHE].iter().chain(flags);
    let Run { code, stdout, stderr } = run(&mut rukpakctl(args.copied()));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let list: Value = serde_json::from_str(&stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap()
}

#[test]
fn the_authority_of_the_secret_is_the_one_that_is_trusted() {
    let objects = render(&["--generate-certificates"]);
    let secret = of_kind(&objects, "Secret");
    let authority = &secret["data"]["ca.crt"];
    assert!(authority.as_str().unwrap().len() > 100, "{secret}");
    for field in ["tls.crt", "tls.key"] {
        assert!(secret["data"][field].as_str().unwrap().len() > 100, "{secret}");
    }
    let trusted = |kind: &str, path: &str| of_kind(&objects, kind).pointer(path).cloned();
    for (kind, path) in [
        ("ValidatingWebhookConfiguration", "/webhooks/0/clientConfig/caBundle"),
        ("MutatingWebhookConfiguration", "/webhooks/0/clientConfig/caBundle"),
        ("CustomResourceDefinition", "/spec/conversion/webhook/clientConfig/caBundle"),
    ] {
        assert_eq!(trusted(kind, path).as_ref(), Some(authority), "{kind}");
    }
}

#[test]
fn each_run_issues_its_own() {
    let keys = || of_kind(&render(&["--generate-certificates"]), "Secret")["data"]["tls.key"].clone();
    assert_ne!(keys(), keys());
}

#[test]
fn other_providers_need_none() {
    let with = render(&["--generate-certificates", "--cert-provider", "cert-manager"]);
    assert_eq!(with, render(&["--cert-provider", "cert-manager"]));
}
