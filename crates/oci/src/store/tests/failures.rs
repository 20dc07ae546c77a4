//! Writing that does not come to its end.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use insta::assert_snapshot;
use oci_distribution::manifest as wire;
use rstest::rstest;
use serde_json::json;
use tempfile::tempdir;

use super::*;
use crate::Digest;

/// A reader that fails at its end.
fn broken(content: &[u8]) -> impl Read {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("cable"))
        }
    }
    content.chain(Broken)
}

#[rstest]
fn what_fails_leaves_nothing(#[values(LAYOUT, OCI, DOCKER)] (writer, _): Kind) {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image");
    let built = image("a");
    let layer = &built.layer_descriptor;
    let longer = [&*built.layer, b"x"].concat();
    let other = vec![7; built.layer.len()];
    let faults: [(&mut dyn Read, &str); 4] = [
        (&mut broken(&built.layer[..20]), "cable"),
        (&mut &built.layer[..20], "ends after 20 bytes"),
        (&mut longer.as_slice(), "has more than the expected"),
        (&mut other.as_slice(), "got content with the digest"),
    ];
    for (content, message) in faults {
        let mut image = writer(&path).unwrap();
        image.blob(&built.config_descriptor, &mut built.config.as_slice()).unwrap();
        let error = text(&image.blob(layer, content).unwrap_err(), directory.path());
        assert!(error.contains(message), "{error}");
        assert!(image.finish(&built.manifest_descriptor, &built.manifest, None).is_err());
        let names = names(directory.path());
        let left = names.iter().any(|name| name.starts_with('.') || *name == layer.digest.hex());
        assert!(!left && !names.contains(&"index.json".into()), "{names:?}");
    }
}

#[rstest]
fn what_stood_there_outlives_a_failure(#[values(LAYOUT, OCI, DOCKER)] (writer, reader): Kind) {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image");
    write(writer(&path).unwrap(), &image("a"), None).unwrap();
    let (mut again, built) = (writer(&path).unwrap(), image("b"));
    again.blob(&built.layer_descriptor, &mut broken(&built.layer)).unwrap_err();
    drop(again);
    drop(writer(&path).unwrap());
    assert_eq!(file_of(&reader(&path).unwrap(), None).unwrap(), "a");
}

/// As a run leaves it that was killed.
fn leave(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, "half").unwrap();
    path
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let directory = tempdir().unwrap();
    let layout = directory.path().join("layout");
    drop(ImageWriter::oci_layout(&layout).unwrap());
    let left = leave(&layout, ".rukpak-layout-aB3xyz");
    drop(ImageWriter::oci_layout(&layout).unwrap());
    assert!(!left.exists());

    let archive = directory.path().join("image.tar");
    let tag = Digest::sha256(b"image.tar").hex()[..16].to_owned();
    let left = leave(directory.path(), &format!(".rukpak-{tag}-aB3xyz"));
    let of_another = leave(directory.path(), ".rukpak-0123456789abcdef-aB3xyz");
    let running = ImageWriter::oci_archive(&archive).unwrap();
    assert!(!left.exists() && of_another.exists());
    // A run that goes on keeps what it has.
    let before = names(directory.path()).len();
    drop(ImageWriter::oci_archive(&archive).unwrap());
    assert_eq!(names(directory.path()).len(), before);
    drop(running);
    assert_eq!(names(directory.path()).len(), before - 1);
}

fn finish(
    (writer, _): Kind,
    parts: &[(&Descriptor, &[u8])],
    manifest: &str,
    name: Option<&str>,
) -> Result<(), String> {
    let directory = tempdir().unwrap();
    let mut writer = writer(&directory.path().join("image")).unwrap();
    for (descriptor, content) in parts {
        let mut content = *content;
        writer.blob(descriptor, &mut content).unwrap();
    }
    let descriptor = Descriptor::of("x", manifest.as_bytes());
    let result = writer.finish(&descriptor, manifest.as_bytes(), name);
    assert!(!names(directory.path()).iter().any(|name| name.starts_with('.')));
    result.map_err(|error| text(&error, directory.path()))
}

#[test]
fn errors() {
    let built = image("a");
    let manifest = String::from_utf8(built.manifest.clone()).unwrap();
    let (other, parts) = (image("b"), parts(&built));
    let mixed = manifest.replace(built.layer_descriptor.digest.hex(), other.layer_descriptor.digest.hex());
    let with_other = [parts[0], (&other.layer_descriptor, other.layer.as_slice())];
    let short = manifest.replacen(r#""layers":["#, r#""layers":[],"x":["#, 1);
    let index = json!({"schemaVersion": 2, "mediaType": wire::OCI_IMAGE_INDEX_MEDIA_TYPE, "manifests": []});
    let index = index.to_string();
    let not_announced = Descriptor::of("x", b"other");
    let stray = ImageWriter::oci_layout(tempdir().unwrap().path().join("x"))
        .unwrap()
        .finish(&not_announced, built.manifest.as_slice(), None)
        .map_err(|error| text(&error, Path::new("//")).replace(|letter: char| letter.is_ascii_digit(), "0"));
    assert!(stray.unwrap_err().contains("which is to be written to"));
    let cases = [
        finish(LAYOUT, &parts[..1], &manifest, None),
        finish(OCI, &parts[1..], &manifest, None),
        finish(DOCKER, &parts[..1], &manifest, None),
        finish(DOCKER, &parts[1..], &manifest, None),
        finish(DOCKER, &with_other, &mixed, None),
        finish(DOCKER, &parts, &short, None),
        finish(DOCKER, &parts, &manifest, Some("Not A Name")),
        finish(OCI, &parts, "{}", None),
        finish(DOCKER, &parts, &index, None),
    ];
    assert_snapshot!(cases.map(|case| case.unwrap_err()).join("\n"));
}

#[test]
fn a_directory_with_other_things_is_no_layout() {
    let directory = tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "").unwrap();
    let error = ImageWriter::oci_layout(directory.path()).err().unwrap();
    assert_eq!(
        text(&error, directory.path()),
        "expected an OCI image layout or an empty directory, DIR is neither"
    );
    let error = ImageWriter::oci_archive(directory.path()).err().unwrap();
    assert_eq!(text(&error, directory.path()), "expected the name of an archive, DIR is a directory");
    assert_eq!(names(directory.path()), ["thesis.txt"]);
}

/// A layout of another version, or an index that is not understood, is not written over.
#[rstest]
#[case::version("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#)]
#[case::index("index.json", "[]")]
fn what_is_not_understood_is_not_replaced(#[case] name: &str, #[case] content: &str) {
    let directory = tempdir().unwrap();
    write(ImageWriter::oci_layout(directory.path()).unwrap(), &image("a"), None).unwrap();
    fs::write(directory.path().join(name), content).unwrap();
    let result =
        ImageWriter::oci_layout(directory.path()).and_then(|writer| write(writer, &image("b"), None));
    assert!(result.is_err());
    assert_eq!(fs::read_to_string(directory.path().join(name)).unwrap(), content);
}

#[test]
fn a_bomb_does_not_fill_the_disk() {
    let directory = tempdir().unwrap();
    let limits = Limits { skipped_bytes: 1000, ..Limits::default() };
    let mut writer = ImageWriter::docker_archive(directory.path().join("image"), &limits).unwrap();
    let layer = forge::gzip(&[0; 1001]);
    let error = writer.blob(&Descriptor::of("x", &layer), &mut layer.as_slice()).unwrap_err();
    assert_eq!(text(&error, directory.path()), "a layer of DIR/image has more than 1000 bytes, the limit");
}
