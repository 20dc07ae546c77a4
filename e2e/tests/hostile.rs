//! Layers that are made to break their reader, from a registry: refused in bounded time and memory, with an error that
//! names the limit or rule, and nothing left behind; or accepted, and harmless. Then manifests that are made to take memory.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "hostile/memory.rs"]
mod memory;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use e2e::faults::Times::Always;
use e2e::faults::{Fault, Faults, instead, late, slowly, stall_after};
use e2e::image::{Image, OCI_GZIP, Part, Tar, gzip, layer, zstd_with_window};
use e2e::noise::noise;
use e2e::process::{Host, Run, VARIES, below, files};
use e2e::server::{Length, Response, Step};
use e2e::usage::{Usage, Worst};
use rstest::rstest;

/// MiB of address space that a run may use, so that one that gets it wrong does not take the host down with it.
const MEMORY: u32 = 512;

/// What a run may take.
const MOST: Usage = Usage { resident: 100_000_000, cpu: Duration::from_secs(5) };

/// How long it may take on the clock of a busy host.
const TIME: Duration = Duration::from_mins(1);

/// How long, where a server stalls: 40 s on an idle host, since a stall of 20 s is made up for once.
const STALL: Duration = Duration::from_secs(90);

/// What any of the runs took.
static WORST: Worst = Worst::new();

/// An image in a registry, and someone who wants it.
struct Place {
    host: Host,
    faults: Faults,
}

impl Place {
    fn of(image: &Image) -> Self {
        let host = Host::new();
        // What a link or a name could lead to.
        let _ = host.write("secret.yaml", "a: secret\n");
        let _ = host.write("out-of-the-way/secret.yaml", "a: secret\n");
        Self { host, faults: Faults::serving(image) }
    }

    fn unpack(&self) -> Run {
        self.unpack_within(TIME, thread::current().name().unwrap_or_default())
    }

    fn unpack_within(&self, time: Duration, name: &str) -> Run {
        let start = Instant::now();
        let reference = self.faults.image("bundle:v1");
        let (run, usage) = self.host.run_measured(MEMORY, ["unpack", "-q", &reference, "--to", "out"]);
        WORST.count(name, usage);
        let most = MOST.resident + unoptimized(&self.host);
        assert!(usage.resident <= most && usage.cpu <= MOST.cpu, "{usage}: {}", run.stderr);
        assert!(start.elapsed() < time, "after {:?}: {}", start.elapsed(), run.stderr);
        run
    }

    /// Nothing was written but what was there and, if it is there, the directory.
    fn is_untouched(&self) {
        assert_eq!(self.host.leftovers(), Vec::<&Path>::new());
        let work = files(&self.host.path(""));
        let outside = work.into_iter().filter(|(path, _)| !path.starts_with("out/"));
        let secret = b"a: secret\n".to_vec();
        let expected =
            ["out-of-the-way/secret.yaml", "secret.yaml"].map(|path| (path.to_owned(), secret.clone()));
        assert_eq!(outside.collect::<Vec<_>>(), expected);
    }

    fn refuses(&self, name: &str) {
        assert_says(name, &self.unpack().refused());
        assert!(!self.host.path("out").exists());
        assert_eq!(below(&self.host.cache().join("entries")), Vec::<&Path>::new());
        self.is_untouched();
    }

    /// The files that are written.
    fn accepts(&self) -> Vec<(String, String)> {
        self.unpack().ok();
        self.is_untouched();
        let text = |(path, content)| (path, String::from_utf8(content).unwrap());
        files(&self.host.path("out")).into_iter().map(text).collect()
    }
}

/// How much more a build for tests takes than a release does, before it has done anything.
fn unoptimized(host: &Host) -> u64 {
    const RELEASE: u64 = 6_000_000;
    let (_, usage) = host.run_measured(MEMORY, ["--version"]);
    usage.resident.saturating_sub(RELEASE)
}

/// What is said, ports, digests and sizes aside.
fn assert_says(name: &str, text: &str) {
    let sizes = [
        (r"\b[0-9.]+ (bytes|[KM]iB) of (gzip|zstd) became [0-9.]+ [KM]iB", "[N] of $2 became [M]"),
        (r"after \d+ bytes", "after [N] bytes"),
    ];
    let filters = VARIES.into_iter().chain(sizes);
    insta::with_settings!({ filters => filters }, { insta::assert_snapshot!(name, text) });
}

