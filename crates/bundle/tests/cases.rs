//! Whole bundles, `tests/cases/{pass,fail}/<name>`: what is found in each, and what those that pass are read as, stands
//! beside it in `findings.snap`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use insta::Settings;
use rstest::rstest;
use rukpak_bundle::{Bundle, Findings, Format, RegistryV1, read};
use rukpak_manifest::Object;
use rukpak_tree::{FileTree, Keep, Limits};

fn read_case(case: &Path) -> Result<(Bundle, Findings), Findings> {
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    read(&FileTree::from_directory(case, &keep, &Limits::default()).unwrap(), Format::Auto)
}

/// Compares with the snapshot in the case's own folder.
fn assert_snapshot(case: &Path, text: &str) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(case);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("findings", text));
}

#[rstest]
fn pass(
    #[files("tests/cases/pass/*")]
    #[dirs]
    case: PathBuf,
) {
    let (bundle, findings) = read_case(&case).unwrap_or_else(|findings| panic!("refused:\n{findings}"));
    let shown = match bundle {
        Bundle::RegistryV1(bundle) => shown(&bundle),
        Bundle::Plain(plain) => format!("plain: {}\n", names(&plain.objects)),
    };
    assert_snapshot(&case, &format!("{findings}\n\n{shown}"));
}

#[rstest]
fn fail(
    #[files("tests/cases/fail/*")]
    #[dirs]
    case: PathBuf,
) {
    let findings = read_case(&case).err().expect("refused");
    assert!(findings.has_errors());
    assert_snapshot(&case, &findings.to_string());
}

/// What the case is about, as far as it has it.
fn shown(bundle: &RegistryV1) -> String {
    let parts = bundle.parts();
    let mut text = format!("package: {}\n", parts.package);
    let mut show = |what: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "{what}: {value}").unwrap();
        }
    };
    show("channels", Vec::from_iter(parts.annotations.channels()).join(" "));
    show("default channel", parts.annotations.default_channel().unwrap_or_default().into());
    show(
        "install modes",
        parts.csv.install_modes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    );
    show("webhooks", parts.csv.webhooks.iter().map(|webhook| format!("{webhook:?}")).collect());
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
    show("namespace labels", format!("{:?}", parts.namespace.labels).replace("{}", ""));
    for definition in &parts.definitions {
        show("definition", serde_json::to_string(definition.fields()).unwrap());
    }
    text
}

fn names(objects: &[Object]) -> String {
    objects.iter().map(|object| object.key().to_string()).collect::<Vec<_>>().join(", ")
}
