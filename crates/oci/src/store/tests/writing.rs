//! Writing: whole, again, over something else, and several at once.

use std::fs;
use std::io;

use oci_distribution::manifest as wire;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::*;
use crate::Digest;

#[rstest]
fn read_back(
    #[values(LAYOUT, OCI, DOCKER)] (writer, reader): Kind,
    #[values(None, Some("quay.io/a/b:v1"))] name: Option<&str>,
) {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image");
    write(writer(&path).unwrap(), &image("a"), name).unwrap();
    assert_eq!(file_of(&reader(&path).unwrap(), name).unwrap(), "a");
    assert!(!names(directory.path()).iter().any(|name| name.starts_with('.')));
}

#[rstest]
#[case::oci(OCI)]
#[case::docker(DOCKER)]
fn the_same_image_gives_the_same_bytes(#[case] (writer, _): Kind) {
    let directory = tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|name| directory.path().join(name));
    for path in [&first, &second] {
        write(writer(path).unwrap(), &image("a"), Some("quay.io/a/b:v1")).unwrap();
    }
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    // What stood there is replaced.
    fs::write(&second, "other").unwrap();
    write(writer(&second).unwrap(), &image("a"), Some("quay.io/a/b:v1")).unwrap();
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}

#[rstest]
#[case::oci(OCI)]
#[case::docker(DOCKER)]
fn only_files_are_replaced(#[case] (writer, reader): Kind) {
    let directory = tempdir().unwrap();
    let [file, link, socket] = ["file", "link", "socket"].map(|name| directory.path().join(name));
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    write(writer(&link).unwrap(), &image("a"), None).unwrap();
    assert!(link.is_symlink());
    assert_eq!(file_of(&reader(&file).unwrap(), None).unwrap(), "a");
    for special in [&socket, Path::new("/dev/null")] {
        let text = writer(special).unwrap_err().to_string();
        assert!(text.contains("a pipe, a device or a socket"), "{text}");
    }
    assert_eq!(names(directory.path()), ["file", "link", "socket"]);
}

#[test]
fn headers_say_nothing_of_the_host() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    write(ImageWriter::oci_archive(&path).unwrap(), &image("a"), None).unwrap();
    let mut archive = tar::Archive::new(fs::File::open(path).unwrap());
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0, 0, 0));
        assert_eq!((header.mode().unwrap(), header.username().unwrap()), (0o644, Some("")));
    }
}

#[test]
fn other_images_of_a_layout_stay() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    for (content, name) in [("a", "v1"), ("b", "v2"), ("c", "v1")] {
        write(ImageWriter::oci_layout(path).unwrap(), &image(content), Some(name)).unwrap();
    }
    let store = ImageStore::oci_layout(path).unwrap();
    assert_eq!(file_of(&store, Some("v1")).unwrap(), "c");
    assert_eq!(file_of(&store, Some("v2")).unwrap(), "b");
    let index: Value = serde_json::from_slice(&fs::read(path.join("index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2);
}

#[test]
fn a_blob_that_is_there_is_not_written_again() {
    let directory = tempdir().unwrap();
    let built = image("a");
    let write_to = || write(ImageWriter::oci_layout(directory.path()).unwrap(), &built, None).unwrap();
    write_to();
    let blobs = directory.path().join("blobs/sha256");
    let path = blobs.join(built.layer_descriptor.digest.hex());
    let inode = || std::os::unix::fs::MetadataExt::ino(&path.metadata().unwrap());
    let before = inode();
    let mut again = ImageWriter::oci_layout(directory.path()).unwrap();
    assert!(again.has(&built.layer_descriptor).unwrap());
    again.blob(&built.layer_descriptor, &mut io::empty()).unwrap();
    assert_eq!(inode(), before);
    // A damaged one is.
    fs::write(&path, "x").unwrap();
    assert!(!ImageWriter::oci_layout(directory.path()).unwrap().has(&built.layer_descriptor).unwrap());
    write_to();
    assert_eq!(fs::read(&path).unwrap(), built.layer);
}

/// Two at once must not lose each other's images.
#[test]
fn several_processes_may_write_to_one_layout() {
    let directory = tempdir().unwrap();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = directory.path();
            scope.spawn(move || {
                let name = format!("v{n}");
                write(ImageWriter::oci_layout(path).unwrap(), &image(&name), Some(&name)).unwrap();
            });
        }
    });
    let store = ImageStore::oci_layout(directory.path()).unwrap();
    for n in 0..8 {
        let name = format!("v{n}");
        assert_eq!(file_of(&store, Some(&name)).unwrap(), name);
    }
}

#[test]
fn sha512_has_a_name_that_is_too_long_for_a_header() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    let layer = tar(&[("manifests/a.yaml", b"a")]);
    let sha512: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
    let layer_descriptor = Descriptor { digest: sha512.of_same_kind(&layer), ..Descriptor::of("x", &layer) };
    let built = image("a");
    let manifest = json!({"schemaVersion": 2, "mediaType": wire::OCI_IMAGE_MEDIA_TYPE,
        "config": {"mediaType": "x", "digest": built.config_descriptor.digest, "size": built.config.len()},
        "layers": [{"mediaType": "x", "digest": layer_descriptor.digest, "size": layer.len()}]});
    let manifest = manifest.to_string();
    let mut writer = ImageWriter::oci_archive(&path).unwrap();
    writer.blob(&layer_descriptor, &mut layer.as_slice()).unwrap();
    writer.blob(&built.config_descriptor, &mut built.config.as_slice()).unwrap();
    let descriptor = Descriptor::of(wire::OCI_IMAGE_MEDIA_TYPE, manifest.as_bytes());
    writer.finish(&descriptor, manifest.as_bytes(), None).unwrap();
    assert_eq!(file_of(&oci_archive(&path).unwrap(), None).unwrap(), "a");
}