fn one(path: &str, content: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), content.to_owned())]
}

/// A file that is fine.
fn good() -> Tar {
    Tar::new().file("manifests/a.yaml", "a")
}

#[rstest]
#[case::parent("parent", &[Tar::new().file("../secret.yaml", "x")])]
#[case::parent_inside("parent_inside", &[Tar::new().file("manifests/../../secret.yaml", "x")])]
#[case::parent_elsewhere("parent_elsewhere", &[Tar::new().file("elsewhere/../x", "x")])]
#[case::parent_in_an_upper_layer("parent_in_an_upper_layer", &[good(), Tar::new().file("../x", "x")])]
#[case::whiteout_above_the_root("whiteout_above_the_root", &[good(), Tar::new().file("manifests/.wh...", "")])]
#[case::symlink_out("symlink_out", &[Tar::new().symlink("manifests/x.yaml", "../../secret.yaml")])]
#[case::symlink_to_the_host("symlink_to_the_host", &[Tar::new().symlink("manifests/x.yaml", "/etc/passwd")])]
#[case::symlink_loop("symlink_loop", &[
    Tar::new().symlink("manifests/a.yaml", "b.yaml").symlink("manifests/b.yaml", "a.yaml")
])]
#[case::symlink_to_a_directory("symlink_to_a_directory", &[Tar::new().symlink("manifests/x", "../metadata").file("metadata/a", "")])]
#[case::hard_link_out("hard_link_out", &[Tar::new().hard_link("manifests/x.yaml", "../secret.yaml")])]
#[case::hard_link_to_the_host("hard_link_to_the_host", &[Tar::new().hard_link("manifests/x.yaml", "/etc/passwd")])]
#[case::written_through_a_symlink("written_through_a_symlink", &[
    Tar::new().symlink("manifests/x", "../../out-of-the-way").file("manifests/x/secret.yaml", "x")
])]
#[case::device("device", &[Tar::new().entry("manifests/disk", b'4', b"")])]
#[case::character_device("character_device", &[Tar::new().entry("manifests/null", b'3', b"")])]
#[case::fifo("fifo", &[Tar::new().entry("manifests/fifo", b'6', b"")])]
#[case::unknown_kind("unknown_kind", &[Tar::new().entry("manifests/x", b'Z', b"")])]
#[case::not_utf8("not_utf8", &[Tar::new().file(b"manifests/gr\xfc\xdfe.yaml", "x")])]
#[case::control_characters("control_characters", &[Tar::new().file("manifests/a\u{1b}[2J\n.yaml", "x")])]
#[case::file_in_place_of_a_directory("file_in_place_of_a_directory", &[
    Tar::new().file("manifests/a/b.yaml", "x").file("manifests/a", "x")
])]
#[case::long_name_with_parents("long_name_with_parents", &[
    Tar::new().long_name(&[&b"manifests/"[..], &b"x/".repeat(60), b"../../x"].concat()).file("short", "x")
])]
#[case::long_name_of_megabytes("long_name_of_megabytes", &[
    Tar::new().long_name(&vec![b'x'; 2 << 20]).file("manifests/a.yaml", "x")
])]
#[case::long_name_that_is_said_to_be_huge("long_name_that_is_said_to_be_huge", &[
    Tar::new().header("././@LongLink", b'L', 1 << 40, |_| {}).data(b"manifests/a.yaml\0")
])]
#[case::long_component("long_component", &[
    Tar::new().long_name(&[&b"manifests/"[..], &[b'x'; 300]].concat()).file("short", "x")
])]
#[case::deep_name("deep_name", &[
    Tar::new().long_name(&[&b"manifests/"[..], &b"x/".repeat(100), b"a"].concat()).file("short", "x")
])]
#[case::pax_name_with_parents("pax_name_with_parents", &[
    Tar::new().pax(&[("path", b"manifests/../../x")]).file("manifests/a.yaml", "x")
])]
#[case::pax_link_out("pax_link_out", &[
    Tar::new().pax(&[("linkpath", b"../../secret.yaml")]).symlink("manifests/a.yaml", "b.yaml")
])]
#[case::pax_size_that_is_huge("pax_size_that_is_huge", &[
    Tar::new().pax(&[("size", b"9223372036854775807")]).file("manifests/a.yaml", "x")
])]
#[case::pax_records_of_megabytes("pax_records_of_megabytes", &[
    Tar::new().pax(&[("comment", &vec![b'x'; 2 << 20])]).file("manifests/a.yaml", "x")
])]
#[case::size_beyond_the_archive("size_beyond_the_archive", &[
    Tar::new().header("manifests/a.yaml", b'0', 10 << 20, |_| {}).data(b"short")
])]
#[case::size_of_exabytes("size_of_exabytes", &[
    Tar::new().header("manifests/a.yaml", b'0', u64::MAX >> 1, |_| {}).data(b"short")
])]
#[case::file_of_20_mebibytes("file_of_20_mebibytes", &[Tar::new().file("manifests/a.yaml", vec![b'\n'; 20 << 20])])]
#[case::sparse_file_of_a_tebibyte("sparse_file_of_a_tebibyte", &[sparse(1 << 40)])]
#[case::wrong_checksum("wrong_checksum", &[Tar::new().raw(&[b'x'; 512])])]
fn layers_that_are_refused(#[case] name: &str, #[case] layers: &[Tar]) {
    Place::of(&Image::new(&layers.iter().map(layer).collect::<Vec<_>>())).refuses(name);
}

