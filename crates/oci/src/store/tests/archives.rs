//! Layouts in archives.

use std::fs;
use std::io::Read as _;

use insta::assert_snapshot;
use rstest::rstest;
use tar::EntryType;
use tempfile::tempdir;

use super::forge::{gzip, tar_of, zstd};
use super::*;

/// Of the file of an entry: its name, its type, what it links to, and its content.
type Entry = (String, EntryType, &'static str, Vec<u8>);

/// An archive with one image, written by us.
fn archive() -> Vec<u8> {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    write(ImageWriter::oci_archive(&path).unwrap(), &image("a"), Some("v1")).unwrap();
    fs::read(path).unwrap()
}

/// What it consists of.
fn entries() -> Vec<Entry> {
    let archive = archive();
    let mut archive = tar::Archive::new(archive.as_slice());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let (mut content, name) = (vec![], entry.path().unwrap().to_str().unwrap().to_owned());
        entry.read_to_end(&mut content).unwrap();
        (name, EntryType::Regular, "", content)
    });
    entries.collect()
}

fn forge(entries: &[Entry]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, kind, target, content)| (name.as_str(), *kind, *target, content.as_slice()))
        .collect();
    tar_of(&entries)
}

fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<String, String> {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, bytes).unwrap();
    let store = ImageStore::oci_archive(&path, options);
    store.and_then(|store| file_of(&store, None)).map_err(|error| text(&error, directory.path()))
}

fn read(bytes: &[u8]) -> Result<String, String> {
    read_with(bytes, &ReadOptions::default())
}

#[rstest]
#[case::plain(<[u8]>::to_vec)]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn read_back(#[case] compress: fn(&[u8]) -> Vec<u8>) {
    let directory = tempdir().unwrap();
    let temporary = Some(directory.path().to_owned());
    let options = ReadOptions { temporary, limits: Limits::default() };
    assert_eq!(read_with(&compress(&archive()), &options), Ok("a".into()));
    assert!(names(directory.path()).is_empty());
}

#[test]
fn a_pipe_is_read_too() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || fs::write(path, archive()).unwrap())
    };
    assert_eq!(file_of(&oci_archive(&path).unwrap(), Some("v1")).unwrap(), "a");
    writer.join().unwrap();
}

#[test]
fn names_are_normalised() {
    let mut entries = entries();
    for (name, ..) in &mut entries {
        *name = format!("./{name}");
    }
    assert_eq!(read(&forge(&entries)), Ok("a".into()));
}

/// As GNU tar writes a layout that has the same file twice.
#[test]
fn hard_links_are_followed() {
    let mut entries = entries();
    let layer = entries.iter_mut().rfind(|entry| entry.0.starts_with("blobs/")).unwrap();
    let name = std::mem::replace(&mut layer.0, "first".into());
    entries.push((name, EntryType::Link, "first", vec![]));
    assert_eq!(read(&forge(&entries)), Ok("a".into()));
}

#[test]
fn the_last_entry_of_a_name_counts() {
    let mut entries = entries();
    let stale = entries.iter().map(|(name, ..)| (name.clone(), EntryType::Regular, "", b"stale".to_vec()));
    let mut all: Vec<_> = stale.collect();
    all.append(&mut entries);
    assert_eq!(read(&forge(&all)), Ok("a".into()));
}

#[test]
fn faults() {
    let (archive, entries) = (archive(), entries());
    let cases = [
        ("empty", vec![]),
        ("no archive", b"text".to_vec()),
        ("cut off", archive[..1800].to_vec()),
        ("compressed and cut off", gzip(&archive)[..400].to_vec()),
        ("compressed twice", gzip(&gzip(&archive))),
        ("no marker", forge(&entries[1..])),
        ("docker archive", tar_of(&[("manifest.json", EntryType::Regular, "", b"[]")])),
        ("no index", forge(&entries[..4])),
        ("no layer", forge(&[&entries[..2], &entries[3..]].concat())),
        ("dotted name", tar_of(&[("../oci-layout", EntryType::Regular, "", b"")])),
        ("leads outside", tar_of(&[("oci-layout", EntryType::Symlink, "/etc/hostname", b"")])),
        ("leads in circles", tar_of(&[("oci-layout", EntryType::Symlink, "oci-layout", b"")])),
        ("bomb", gzip(&vec![0; 8 << 20])),
    ];
    let texts = cases.map(|(name, bytes)| {
        let error = read(&bytes).unwrap_err();
        format!("{name}\n    {error}")
    });
    // How far a decoder has come is its own business.
    let filters = [
        (r"near byte \d+", "near byte N"),
        (r"\d+ bytes of gzip became \d+ \w+", "M bytes of gzip became N"),
    ];
    insta::with_settings!({filters => filters}, { assert_snapshot!(texts.join("\n")) });
}

#[test]
fn what_comes_of_a_compressed_archive_is_bounded() {
    let mut limits = Limits { skipped_bytes: archive().len() as u64, ..Limits::default() };
    let options = |limits: &Limits| ReadOptions { temporary: None, limits: limits.clone() };
    assert!(read_with(&gzip(&archive()), &options(&limits)).is_ok());
    limits.skipped_bytes -= 1;
    assert_eq!(
        read_with(&gzip(&archive()), &options(&limits)).unwrap_err(),
        format!("the content of DIR/image.tar has more than {} bytes, the limit", limits.skipped_bytes)
    );
}

#[test]
fn entries_are_counted() {
    let header = &tar_of(&[("a", EntryType::Regular, "", b"")])[..512];
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, header.repeat(100_001)).unwrap();
    let error = oci_archive(&path).err().unwrap();
    assert_eq!(
        text(&error, directory.path()),
        "cannot read the archive DIR/image.tar: more than 100000 files, the limit; the next is a"
    );
}
