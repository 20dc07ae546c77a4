//! Whole bundles, `tests/cases/{pass,fail}/<name>`: what is found in each, and what those that pass are read as, stands
//! in `tests/snapshots/{pass,fail}-<name>.snap`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use insta::Settings;
use rstest::rstest;
use rukpak_bundle::{Bundle, Format, RULES, RegistryV1, read};
use rukpak_manifest::Object;
use rukpak_tree::{FileTree, Keep, Limits};

fn tree(case: &Path) -> FileTree {
    FileTree::from_directory(case, &Keep::prefixes(["manifests/", "metadata/"]), &Limits::default()).unwrap()
}

fn assert_snapshot(kind: &str, case: &Path, text: &str) {
    let name = format!("{kind}-{}", case.file_name().unwrap().to_str().unwrap());
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[rstest]
fn pass(
    #[files("tests/cases/pass/*")]
    #[dirs]
    case: PathBuf,
) {
    let result = read(&tree(&case), Format::Auto);
    let (bundle, findings) = result.unwrap_or_else(|findings| panic!("refused:\n{findings}"));
    let shown = match bundle {
        Bundle::RegistryV1(bundle) => shown(&bundle),
        Bundle::Plain(plain) => format!("plain: {}\n", names(&plain.objects)),
    };
    assert_snapshot("pass", &case, &format!("{findings}\n\n{shown}"));
}

#[rstest]
fn fail(
    #[files("tests/cases/fail/*")]
    #[dirs]
    case: PathBuf,
) {
    let findings = read(&tree(&case), Format::Auto).expect_err("accepted");
    assert!(findings.has_errors());
    assert_snapshot("fail", &case, &findings.to_string());
}

/// What only a cluster can break, see `capabilities.rs`.
const WITHOUT_A_CASE: [&str; 2] = ["kube-version-too-low", "native-api-missing"];

#[test]
fn every_rule_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let snapshots: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let has_case = |code: &str| snapshots.contains(&format!("[{code}]"));
    let missing: Vec<_> = RULES.iter().map(|rule| rule.code).filter(|code| !has_case(code)).collect();
    assert_eq!(missing, WITHOUT_A_CASE);
}

/// What the bundle is read as, as far as it has it.
fn shown(bundle: &RegistryV1) -> String {
    let parts = bundle.parts();
    let mut text = format!("package: {}\n", parts.package);
    let mut show = |what: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "{what}: {value}").unwrap();
        }
    };
    show("channels", parts.annotations.channels().collect::<Vec<_>>().join(" "));
    show("default channel", parts.annotations.default_channel().unwrap_or_default().into());
    show(
        "install modes",
        parts.csv.install_modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(" "),
    );
    for webhook in &parts.csv.webhooks {
        let fields = serde_json::to_string(&webhook.fields).unwrap();
        show("webhook", format!("{} {} {fields}", webhook.kind, webhook.generate_name));
    }
    show("definitions", names(&parts.definitions));
    show("extras", names(&parts.extras));
    show("olm.properties", parts.csv.annotations.get("olm.properties").cloned().unwrap_or_default());
    for property in &parts.properties {
        show("property", format!("{} {}", property.kind, property.value));
    }
    for dependency in &parts.dependencies {
        show("dependency", dependency.to_string());
    }
    show("install namespace", bundle.install_namespace().unwrap().to_string());
    for (key, value) in &parts.namespace.labels {
        show("namespace label", format!("{key}={value}"));
    }
    for definition in &parts.definitions {
        show("definition", serde_json::to_string(definition.fields()).unwrap());
    }
    text
}

fn names(objects: &[Object]) -> String {
    objects.iter().map(|object| object.key().to_string()).collect::<Vec<_>>().join(", ")
}