/// A sparse file of GNU tar: one byte, and a hole of so many.
fn sparse(size: u64) -> Tar {
    Tar::new()
        .header("manifests/a.yaml", b'S', 512, |header| {
            let gnu = header.as_gnu_mut().unwrap();
            gnu.sparse[0].set_offset(0);
            gnu.sparse[0].set_length(512);
            // Where the hole ends.
            gnu.sparse[1].set_offset(size);
            gnu.sparse[1].set_length(0);
            gnu.set_real_size(size);
        })
        .data(&[b'x'; 512])
}

#[rstest]
#[case::no_archive("no_archive", b"apiVersion: v1\n".repeat(100))]
#[case::gzip_of_no_archive("gzip_of_no_archive", gzip(&b"apiVersion: v1\n".repeat(100)))]
#[case::gzip_in_gzip("gzip_in_gzip", gzip(&gzip(&good().finish())))]
#[case::gzip_bomb("gzip_bomb", gzip(&Tar::new().file("elsewhere/zeros", vec![0; 300 << 20]).finish()))]
#[case::gzip_bomb_of_spaces("gzip_bomb_of_spaces", gzip(&Tar::new().file("manifests/a", vec![b' '; 15 << 20]).finish()))]
#[case::zstd_bomb("zstd_bomb", zstd_with_window(&Tar::new().file("elsewhere/zeros", vec![0; 300 << 20]).finish(), 20))]
#[case::zstd_window_of_a_gibibyte("zstd_window_of_a_gibibyte", zstd_with_window_header(&good().finish()))]
#[case::junk_behind_gzip("junk_behind_gzip", [gzip(&good().finish()), b"junk".to_vec()].concat())]
fn bytes_that_are_refused(#[case] name: &str, #[case] bytes: Vec<u8>) {
    Place::of(&Image::new(&[Part::new(OCI_GZIP, bytes)])).refuses(name);
}

/// A layer without a byte changes nothing, and is no bundle.
#[rstest]
#[case::plain(vec![])]
#[case::gzip(gzip(&[]))]
fn nothing_is_a_layer_and_no_bundle(#[case] bytes: Vec<u8>) {
    let nothing = Part::new(OCI_GZIP, bytes);
    assert_says("nothing", &Place::of(&Image::new(std::slice::from_ref(&nothing))).unpack().refused());
    let beside = Place::of(&Image::new(&[nothing, layer(&good())]));
    assert_eq!(beside.accepts(), one("manifests/a.yaml", "a"));
}

/// A frame that asks its reader for a window of a gibibyte, and has a hundred bytes (RFC 8878, section 3.1.1.1).
fn zstd_with_window_header(content: &[u8]) -> Vec<u8> {
    // No single segment, no checksum, no size: the window's descriptor follows, 2^(10+20).
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 20 << 3];
    let block = u32::try_from(content.len()).unwrap() << 3 | 1;
    frame.extend_from_slice(&block.to_le_bytes()[..3]);
    frame.extend_from_slice(content);
    frame
}

