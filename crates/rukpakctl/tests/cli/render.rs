//! What `render` promises beyond the content of the manifests.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;

use super::{Run, root, rukpakctl, run};

const HELLO: &str = "examples/bundles/hello-operator";
const CACHE: &str = "examples/bundles/cache-webhooks";

/// Packs an example the way `tar` would.
fn pack(bundle: &str, path: &Path) {
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all(".", root().join(bundle)).unwrap();
    let bytes = archive.into_inner().unwrap();
    match path.extension().unwrap().to_str().unwrap() {
        "tgz" => {
            let mut compressed = GzEncoder::new(File::create(path).unwrap(), Compression::default());
            std::io::copy(&mut bytes.as_slice(), &mut compressed).unwrap();
            compressed.finish().unwrap();
        }
        _ => fs::write(path, bytes).unwrap(),
    }
}

#[rstest]
#[case(HELLO)]
#[case(CACHE)]
#[case("examples/bundles/plain-web")]
fn the_same_bundle_gives_the_same_bytes(#[case] bundle: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (tar, tgz) = (directory.path().join("bundle.tar"), directory.path().join("bundle.tgz"));
    pack(bundle, &tar);
    pack(bundle, &tgz);

    let render = |source: &str| run(&mut rukpakctl(["render", "-q", source])).stdout;
    let first = render(bundle);
    assert!(!first.is_empty());
    assert_eq!(render(bundle), first);
    assert_eq!(render(tar.to_str().unwrap()), first);
    assert_eq!(render(tgz.to_str().unwrap()), first);
    let piped = run(rukpakctl(["render", "-q", "-"]).pipe_stdin(&tgz).unwrap());
    assert_eq!(piped.stdout, first);
}

#[rstest]
#[case(HELLO)]
#[case(CACHE)]
fn yaml_and_json_hold_the_same_objects(#[case] bundle: &str) {
    let json = run(&mut rukpakctl(["render", "-q", bundle, "-o", "json"])).stdout;
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&"v1".into(), &"List".into()));

    let yaml = run(&mut rukpakctl(["render", "-q", bundle])).stdout;
    let (documents, _) = rukpak_manifest::read(yaml.as_bytes()).unwrap();
    let documents: Vec<_> = documents.into_iter().map(|document| document.value).collect();
    assert_eq!(list["items"], serde_json::Value::from(documents));
}

#[test]
fn warnings_go_to_standard_error_and_can_be_silenced() {
    let loud = run(&mut rukpakctl(["render", CACHE]));
    assert_eq!(loud.code, Some(0));
    assert!(loud.stderr.lines().all(|line| line.starts_with("warning: ")), "{}", loud.stderr);
    assert!(loud.stderr.contains("certificate"), "{}", loud.stderr);
    for quiet in ["-q", "--quiet", "--quiet=true"] {
        let Run { code, stdout, stderr } = run(&mut rukpakctl(["render", CACHE, quiet]));
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert_eq!(stdout, loud.stdout);
    }
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rukpakctl"))
        .args(["render", "-q", CACHE, "-o", "json"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[rstest]
#[case::registry("docker://127.0.0.1:1/bundle:v1", "error: cannot connect to http://127.0.0.1:1/v2/: ")]
#[case::layout("oci:nowhere", "error: cannot open nowhere: No such file")]
#[case::archive("oci-archive:nowhere.tar:v1", "error: cannot open nowhere.tar: No such file")]
#[case::docker_archive("docker-archive:nowhere.tar", "error: cannot open nowhere.tar: No such file")]
#[case::layout_in_an_archive(
    "oci:README.md",
    "error: expected a directory, README.md is a file; a layout in an archive is oci-archive:FILE"
)]
#[case::directory_of_skopeo(
    "dir:nowhere",
    "error: found no directory or archive dir:nowhere; there is no transport dir, expected oci, "
)]
#[case::daemon(
    "docker-daemon:a/b:v1",
    "error: found no directory or archive docker-daemon:a/b:v1; there is no transport docker-daemon, "
)]
#[case::bare(
    "bundles/nowhere",
    "error: found no directory or archive bundles/nowhere; an image is docker://REGISTRY/REPOSITORY:TAG"
)]
#[case::bare_image(
    "127.0.0.1:1/Bundle",
    "error: found no directory or archive 127.0.0.1:1/Bundle: got repository \"Bundle\""
)]
fn sources_that_are_not_there(#[case] source: &str, #[case] message: &str) {
    let Run { code, stdout, stderr } = run(&mut rukpakctl(["render", source]));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.starts_with(message), "{stderr}");
}

#[cfg(target_os = "linux")]
#[rstest]
#[case::manifests(&["render", "-q", CACHE])]
#[case::help(&["--help"])]
#[case::help_of_a_command(&["help", "render"])]
#[case::version(&["--version"])]
fn a_full_disk_is_a_failure(#[case] args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_rukpakctl"))
        .args(args)
        .current_dir(root())
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: cannot write to standard output: "), "{stderr}");
}

#[test]
fn a_flag_wins_over_the_configuration() {
    let configured = ["render", HELLO, "--config", "examples/config.yaml", "-o", "json"];
    let watched = |flags: &[&str]| {
        let stdout = run(&mut rukpakctl(configured.iter().chain(flags).copied())).stdout;
        let list: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        let deployment =
            list["items"].as_array().unwrap().iter().find(|item| item["kind"] == "Deployment").unwrap();
        deployment["spec"]["template"]["metadata"]["annotations"]["olm.targetNamespaces"].clone()
    };
    assert_eq!(watched(&[]), "team-a,team-b");
    assert_eq!(watched(&["--watch-namespace", "team-c"]), "team-c");
    assert_eq!(watched(&["--watch-namespace", ""]), "");
}

#[test]
fn a_plain_bundle_takes_nothing_that_is_for_operators() {
    let plain = "examples/bundles/plain-web";
    let as_it_is = run(&mut rukpakctl(["render", plain])).stdout;
    let flags = ["--install-namespace", "a", "--watch-namespace", "b", "--cert-provider", "none"];
    let config = ["--config", "examples/config.yaml", "--generate-certificates"];
    let Run { code, stdout, stderr } =
        run(&mut rukpakctl(["render", plain].into_iter().chain(flags).chain(config)));
    assert_eq!((code, stdout), (Some(0), as_it_is));
    insta::assert_snapshot!("plain_with_flags_of_operators", stderr);
}
