//! Disks that are not there, are full, or cannot be written to: the result is right without a cache.

use std::fs;
use std::path::Path;

use e2e::process::{Run, run};
use e2e::programs;
use rstest::rstest;

use super::{Place, assert_right, assert_says, assert_warns};

#[rstest]
#[case::no_directory_can_be_made("no_directory_can_be_made", "/proc/none")]
#[case::a_file("cache_is_a_file", "file")]
#[case::below_a_file("cache_below_a_file", "file/below")]
fn a_cache_that_cannot_be_made_is_warned_of(#[case] name: &str, #[case] cache: &str) {
    let place = Place::new();
    fs::write(place.host.path("file"), "").unwrap();
    let cache = place.host.path("").join(cache);
    for to in ["first", "second"] {
        let mut command = place.host.rukpakctl(["unpack", &place.reference(), "--to", to]);
        let Run { code, stderr, .. } = run(command.env("XDG_CACHE_HOME", &cache));
        assert_eq!(code, Some(0), "{stderr}");
        assert_right(&place.host.path(to));
        assert_warns(name, &stderr);
    }
    assert_eq!(place.gets(), [2; 6]);
    place.is_tidy();
}

/// No home, no cache, no complaint.
#[test]
fn nobody_needs_a_cache() {
    let place = Place::new();
    let mut command = place.host.rukpakctl(["unpack", &place.reference(), "--to", "out"]);
    let Run { code, stderr, .. } = run(command.env_remove("XDG_CACHE_HOME").env_remove("HOME"));
    assert_eq!((code, stderr.contains("warning")), (Some(0), false), "{stderr}");
    assert_right(&place.host.path("out"));
}

/// Runs a script with a file system of its own at `$DISK`; `None` where that cannot be had.
fn with_disk(place: &Place, options: &str, script: &str) -> Option<Run> {
    let unshare = programs::installed("unshare")?;
    let disk = place.host.path("disk");
    fs::create_dir_all(&disk).unwrap();
    let command = |script: &str| {
        let mut command = place.host.command(&unshare);
        let mount = format!("mount -t tmpfs -o {options} e2e \"$DISK\" || exit 99\n{script}");
        command.args(["--mount", "sh", "-c", &mount]).env("DISK", &disk);
        command.env("RUKPAKCTL", programs::rukpakctl()).env("REFERENCE", place.reference());
        command
    };
    if run(&mut command("exit 0")).code != Some(0) {
        programs::skipped("file systems cannot be mounted here");
        return None;
    }
    Some(run(&mut command(script)))
}

/// The cache is full; the bundle is not.
#[test]
fn a_full_cache_is_warned_of() {
    let place = Place::new();
    let script = "XDG_CACHE_HOME=\"$DISK\" \"$RUKPAKCTL\" unpack -q=false \"$REFERENCE\" --to out\n\
                  code=$?; find \"$DISK\" -type f; exit $code";
    let Some(Run { code, stdout, stderr }) = with_disk(&place, "size=4k", script) else { return };
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    assert_right(&place.host.path("out"));
    assert_warns("full_cache", &stderr);
}

/// What is there is read; what is not cannot be kept.
#[test]
fn a_cache_that_cannot_be_written_to_is_warned_of() {
    let place = Place::new();
    let script = "export XDG_CACHE_HOME=\"$DISK\"\n\
                  [ -z \"$FILLED\" ] || \"$RUKPAKCTL\" unpack -q \"$REFERENCE\" --to zeroth || exit 98\n\
                  mount -o remount,ro \"$DISK\" || exit 97\n\
                  exec \"$RUKPAKCTL\" unpack \"$REFERENCE\" --to out";
    let Some(Run { code, stderr, .. }) = with_disk(&place, "size=4m", script) else { return };
    assert_eq!(code, Some(0), "{stderr}");
    assert_right(&place.host.path("out"));
    assert_warns("read_only_cache", &stderr);

    let place = Place::new();
    let script = format!("FILLED=1\n{script}");
    let Some(Run { code, stderr, .. }) = with_disk(&place, "size=4m", &script) else { return };
    assert_eq!((code, stderr.contains("warning")), (Some(0), false), "{stderr}");
    assert_right(&place.host.path("out"));
    assert_eq!(place.gets(), [1; 6]);
}

/// A directory is written whole or not at all.
#[rstest]
#[case::unpack("unpack", "$DISK/out")]
#[case::oci_archive("pull", "oci-archive:$DISK/out")]
#[case::docker_archive("pull", "docker-archive:$DISK/out:example.com/a:v1")]
fn a_full_disk_is_an_error_and_nothing_stays(#[case] command: &str, #[case] target: &str) {
    let place = Place::new();
    let script = format!(
        "\"$RUKPAKCTL\" {command} -q \"$REFERENCE\" --to \"{target}\"\n\
         code=$?; find \"$DISK\" -mindepth 1; exit $code"
    );
    let Some(Run { code, stdout, stderr }) = with_disk(&place, "size=16k", &script) else { return };
    assert_eq!(code, Some(1), "{stderr}");
    assert_eq!(stdout, "", "something was left");
    assert_says(
        &format!("full_disk_{}", target.split(':').next().unwrap().replace("$DISK/out", "directory")),
        &stderr,
    );
    place.is_tidy();
    // The fetch itself was not in vain.
    if command == "unpack" {
        place.unpack("out");
        assert_eq!(place.gets(), [1; 6]);
    }
}

/// A layout is there before the first image is in it, and when none came.
#[test]
fn a_full_disk_leaves_an_empty_layout() {
    let place = Place::new();
    let script = "\"$RUKPAKCTL\" pull -q \"$REFERENCE\" --to \"oci:$DISK/out:v1\" && exit 98\n\
                  (cd \"$DISK\" && find out -type f)\n\
                  mount -o remount,size=4m \"$DISK\" || exit 97\n\
                  \"$RUKPAKCTL\" pull -q \"$REFERENCE\" --to \"oci:$DISK/out:v1\" || exit 96\n\
                  exec \"$RUKPAKCTL\" unpack -q \"oci:$DISK/out:v1\" --to out";
    let Some(Run { code, stdout, stderr }) = with_disk(&place, "size=64k", script) else { return };
    assert_eq!((code, stdout.as_str()), (Some(0), "out/oci-layout\n"), "{stderr}");
    assert_says("full_disk_oci", &stderr);
    assert_right(&place.host.path("out"));
    place.is_tidy();
}

/// Nothing is there that is not wanted.
#[test]
fn temporary_files_are_not_needed() {
    let place = Place::new();
    let mut command = place.host.rukpakctl(["unpack", "-q", &place.reference(), "--to", "out"]);
    run(command.env("TMPDIR", "/proc/none")).ok();
    assert_right(&place.host.path("out"));
    assert_eq!(place.host.leftovers(), Vec::<&Path>::new());
}
