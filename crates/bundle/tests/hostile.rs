//! Bundles that are made to hurt: nothing panics, and what is found stays bounded.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rukpak_bundle::{Findings, Format, read};
use rukpak_tree::{FileTree, Limits};

/// A bundle that has something of everything.
const FILES: [(&str, &str); 6] = [
    ("manifests/csv.yaml", include_str!("cases/pass/whole/manifests/lantern.clusterserviceversion.yaml")),
    ("manifests/crd.yaml", include_str!("cases/pass/whole/manifests/crd.yaml")),
    ("manifests/old.yaml", include_str!("cases/pass/v1beta1-several-versions/manifests/crd.yaml")),
    ("metadata/annotations.yaml", include_str!("cases/pass/whole/metadata/annotations.yaml")),
    ("metadata/dependencies.yaml", include_str!("cases/pass/dependencies/metadata/dependencies.yaml")),
    ("metadata/properties.yaml", include_str!("cases/pass/properties-merged/metadata/properties.yaml")),
];

fn findings(files: &[(&str, Vec<u8>)], format: Format) -> Findings {
    let tree = FileTree::from_files(files.iter().cloned(), &Limits::default()).unwrap();
    read(&tree, format).map_or_else(|refused| refused, |(_, warnings)| warnings)
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    FILES.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect()
}

fn format() -> impl Strategy<Value = Format> {
    select(vec![Format::Auto, Format::RegistryV1, Format::Plain])
}

/// So many that no status could name them.
#[test]
fn the_number_of_objects_is_limited() {
    let objects = |number| b"{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n".repeat(number);
    let told = |files: &[(&str, Vec<u8>)]| {
        let findings = findings(files, Format::Plain);
        let told = findings.iter().find(|finding| finding.code == "manifest-unreadable");
        told.map(ToString::to_string)
    };
    let (most, one) = (("manifests/a.yaml", objects(10_000)), ("manifests/b.yaml", objects(1)));
    assert_eq!(told(std::slice::from_ref(&most)), None);
    let told = told(&[most, one]).unwrap();
    assert!(told.contains("manifests/b.yaml") && told.contains("more than 10000 objects"), "{told}");
}

/// One schema for hundreds of versions, each of which gets a copy in v1.
#[test]
fn what_an_old_definition_says_for_all_versions_is_limited() {
    let mut definition = String::from(
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\nspec:\n",
    );
    definition.push_str("  validation:\n    openAPIV3Schema:\n      properties:\n");
    for number in 0..3000 {
        writeln!(definition, "        p{number}: {{type: string}}").unwrap();
    }
    definition.push_str("  versions:\n");
    for number in 0..600 {
        writeln!(definition, "  - {{name: v{number}}}").unwrap();
    }
    let findings = findings(&[("manifests/crd.yaml", definition.into_bytes())], Format::RegistryV1);
    let told = findings.errors().find(|finding| finding.code == "manifest-unreadable").unwrap().to_string();
    assert!(told.contains("all of its 600 versions becomes too much"), "{told}");
}

/// JSON takes many times the memory of its text.
#[test]
fn annotations_that_no_server_takes_are_not_read_as_json() {
    let list = format!("'[{}{{}}]'", "{},".repeat(100_000));
    let csv = format!(
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata:\n  name: a.v1\n  annotations:\n    \
         olm.properties: {list}\n    operatorframework.io/suggested-namespace-template: {list}\n"
    );
    let findings = findings(&[("manifests/csv.yaml", csv.into_bytes())], Format::RegistryV1);
    let told = |code: &str| findings.iter().find(|finding| finding.code == code).unwrap().message.clone();
    for code in ["properties", "namespace-suggestion"] {
        assert!(
            told(code)
                .ends_with("it has 300004 bytes, and API servers take 262144 in all annotations together")
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(file: Index, bytes: Vec<u8>, format in format()) {
        let mut files = files();
        let index = file.index(files.len());
        files[index].1 = bytes;
        findings(&files, format);
    }

    #[test]
    fn changed_bytes(changes in vec((any::<Index>(), any::<Index>(), any::<u8>()), 1..8), format in format()) {
        let mut files = files();
        for (file, at, byte) in changes {
            let index = file.index(files.len());
            let bytes = &mut files[index].1;
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        findings(&files, format);
    }

    /// Values of other types where the readers expect theirs.
    #[test]
    fn changed_values(
        changes in vec(
            (any::<Index>(), any::<Index>(), select(vec!["", "null", "7", "-1.5", "true", "[]", "[{}]", "{}", "text", "''"])),
            1..8,
        ),
    ) {
        let mut files = files();
        for (file, line, value) in changes {
            let index = file.index(files.len());
            let text = String::from_utf8(files[index].1.clone()).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            let at = line.index(lines.len());
            if let Some((key, _)) = lines[at].clone().split_once(": ") {
                lines[at] = format!("{key}: {value}");
            }
            files[index].1 = lines.join("\n").into_bytes();
        }
        let first = findings(&files, Format::Auto);
        prop_assert_eq!(first, findings(&files, Format::Auto));
    }
}

/// Thousands of webhooks that name what is not there, with long names: what is said of each must not grow with the
/// others.
#[test]
fn a_rule_that_is_broken_thousands_of_times() {
    let mut csv = format!(
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: {{name: {}}}\nspec:\n",
        "n".repeat(100_000)
    );
    csv.push_str("  install:\n    spec:\n      deployments:\n");
    for number in 0..5000 {
        writeln!(csv, "      - {{name: deployment-{number}}}").unwrap();
    }
    csv.push_str("  webhookdefinitions:\n");
    for number in 0..5000 {
        writeln!(csv, "  - {{type: ConversionWebhook, generateName: w-{number}, conversionCRDs: [a, b]}}")
            .unwrap();
    }
    let mut files = files();
    files[0].1 = csv.into_bytes();
    let findings = findings(&files, Format::Auto);
    let missing = findings.iter().filter(|finding| finding.code == "webhook-deployment-missing");
    assert_eq!(missing.count(), 201, "200 that are listed, and one that counts the rest");
    assert!(findings.to_string().len() < 10_000_000);
}