/// Ten million entries, made as they are sent: a member of gzip, again and again.
#[rstest]
#[case::elsewhere("ten_million_entries_elsewhere", "elsewhere")]
#[case::kept("ten_million_entries", "manifests")]
fn ten_million_entries(#[case] name: &str, #[case] folder: &str) {
    const ENTRIES: usize = 100_000;
    let mut tar = Tar::new();
    for number in 0..ENTRIES {
        tar = tar.file(format!("{folder}/{number}"), "");
    }
    let member = gzip(&tar.unfinished());
    let times = 100;
    let size = member.len() as u64 * times;
    let layer = Part::new(OCI_GZIP, *b"some digest").said_to_have(size);
    let place = Place::of(&Image::new(std::slice::from_ref(&layer)));
    let answer = Response::new(200, []);
    let answer = answer.sent(Length::Bytes(size), vec![Step::Repeat(member.into(), times)]);
    place.faults.on("GET", layer.digest, Always, instead(answer));
    place.refuses(name);
}

/// Many layers, each of which is small and in all of which there is too much.
#[test]
fn limits_hold_for_all_layers_together() {
    let layers = (0..100_u8).map(|number| {
        let name = format!("manifests/{number}");
        layer(&Tar::new().file(name, noise(1 << 20, number.into())))
    });
    Place::of(&Image::new(&layers.collect::<Vec<_>>())).refuses("limits_of_all_layers");
}

/// With the patience that everybody has; all at once, since each takes it twice.
#[test]
fn a_stall_is_refused_in_time() {
    let stalls: [(&str, &str, Fault); 6] = [
        ("a blob", "/blobs/", stall_after(1000)),
        ("a blob without a byte", "/blobs/", stall_after(0)),
        ("a blob without a head", "/blobs/", late(STALL)),
        ("a manifest", "/manifests/sha256:", stall_after(10)),
        ("a ping", "/v2/", late(STALL)),
        ("a trickle", "/blobs/", slowly(1, Duration::from_secs(1))),
    ];
    thread::scope(|scope| {
        for (what, path, fault) in stalls {
            scope.spawn(move || {
                let place = Place::of(&Image::new(&[layer(&good().file("elsewhere/noise", noise(9000, 1)))]));
                place.faults.on("GET", path, Always, fault);
                let text = place.unpack_within(STALL, &format!("a stall of {what}")).refused();
                assert!(text.contains("20 s"), "{text}");
                place.is_untouched();
            });
        }
    });
}

/// What is not kept may be anything that has a name.
#[test]
fn what_is_not_kept_is_skipped() {
    let tar = good()
        .entry("elsewhere/disk", b'4', b"")
        .entry("elsewhere/fifo", b'6', b"")
        .symlink("elsewhere/link", "/etc/passwd")
        .hard_link("elsewhere/hard", "/etc/passwd")
        .file(b"elsewhere/gr\xfc\xdfe", "x")
        .file("elsewhere/a\u{1b}[2J\n", "x")
        .file("etc/passwd", "root::0:0::/:/bin/sh\n");
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), one("manifests/a.yaml", "a"));
}

/// A leading `/` is none.
#[test]
fn absolute_names_are_relative() {
    let tar = Tar::new().file("/manifests/a.yaml", "a").file("/etc/passwd", "x");
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), one("manifests/a.yaml", "a"));
}

/// Nothing of a mode or an owner is taken over.
#[test]
fn modes_and_owners_are_ignored() {
    let tar = Tar::new()
        .header("manifests/a.yaml", b'0', 1, |header| {
            header.set_mode(0o7777);
            header.set_uid(4321);
            header.set_gid(4321);
        })
        .data(b"a")
        .header("manifests/d/", b'5', 0, |header| header.set_mode(0o1000));
    let place = Place::of(&Image::new(&[layer(&tar.file("manifests/d/b.yaml", "b"))]));
    assert_eq!(place.accepts().len(), 2);
    let metadata = fs::metadata(place.host.path("out/manifests/a.yaml")).unwrap();
    assert_eq!(metadata.mode() & 0o7111, 0, "{:o}", metadata.mode());
    assert_ne!(metadata.uid(), 4321);
    let directory = fs::metadata(place.host.path("out/manifests/d")).unwrap();
    assert_eq!(directory.mode() & 0o7700, 0o700, "{:o}", directory.mode());
}

