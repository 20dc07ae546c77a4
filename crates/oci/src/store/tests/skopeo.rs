//! What `skopeo` makes of our stores, and we of its.

use std::fs;
use std::process::Command;

use rstest::rstest;
use serde_json::Value;
use tempfile::tempdir;

use super::*;

const NAME: &str = "quay.io/example/bundle:v1";

#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
fn is_installed() -> bool {
    let found = Command::new("skopeo").arg("--version").output().is_ok();
    if !found {
        println!("skipped: no skopeo");
    }
    found
}

fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("skopeo").arg("--insecure-policy").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The same image through each of our writers.
fn write_all(directory: &Path) {
    let writers = [
        ImageWriter::oci_layout(directory.join("layout")),
        ImageWriter::oci_archive(directory.join("oci.tar")),
        ImageWriter::docker_archive(directory.join("docker.tar"), &Limits::default()),
    ];
    for writer in writers {
        write(writer.unwrap(), &image("a"), Some(NAME)).unwrap();
    }
}

fn at(transport: &str, directory: &Path, name: &str, tag: &str) -> String {
    format!("{transport}:{}:{tag}", directory.join(name).display())
}

#[rstest]
#[case::layout("oci", "layout")]
#[case::oci_archive("oci-archive", "oci.tar")]
#[case::docker_archive("docker-archive", "docker.tar")]
fn ours_is_read_by_skopeo(#[case] transport: &str, #[case] file: &str) {
    if !is_installed() {
        return;
    }
    let directory = tempdir().unwrap();
    write_all(directory.path());
    let source = at(transport, directory.path(), file, NAME);
    let inspected: Value = serde_json::from_slice(&skopeo(&["inspect", &source])).unwrap();
    assert_eq!((&inspected["Os"], &inspected["Architecture"]), (&"linux".into(), &"amd64".into()));
    // A copy reads and verifies the layers, too.
    skopeo(&["copy", &source, &at("oci", directory.path(), "copy", "x")]);
    let store = ImageStore::oci_layout(directory.path().join("copy")).unwrap();
    assert_eq!(file_of(&store, Some("x")).unwrap(), "a");
}

#[rstest]
#[case::layout("oci", &[])]
#[case::compressed_with_zstd("oci", &["--dest-compress-format", "zstd", "--dest-compress"])]
#[case::oci_archive("oci-archive", &[])]
#[case::docker_archive("docker-archive", &[])]
fn skopeos_is_read_by_us(
    #[case] transport: &str,
    #[case] options: &[&str],
    #[values("layout", "docker.tar")] from: &str,
    #[values(false, true)] compressed: bool,
) {
    if !is_installed() || (compressed && transport == "oci") {
        return;
    }
    let directory = tempdir().unwrap();
    let directory = directory.path();
    write_all(directory);
    let source = at(if from == "layout" { "oci" } else { "docker-archive" }, directory, from, NAME);
    let target = at(transport, directory, "copy", NAME);
    skopeo(&[&["copy"], options, &[&source, &target]].concat());
    let path = directory.join("copy");
    if compressed {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, forge::gzip(&bytes)).unwrap();
    }
    let store = match transport {
        "oci" => ImageStore::oci_layout(&path),
        "oci-archive" => oci_archive(&path),
        _ => docker_archive(&path),
    };
    let store = store.unwrap();
    assert_eq!(file_of(&store, Some(NAME)).unwrap(), "a");
    assert_eq!(file_of(&store, None).unwrap(), "a");
}

/// A layout that both write to keeps the images of both.
#[test]
fn one_layout_for_both() {
    if !is_installed() {
        return;
    }
    let directory = tempdir().unwrap();
    let directory = directory.path();
    write_all(directory);
    skopeo(&[
        "copy",
        &at("docker-archive", directory, "docker.tar", NAME),
        &at("oci", directory, "layout", "v2"),
    ]);
    write(ImageWriter::oci_layout(directory.join("layout")).unwrap(), &image("b"), Some("v3")).unwrap();
    let store = ImageStore::oci_layout(directory.join("layout")).unwrap();
    for (name, content) in [(NAME, "a"), ("v2", "a"), ("v3", "b")] {
        assert_eq!(file_of(&store, Some(name)).unwrap(), content);
        skopeo(&["inspect", &at("oci", directory, "layout", name)]);
    }
}
