//! Entries that are not what they were.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::Place;

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_fetched_is_not_fetched_again() {
    let place = Place::new();
    place.unpack("first");
    place.unpack("second");
    assert_eq!(place.gets(), [1; 6]);
    place.is_tidy();
}

#[rstest]
#[case::first_byte(|path: &Path| edit(path, |bytes| bytes[0] ^= 1))]
#[case::digest(|path: &Path| edit(path, |bytes| bytes[30] ^= 1))]
#[case::in_the_midst(|path: &Path| edit(path, |bytes| { let half = bytes.len() / 2; bytes[half] ^= 0x80; }))]
#[case::last_byte(|path: &Path| edit(path, |bytes| *bytes.last_mut().unwrap() ^= 1))]
#[case::truncated(|path: &Path| edit(path, |bytes| bytes.truncate(bytes.len() - 1)))]
#[case::half(|path: &Path| edit(path, |bytes| bytes.truncate(bytes.len() / 2)))]
#[case::first_line_only(|path: &Path| edit(path, |bytes| bytes.truncate(80)))]
#[case::longer(|path: &Path| edit(path, |bytes| bytes.push(0)))]
#[case::empty(|path: &Path| edit(path, Vec::clear))]
#[case::garbage(|path: &Path| edit(path, |bytes| *bytes = e2e::noise::noise(100_000, 7)))]
#[case::text(|path: &Path| edit(path, |bytes| *bytes = b"rukpak-cache 2 \n".to_vec()))]
#[case::other_form(|path: &Path| edit(path, |bytes| bytes[13] = b'9'))]
fn a_damaged_entry_is_fetched_anew(#[case] damage: fn(&Path)) {
    let place = Place::new();
    place.unpack("first");
    let entries = place.entries();
    assert_eq!(entries.len(), 1);
    let whole = fs::read(&entries[0]).unwrap();
    damage(&entries[0]);
    assert!(fs::read(&entries[0]).unwrap() != whole);
    place.unpack("second");
    assert_eq!(place.gets(), [2; 6]);
    // The entry is as it was, and of use.
    assert!(fs::read(&entries[0]).unwrap() == whole);
    place.unpack("third");
    assert_eq!(place.gets(), [2; 6]);
    place.is_tidy();
}

#[test]
fn a_directory_in_place_of_an_entry_is_removed() {
    let place = Place::new();
    place.unpack("first");
    let entry = place.entries().remove(0);
    fs::remove_file(&entry).unwrap();
    fs::create_dir_all(entry.join("deep")).unwrap();
    place.unpack("second");
    assert!(entry.is_file());
    place.is_tidy();
}

#[test]
fn a_cache_that_was_removed_is_made_anew() {
    let place = Place::new();
    place.unpack("first");
    fs::remove_dir_all(place.host.cache()).unwrap();
    place.unpack("second");
    assert_eq!((place.gets(), place.entries().len()), (vec![2; 6], 1));
}

/// An image that was refused is not kept.
#[test]
fn an_error_is_not_kept() {
    use e2e::faults::Times::First;
    let place = Place::new();
    let nothing = e2e::server::Response::new(404, []);
    place.faults.on("GET", "/blobs/", First(1), e2e::faults::instead(nothing));
    let _ = place.host.run(["unpack", "-q", &place.reference(), "--to", "first"]).refused();
    assert_eq!(place.entries(), Vec::<&Path>::new());
    place.is_tidy();
    place.unpack("second");
}
