//! The cache on its own: entries that were damaged, claims, and what killed processes leave.

use std::fs::{self, FileTimes};
use std::time::SystemTime;

use rstest::rstest;
use rukpak_tree::{Keep, Skipped};
use tempfile::TempDir;

use super::*;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_mins(10);

fn key(name: &str) -> Key {
    Key::of("test", &[name], &Keep::everything())
}

fn tree(content: &str) -> FileTree {
    let files = [("manifests/a.yaml", content), ("metadata/b.yaml", "b: 1\n")];
    FileTree::from_files(files, &Limits::default()).unwrap()
}

struct Place {
    cache: Cache,
    folder: TempDir,
}

impl Place {
    fn new(bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { cache: Cache::new(folder.path().join("cache"), bytes), folder }
    }

    async fn put(&self, name: &str, tree: &FileTree) {
        let claim = self.cache.claim(&key(name), PATIENCE).await.unwrap();
        self.cache.put(&claim, tree, &Limits::default()).unwrap();
    }

    fn get(&self, name: &str) -> Option<FileTree> {
        self.cache.get(&key(name), &Limits::default()).unwrap()
    }

    /// Makes a directory of what is kept.
    fn copy(&self, name: &str, to: &str) -> Result<Result<bool, TreeError>, CacheError> {
        self.cache.copy(&key(name), &Limits::default(), &self.folder.path().join(to))
    }

