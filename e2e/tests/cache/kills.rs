//! Processes that are killed while they fetch: the next one finds nothing of theirs in its way, and leaves nothing of it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use e2e::faults::Times::{Always, First};
use e2e::faults::{slowly, stall_after};
use e2e::process::{Process, below, run};
use rstest::rstest;

use super::{Place, assert_right};

/// How long a fetch takes that is to be killed, at least.
const FETCH: Duration = Duration::from_millis(300);

/// A run that ends when it is dropped.
fn start(place: &Place, arguments: &[&str]) -> Process {
    let mut command = place.host.rukpakctl(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Process::start(&mut command).unwrap()
}

/// Waits for something that has to come.
fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_mins(1), "it does not come");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Killed at twenty points between the first request and after the last, which lie where they lie.
#[rstest]
#[case::unpack(&["unpack", "{}", "--to", "out"])]
#[case::pull_to_a_layout(&["pull", "{}", "--to", "oci:layout:v1"])]
#[case::pull_to_an_archive(&["pull", "{}", "--to", "oci-archive:archive.tar:v1"])]
fn whatever_was_killed_the_next_one_is_right(#[case] arguments: &[&str]) {
    let mut state = 42_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::from(state.to_be_bytes()[0])
    };
    let place = Place::new();
    // 64 KiB in the time that a fetch takes, a layer at a time or several.
    place.faults.on("GET", "/blobs/", Always, slowly(8 << 10, FETCH / 12));
    let reference = place.reference();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.replace("{}", &reference)).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    for _ in 0..20 {
        let _ = std::fs::remove_dir_all(place.host.cache());
        let mut process = start(&place, &arguments);
        // Up to a little longer than it takes.
        thread::sleep(FETCH * random() / 170);
        process.child().kill().unwrap();
        process.child().wait().unwrap();
        drop(process);

        // A directory that was written is not written to again.
        let _ = std::fs::remove_dir_all(place.host.path("out"));
        run(&mut place.host.rukpakctl(&arguments)).ok();
        if arguments[0] == "pull" {
            let source = arguments[3];
            run(&mut place.host.rukpakctl(["unpack", source, "--to", "out"])).ok();
        }
        assert_right(&place.host.path("out"));
        place.is_tidy();
        let _ = std::fs::remove_dir_all(place.host.path("layout"));
        let _ = std::fs::remove_file(place.host.path("archive.tar"));
        let left: Vec<_> = std::fs::read_dir(place.host.path("")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}

/// Another one fetches the same when it is killed.
#[test]
fn a_lock_goes_with_its_holder() {
    let place = Place::new();
    place.faults.on("GET", "/blobs/", First(4), stall_after(10));
    let reference = place.reference();
    let holder = start(&place, &["unpack", &reference, "--to", "first"]);
    wait_until(|| place.gets().iter().sum::<usize>() >= 4);
    let waiting = thread::spawn({
        let mut command = place.host.rukpakctl(["unpack", &reference, "--to", "second"]);
        move || run(&mut command)
    });
    // It may wait by now or not; either is to come to the same.
    thread::sleep(Duration::from_millis(200));
    assert_eq!(place.gets().iter().sum::<usize>(), 4, "two fetched the same");
    drop(holder);
    waiting.join().unwrap().ok();
    assert_right(&place.host.path("second"));
    place.is_tidy();
}

/// Who is interrupted leaves nothing.
#[rstest]
fn an_interrupt_leaves_nothing(
    #[values("INT", "TERM")] signal: &str,
    #[values("out/dir", "oci:out/layout", "oci-archive:out/x.tar", "docker-archive:out/x.tar")] to: &str,
) {
    let place = Place::new();
    let out = place.host.path("out");
    fs::create_dir(&out).unwrap();
    place.faults.on("GET", "/blobs/", Always, stall_after(10));
    let mut process = start(&place, &["pull", &place.reference(), "--to", to]);
    wait_until(|| place.gets().iter().sum::<usize>() >= 4);
    let id = process.child().id().to_string();
    run(place.host.command("sh").args(["-c", &format!("kill -{signal} {id}")])).ok();
    let status = process.child().wait().unwrap();
    assert_eq!(status.code(), Some(1));
    place.is_tidy();
    // A layout is one from its beginning, and has whole blobs.
    let left = below(&out).into_iter().filter(|path| path.is_file() && !path.ends_with("oci-layout"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