/// On Linux these are two files.
#[test]
fn names_that_differ_in_case_are_two() {
    let tar = Tar::new().file("manifests/A.yaml", "A").file("manifests/a.yaml", "a");
    let expected = [one("manifests/A.yaml", "A"), one("manifests/a.yaml", "a")].concat();
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), expected);
}

/// A link in a lower layer is replaced by the directory that an upper one has there, and not followed.
#[test]
fn nothing_is_written_through_a_link_of_a_lower_layer() {
    let lower = good().symlink("manifests/x", "../../out-of-the-way");
    let upper = Tar::new().file("manifests/x/secret.yaml", "x");
    let expected = [one("manifests/a.yaml", "a"), one("manifests/x/secret.yaml", "x")].concat();
    assert_eq!(Place::of(&Image::new(&[layer(&lower), layer(&upper)])).accepts(), expected);
}

/// The folder itself is a link.
#[test]
fn a_kept_folder_that_is_a_link() {
    let lower = Tar::new().symlink("manifests", "/etc");
    let upper = Tar::new().file("manifests/a.yaml", "a");
    let place = Place::of(&Image::new(&[layer(&lower), layer(&upper)]));
    assert_eq!(place.accepts(), one("manifests/a.yaml", "a"));
}

/// A link within the tree is the file that it leads to.
#[test]
fn a_link_within_the_tree_is_followed() {
    let tar = good().symlink("manifests/b.yaml", "../metadata/c.yaml").file("metadata/c.yaml", "c");
    let expected =
        [one("manifests/a.yaml", "a"), one("manifests/b.yaml", "c"), one("metadata/c.yaml", "c")].concat();
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), expected);
}

/// The later of two entries of one name counts.
#[test]
fn a_name_twice() {
    let tar = good().file("manifests/a.yaml", "b").file("./manifests//a.yaml", "c");
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), one("manifests/a.yaml", "c"));
}

/// A sparse file has its holes.
#[test]
fn a_sparse_file_of_a_mebibyte() {
    let files = Place::of(&Image::new(&[layer(&sparse(1 << 20))])).accepts();
    assert_eq!((files.len(), files[0].1.len()), (1, 1 << 20));
    assert_eq!(files[0].1.trim_end_matches('\0'), "x".repeat(512));
}

/// A name of PAX counts more than that of the header.
#[test]
fn a_name_of_pax() {
    let tar = Tar::new().pax(&[("path", b"manifests/a.yaml")]).file("elsewhere/x", "a");
    assert_eq!(Place::of(&Image::new(&[layer(&tar)])).accepts(), one("manifests/a.yaml", "a"));
}

/// What a server says does not move the cursor of who reads it.
#[test]
fn control_characters_of_a_server_do_not_reach_the_terminal() {
    let place = Place::of(&Image::new(&[layer(&good())]));
    let answer = e2e::faults::error(400, "X\u{7}", "\u{1b}[2J\u{9b}31m\u{202e}evil");
    place.faults.on("GET", "/blobs/", Always, instead(answer));
    let text = place.unpack().refused();
    let is_harmless = |letter: char| letter == '\n' || !(letter.is_control() || letter == '\u{202e}');
    assert!(text.chars().all(is_harmless), "{text:?}");
}

/// A mapping of one key takes the most memory for what it says.
#[rstest]
#[case::objects("kind: a\n---\n", 1_500, "more than 10000 objects")]
#[case::documents("kind: a\n---\n", 140_000, "there are too many values")]
#[case::items("- {a: }\n", 140_000, "there are too many values")]
#[case::anchors("- &a {a: }\n", 140_000, "there are too many values")]
#[case::keys("- a\n", 140_000, "there are too many values")]
fn manifests_of_many_values_are_bounded(#[case] value: &str, #[case] times: usize, #[case] limit: &str) {
    let host = Host::new();
    for file in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let _ = host.write(&format!("bundle/manifests/{file}.yaml"), value.repeat(times));
    }
    let (run, usage) = host.run_measured(MEMORY, ["validate", "bundle"]);
    WORST.count(thread::current().name().unwrap_or_default(), usage);
    assert!(run.code == Some(1) && run.stdout.contains(limit), "{}{}", run.stdout, run.stderr);
    let most = MOST.resident + unoptimized(&host);
    assert!(usage.resident <= most && usage.cpu <= MOST.cpu, "{usage}");
}