    fn work(&self) -> Vec<String> {
        let names = fs::read_dir(self.cache.work()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[tokio::test]
async fn what_was_kept_is_there() {
    let place = Place::new(Cache::BYTES);
    assert_eq!(place.get("a"), None);
    let skipped =
        Skipped { entries: 3, bytes: 40, top_level: ["etc".to_owned()].into(), ..Skipped::default() };
    let kept = tree("a: 1\n").with_skipped(skipped.clone());
    place.put("a", &kept).await;
    let found = place.get("a").unwrap();
    assert_eq!(found.iter().collect::<Vec<_>>(), kept.iter().collect::<Vec<_>>());
    assert_eq!(found.skipped(), &skipped);
    assert_eq!(place.get("b"), None);
    assert_eq!(place.work(), [""; 0]);
}

#[tokio::test]
async fn only_we_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(Cache::BYTES);
    place.put("a", &tree("a: 1\n")).await;
    assert_eq!(fs::metadata(place.cache.root()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[rstest]
#[case::empty(|_: Vec<u8>| vec![])]
#[case::garbage(|_: Vec<u8>| b"garbage".repeat(50))]
#[case::cut(|mut bytes: Vec<u8>| { bytes.truncate(bytes.len() - 1); bytes })]
#[case::longer(|mut bytes: Vec<u8>| { bytes.push(0); bytes })]
#[case::first_line(|mut bytes: Vec<u8>| { bytes[0] ^= 1; bytes })]
#[case::digest(|mut bytes: Vec<u8>| { bytes[40] = b'g'; bytes })]
#[case::hints(|mut bytes: Vec<u8>| { bytes[100] ^= 1; bytes })]
#[case::content(|mut bytes: Vec<u8>| { let at = bytes.len() / 2; bytes[at] ^= 1; bytes })]
#[tokio::test]
async fn a_damaged_entry_is_dropped(#[case] damage: fn(Vec<u8>) -> Vec<u8>) {
    let place = Place::new(Cache::BYTES);
    place.put("a", &tree("a: 1\n")).await;
    let path = place.cache.entry(&key("a"));
    let damaged = damage(fs::read(&path).unwrap());
    fs::write(&path, &damaged).unwrap();
    assert_eq!(place.get("a"), None);
    assert!(!path.exists());
    fs::write(&path, &damaged).unwrap();
    assert!(!place.copy("a", "out").unwrap().unwrap());
    assert!(!path.exists());
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 1, "something stays beside the cache");
}

#[tokio::test]
async fn what_was_kept_becomes_a_directory() {
    let place = Place::new(Cache::BYTES);
    place.put("a", &tree("a: 1\n")).await;
    place.put("empty", &FileTree::default()).await;
    assert!(place.copy("a", "out").unwrap().unwrap());
    let out =
        FileTree::from_directory(&place.folder.path().join("out"), &Keep::everything(), &Limits::default())
            .unwrap();
    assert_eq!(out.iter().collect::<Vec<_>>(), tree("a: 1\n").iter().collect::<Vec<_>>());
    for absent in ["b", "empty"] {
        assert!(!place.copy(absent, "other").unwrap().unwrap());
        assert!(!place.folder.path().join("other").exists());
    }
    // What is wrong with the place is said, and is nothing against the entry.
    assert!(matches!(place.copy("a", "out").unwrap(), Err(TreeError::NotEmpty { .. })));
    assert!(matches!(place.copy("a", "none/out").unwrap(), Err(TreeError::NoDirectory { .. })));
    assert!(place.get("a").is_some());
}

#[tokio::test]
async fn a_directory_in_the_place_of_an_entry_is_dropped() {
    let place = Place::new(Cache::BYTES);
    place.put("a", &tree("a: 1\n")).await;
    let path = place.cache.entry(&key("a"));
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(path.join("deep")).unwrap();
    assert_eq!(place.get("a"), None);
    assert!(!path.exists());
}

#[tokio::test]
async fn the_oldest_goes() {
    let place = Place::new(Cache::BYTES);
    place.put("c", &tree("a: 1\n")).await;
    let one = fs::metadata(place.cache.entry(&key("c"))).unwrap().len();
    let place = Place::new(2 * one + 1);
    for (age, name) in [(300, "a"), (100, "b")] {
        place.put(name, &tree("a: 1\n")).await;
        let used = SystemTime::now() - Duration::from_mins(age);
        let entry = File::options().write(true).open(place.cache.entry(&key(name))).unwrap();
        entry.set_times(FileTimes::new().set_modified(used)).unwrap();
    }
    // It was used just now, and so is younger than the other.
    assert!(place.get("a").is_some());
    place.put("c", &tree("a: 1\n")).await;
    assert_eq!(["a", "b", "c"].map(|name| place.get(name).is_some()), [true, false, true]);
}

#[tokio::test]
async fn a_claim_is_for_one() {
    let place = Place::new(Cache::BYTES);
    let claim = place.cache.claim(&key("a"), PATIENCE).await.unwrap();
    let _other = place.cache.claim(&key("b"), PATIENCE).await.unwrap();
    assert!(place.cache.try_claim(&key("a"), false).unwrap().is_none(), "the claim is taken");
    drop(claim);
    place.cache.claim(&key("a"), PATIENCE).await.map(drop).unwrap();
    assert_eq!(place.work(), [format!("{}.lock", key("b"))]);
}

/// The one may be slow for reasons of its own, or stopped.
#[tokio::test]
async fn who_has_waited_long_enough_works_beside_the_other() {
    let place = Place::new(Cache::BYTES);
    let claim = place.cache.claim(&key("a"), PATIENCE).await.unwrap();
    let beside = place.cache.claim(&key("a"), Duration::from_millis(10)).await.unwrap();
    let another = place.cache.claim(&key("a"), Duration::ZERO).await.unwrap();
    assert_eq!(place.work().len(), 3);
    place.cache.put(&beside, &tree("a: 1\n"), &Limits::default()).unwrap();
    drop((beside, another));
    assert!(place.get("a").is_some());
    assert_eq!(place.work(), [format!("{}.lock", key("a"))]);
    place.cache.put(&claim, &tree("a: 1\n"), &Limits::default()).unwrap();
    drop(claim);
    assert!(place.get("a").is_some());
    assert_eq!(place.work(), [""; 0]);
}

/// Files as deep as they may be, with the longest names there may be, and as large as they may be together.
#[tokio::test]
async fn the_largest_tree_is_read_back() {
    let limits = Limits { kept_bytes: 40_000, files: 40, names_bytes: 40_000, ..Limits::default() };
    let deep = |number: usize| format!("{}{number}", "d/".repeat(30));
    let long = vec!["x".repeat(250); 8].join("/");
    let paths = (0..39).map(deep).chain([long]);
    let tree = FileTree::from_files(paths.map(|path| (path, vec![b'x'; 1000])), &limits).unwrap();
    let place = Place::new(Cache::BYTES);
    let claim = place.cache.claim(&key("a"), PATIENCE).await.unwrap();
    place.cache.put(&claim, &tree, &limits).unwrap();
    let found = place.cache.get(&key("a"), &limits).unwrap().unwrap();
    assert!(found.iter().eq(tree.iter()));
}

#[tokio::test]
async fn what_could_not_be_read_back_is_not_written() {
    let place = Place::new(Cache::BYTES);
    let claim = place.cache.claim(&key("a"), PATIENCE).await.unwrap();
    let limits = Limits { kept_bytes: 10, files: 1, names_bytes: 10, ..Limits::default() };
    let error = place.cache.put(&claim, &tree(&"x".repeat(2 << 20)), &limits).unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::FileTooLarge);
    drop(claim);
    assert_eq!(place.get("a"), None);
    assert_eq!(place.work(), [""; 0]);
}

#[tokio::test]
async fn what_killed_processes_leave_is_removed() {
    let place = Place::new(Cache::BYTES);
    let held = place.cache.claim(&key("held"), PATIENCE).await.unwrap();
    let scratch = held.scratch().unwrap();
    fs::write(place.cache.work().join(format!("{}.lock", key("x"))), "").unwrap();
    fs::write(place.cache.work().join(format!("{}.tmp", key("x"))), "half an entry").unwrap();
    fs::create_dir_all(place.cache.work().join(format!("{}.d/deep", key("y")))).unwrap();
    place.put("a", &tree("a: 1\n")).await;
    let mut left = place.work();
    left.sort();
    assert_eq!(left, [format!("{}.d", key("held")), format!("{}.lock", key("held"))]);
    assert!(scratch.is_dir());
}

#[tokio::test]
async fn what_is_left_when_all_was_done_goes_at_the_next_look() {
    let place = Place::new(Cache::BYTES);
    place.put("a", &tree("a: 1\n")).await;
    fs::write(place.cache.work().join(format!("{}.lock", key("a"))), "").unwrap();
    assert!(place.get("a").is_some());
    assert_eq!(place.work(), [""; 0]);
}

#[tokio::test]
async fn a_place_that_is_none_is_an_error() {
    let place = Place::new(Cache::BYTES);
    fs::write(place.folder.path().join("cache"), "a file").unwrap();
    assert_eq!(place.get("a"), None);
    let error = place.cache.claim(&key("a"), PATIENCE).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot write to the cache at "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_other_processes_add_is_seen_within_a_minute() {
    let place = Place::new(64 << 10);
    place.put("a", &tree("a: 1\n")).await;
    let theirs = place.cache.entries().join("theirs");
    fs::write(&theirs, vec![0; 64 << 10]).unwrap();
    let long_ago = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    File::options().write(true).open(&theirs).unwrap().set_times(long_ago).unwrap();
    place.put("b", &tree("b: 1\n")).await;
    assert!(theirs.exists(), "all entries were looked at again");
    tokio::time::advance(UNSEEN).await;
    place.put("c", &tree("c: 1\n")).await;
    assert!(!theirs.exists());
    assert!(["a", "b", "c"].into_iter().all(|name| place.get(name).is_some()));
}
