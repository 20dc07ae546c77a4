//! Layouts as directories.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use rstest::rstest;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::VerifyError;
use crate::store::files::blob_path;

/// A layout with one image.
fn layout(name: Option<&str>) -> TempDir {
    let directory = tempdir().unwrap();
    write(ImageWriter::oci_layout(directory.path()).unwrap(), &image("a"), name).unwrap();
    directory
}

fn blob(directory: &Path, descriptor: &Descriptor) -> PathBuf {
    directory.join(blob_path(&descriptor.digest).join("/"))
}

#[rstest]
#[case::by_name(Some("v1"), Some("v1"))]
#[case::the_only_one(Some("v1"), None)]
#[case::without_name(None, None)]
#[case::empty_name(None, Some(""))]
fn read_back(#[case] written: Option<&str>, #[case] asked: Option<&str>) {
    let directory = layout(written);
    let store = ImageStore::oci_layout(directory.path()).unwrap();
    assert_eq!(file_of(&store, asked).unwrap(), "a");
}

#[test]
fn several_readers_do_not_disturb_each_other() {
    let directory = layout(None);
    let (store, built) = (ImageStore::oci_layout(directory.path()).unwrap(), image("a"));
    let mut readers = [0, 1].map(|_| store.blob(&built.layer_descriptor).unwrap());
    let mut contents = [vec![], vec![]];
    while contents[1].len() < built.layer.len() {
        for (reader, content) in readers.iter_mut().zip(&mut contents) {
            let mut room = [0; 7];
            let read = reader.read(&mut room).unwrap();
            content.extend_from_slice(&room[..read]);
        }
    }
    assert!(contents.iter().all(|content| *content == built.layer));
}

#[test]
fn the_layout_itself_may_be_a_link() {
    let (directory, elsewhere) = (layout(None), tempdir().unwrap());
    let link = elsewhere.path().join("link");
    symlink(directory.path(), &link).unwrap();
    assert_eq!(file_of(&ImageStore::oci_layout(&link).unwrap(), None).unwrap(), "a");
}

/// What is done to a good layout, and what then is said.
#[test]
fn faults() {
    type Damage = fn(&Path);
    let cases: [(&str, Damage); 18] = [
        ("no marker", |directory: &Path| fs::remove_file(directory.join("oci-layout")).unwrap()),
        ("other version", |directory: &Path| {
            fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
        }),
        ("marker is no json", |directory: &Path| {
            fs::write(directory.join("oci-layout"), "1.0.0").unwrap();
        }),
        ("no index", |directory: &Path| fs::remove_file(directory.join("index.json")).unwrap()),
        ("index of another shape", |directory: &Path| {
            fs::write(directory.join("index.json"), r#"{"manifests": {}}"#).unwrap();
        }),
        ("index of 100 mb", |directory: &Path| {
            fs::File::create(directory.join("index.json")).unwrap().set_len(100 << 20).unwrap();
        }),
        ("index is a link", |directory: &Path| {
            fs::rename(directory.join("index.json"), directory.join("other")).unwrap();
            symlink("other", directory.join("index.json")).unwrap();
        }),
        ("no manifest", |directory: &Path| {
            fs::remove_file(blob(directory, &image("a").manifest_descriptor)).unwrap();
        }),
        ("no layer", |directory: &Path| {
            fs::remove_file(blob(directory, &image("a").layer_descriptor)).unwrap();
        }),
        ("corrupt layer", |directory: &Path| {
            let path = blob(directory, &image("a").layer_descriptor);
            let mut content = fs::read(&path).unwrap();
            content[20] ^= 1;
            fs::write(path, content).unwrap();
        }),
        ("longer layer", |directory: &Path| {
            let path = blob(directory, &image("a").layer_descriptor);
            fs::File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
        }),
        ("shorter layer", |directory: &Path| {
            let path = blob(directory, &image("a").layer_descriptor);
            fs::File::options().write(true).open(path).unwrap().set_len(7).unwrap();
        }),
        ("layer is a link", |directory: &Path| {
            let path = blob(directory, &image("a").layer_descriptor);
            fs::remove_file(&path).unwrap();
            symlink("/dev/zero", path).unwrap();
        }),
        ("layer is a directory", |directory: &Path| {
            let path = blob(directory, &image("a").layer_descriptor);
            fs::remove_file(&path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        ("blobs are elsewhere", |directory: &Path| {
            fs::rename(directory.join("blobs"), directory.join("elsewhere")).unwrap();
            symlink("elsewhere", directory.join("blobs")).unwrap();
        }),
        ("two images", |directory: &Path| {
            write(ImageWriter::oci_layout(directory).unwrap(), &image("b"), Some("v2")).unwrap();
        }),
        ("nothing", |directory: &Path| fs::remove_dir_all(directory).unwrap()),
        ("a file", |directory: &Path| {
            fs::remove_dir_all(directory).unwrap();
            fs::write(directory, "").unwrap();
        }),
    ];
    let texts = cases.map(|(name, damage)| {
        let parent = tempdir().unwrap();
        let directory = parent.path().join("layout");
        write(ImageWriter::oci_layout(&directory).unwrap(), &image("a"), Some("v1")).unwrap();
        damage(&directory);
        let error = ImageStore::oci_layout(&directory).and_then(|store| file_of(&store, None)).unwrap_err();
        format!("{name}\n    {}", text(&error, parent.path()))
    });
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_fifo_is_not_waited_for() {
    let directory = layout(None);
    let index = directory.path().join("index.json");
    fs::remove_file(&index).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&index).status().unwrap().success());
    let error = ImageStore::oci_layout(directory.path()).err().unwrap();
    assert!(matches!(error, StoreError::Kind { .. }), "{error}");
}

#[test]
fn content_is_bounded() {
    let directory = layout(None);
    let store = ImageStore::oci_layout(directory.path()).unwrap();
    let config = image("a").config_descriptor;
    assert!(store.content(&config, config.size).is_ok());
    let error = store.content(&config, config.size - 1).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
    // A descriptor that claims less gets no more.
    let claim = Descriptor { size: 3, ..config };
    let StoreError::Blob { source, .. } = store.content(&claim, 3).unwrap_err() else {
        panic!("expected the blob to be wrong")
    };
    assert!(matches!(VerifyError::of(&source), Some(VerifyError::TooLong { .. })));
}
