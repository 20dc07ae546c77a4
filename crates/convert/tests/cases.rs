//! Whole conversions: `cases/{pass,fail}/*.yaml` each name one of `bundles/` and the options, and the snapshot beside
//! them is everything that comes out.
//!
//! A case has the fields `bundle`, `config` (as a `BundleDeployment` has it), `issued` (certificates by Secret, and what comes `next`) and
//! `served` (types that the cluster has). The install namespace is `install-ns`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is missing in a case fails its test")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use insta::{assert_snapshot, glob};
use rukpak_bundle::{Bundle, Capabilities, Format, RegistryV1};
use rukpak_convert::{
    BundleConfig, ConvertError, Converted, IssuedCertificate, NextCertificate, Options, convert,
};
use rukpak_manifest::{GroupVersionKind, yaml};
use rukpak_tree::{FileTree, Keep, Limits};
use serde_json::Value;

#[test]
fn pass() {
    glob!("cases/pass/*.yaml", |case| {
        let converted = run(case).unwrap();
        assert_snapshot!(shown(&converted));
    });
}

#[test]
fn fail() {
    glob!("cases/fail/*.yaml", |case| {
        assert_snapshot!(run(case).unwrap_err());
    });
}

fn run(case: &Path) -> Result<Converted, ConvertError> {
    let case = read_case(case);
    convert(read_bundle(case["bundle"].as_str().unwrap()), &options(&case))
}

/// The warnings as comments, then the objects.
fn shown(converted: &Converted) -> String {
    let mut out = String::new();
    for warning in &converted.warnings {
        writeln!(out, "# warning: {warning}").unwrap();
    }
    let mut objects = Vec::new();
    yaml::write_objects(&converted.manifests, &mut objects).unwrap();
    out + &String::from_utf8(objects).unwrap()
}

fn read_case(path: &Path) -> Value {
    let (documents, _) = rukpak_manifest::read(&fs::read(path).unwrap()).unwrap();
    documents.into_iter().next().unwrap().value
}

fn read_bundle(name: &str) -> RegistryV1 {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles").join(name);
    let tree = FileTree::from_directory(&root, &Keep::everything(), &Limits::default()).unwrap();
    match rukpak_bundle::read(&tree, Format::RegistryV1).unwrap() {
        (Bundle::RegistryV1(bundle), _) => bundle,
        (Bundle::Plain(_), _) => unreachable!("read as registry+v1"),
    }
}

fn options(case: &Value) -> Options {
    let config = BundleConfig::from_value(case["config"].clone()).unwrap();
    let mut options = Options::new("install-ns".parse().unwrap()).configured(config);
    for (secret, issued) in case["issued"].as_object().into_iter().flatten() {
        let text = |field: &str| issued[field].as_str().unwrap().to_owned();
        let certificate = IssuedCertificate {
            certificate: text("certificate"),
            private_key: text("privateKey"),
            authorities: text("authorities"),
            next: issued["next"].as_object().map(|next| {
                let text = |field: &str| next[field].as_str().unwrap().to_owned();
                NextCertificate { certificate: text("certificate"), private_key: text("privateKey") }
            }),
        };
        options.issued.insert(secret.clone(), certificate);
    }
    if let Some(served) = case["served"].as_array() {
        let served = served.iter().map(|kind| {
            let text = |field: &str| kind[field].as_str().unwrap().to_owned();
            GroupVersionKind { group: text("group"), version: text("version"), kind: text("kind") }
        });
        options.capabilities = Capabilities { served: Some(served.collect()), kube_version: None };
    }
    options
}
