//! Inputs that are made to break their reader: refused with an error that names the limit or rule, in bounded time and
//! memory, with nothing left behind.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use rstest::rstest;
use tar::{Builder, EntryType, Header};

use super::{Run, run};

/// Address space that a run may use, in KiB: what is kept of an input at most, several times over.
const MEMORY: u32 = 512 * 1024;
const TIME: Duration = Duration::from_secs(20);

type Archive = Builder<GzEncoder<File>>;

#[rstest]
#[case::no_such_path("no_such_path", |_: &Path| ())]
#[case::empty_directory("empty_directory", |source: &Path| fs::create_dir(source).unwrap())]
#[case::huge_file("huge_file", |source: &Path| {
    let file = File::create(bundle(source).join("manifests/huge.yaml")).unwrap();
    file.set_len(200 << 20).unwrap();
})]
#[case::link_out_of_the_directory("link_out_of_the_directory", |source: &Path| {
    symlink("../../secret.yaml", bundle(source).join("manifests/link.yaml")).unwrap();
})]
#[case::control_characters_in_a_name("control_characters_in_a_name", |source: &Path| {
    fs::write(bundle(source).join("manifests/a\u{1b}[2Jb\n.yaml"), "").unwrap();
})]
#[case::not_utf8("not_utf8", |source: &Path| {
    fs::write(bundle(source).join("manifests/latin1.yaml"), b"a: gr\xfc\xdfe\n").unwrap();
})]
#[case::deeply_nested("deeply_nested", |source: &Path| {
    fs::write(bundle(source).join("manifests/deep.yaml"), "[".repeat(1_000_000)).unwrap();
})]
#[case::aliases_of_aliases("aliases_of_aliases", |source: &Path| {
    fs::write(bundle(source).join("manifests/laughs.yaml"), laughs()).unwrap();
})]
#[case::one_hundred_thousand_files("one_hundred_thousand_files", |source: &Path| archive(source, |archive| {
    for number in 0..100_000 {
        add(archive, EntryType::Regular, &format!("manifests/{number}.yaml"), b"");
    }
}))]
#[case::name_above_the_root("name_above_the_root", |source: &Path| archive(source, |archive| {
    add(archive, EntryType::Regular, "../x", b"");
}))]
#[case::link_out_of_the_archive("link_out_of_the_archive", |source: &Path| archive(source, |archive| {
    add_link(archive, EntryType::Symlink, "manifests/passwd.yaml", "/../etc/passwd");
}))]
#[case::hard_link_out_of_the_archive("hard_link_out_of_the_archive", |source: &Path| archive(source, |archive| {
    add_link(archive, EntryType::Link, "manifests/passwd.yaml", "../etc/passwd");
}))]
#[case::device("device", |source: &Path| archive(source, |archive| {
    add(archive, EntryType::Block, "manifests/disk", b"");
}))]
#[case::gzip_bomb("gzip_bomb", |source: &Path| archive(source, |archive| {
    add(archive, EntryType::Regular, "elsewhere/zeros", &vec![0; 64 << 20]);
}))]
#[case::truncated_gzip("truncated_gzip", |source: &Path| {
    archive(source, |archive| add(archive, EntryType::Regular, "manifests/a.yaml", &noise()));
    let file = File::options().write(true).open(source).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
})]
#[case::no_archive("no_archive", |source: &Path| fs::write(source, "apiVersion: v1\nkind: Service\n").unwrap())]
fn refused(#[case] name: &str, #[case] make: fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let temporary = directory.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    fs::write(directory.path().join("secret.yaml"), "a: secret\n").unwrap();
    make(&directory.path().join("source"));

    let start = Instant::now();
    let limited = format!("ulimit -v {MEMORY}; exec \"$0\" render source");
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_rukpakctl")]).current_dir(directory.path());
    let Run { code, stdout, stderr } = run(command.env("TMPDIR", &temporary).timeout(TIME));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "after {:?}: {stderr}", start.elapsed());
    // How small something is compressed is not ours to say.
    insta::with_settings!({ filters => [(r"\b\d+ (bytes|KiB)\b", "[N] bytes")] }, { assert_snapshot!(name, stderr) });
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "something was left in TMPDIR");
}

/// A bundle with nothing wrong, to put something into.
fn bundle(directory: &Path) -> &Path {
    for (name, content) in [("metadata/annotations.yaml", ANNOTATIONS), ("manifests/csv.yaml", CSV)] {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

const ANNOTATIONS: &str = "\
annotations:
  operators.operatorframework.io.bundle.mediatype.v1: registry+v1
  operators.operatorframework.io.bundle.package.v1: gadget
";

const CSV: &str = "\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: gadget.v1.0.0
spec:
  displayName: Gadget
  version: 1.0.0
  installModes:
    - type: AllNamespaces
      supported: true
  install:
    strategy: deployment
    spec:
      deployments: []
";

/// A gzipped tar archive.
fn archive(path: &Path, fill: impl FnOnce(&mut Archive)) {
    let mut archive = Builder::new(GzEncoder::new(File::create(path).unwrap(), Compression::best()));
    fill(&mut archive);
    archive.into_inner().unwrap().finish().unwrap().flush().unwrap();
}

fn add(archive: &mut Archive, kind: EntryType, name: &str, content: &[u8]) {
    archive.append(&header(kind, name, content.len()), content).unwrap();
}

fn add_link(archive: &mut Archive, kind: EntryType, name: &str, target: &str) {
    let mut header = header(kind, name, 0);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    archive.append(&header, &[][..]).unwrap();
}

/// A header as no careful writer makes it: with any name.
fn header(kind: EntryType, name: &str, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size as u64);
    header.set_cksum();
    header
}

/// Ten levels of ten aliases each.
fn laughs() -> String {
    let level = |level: u32| {
        let aliases = vec![format!("*l{}", level - 1); 10].join(", ");
        format!("l{level}: &l{level} [{aliases}]\n")
    };
    ["l0: &l0 [ha]\n".to_owned()].into_iter().chain((1..10).map(level)).collect()
}

/// A megabyte that does not compress.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(1 << 20).collect()
}
