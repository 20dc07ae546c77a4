//! Images in layouts and archives, which are made and read without a registry.

use rstest::rstest;
use tempfile::TempDir;

use super::{Run, root, rukpakctl, run};

/// Runs the program in a directory, where `hello` is a bundle.
fn run_in(directory: &TempDir, args: &[&str]) -> Run {
    let hello = directory.path().join("hello");
    if !hello.exists() {
        std::os::unix::fs::symlink(root().join("examples/bundles/hello-operator"), hello).unwrap();
    }
    run(rukpakctl(args.iter().copied()).current_dir(directory.path()))
}

#[rstest]
#[case::layout("oci:image", "image", "oci:DIR or oci-archive:FILE")]
#[case::archive("oci-archive:image.tar", "image.tar", "oci:DIR or oci-archive:FILE")]
#[case::docker_archive("docker-archive:image.tar", "image.tar", "docker-archive:FILE")]
fn an_image_without_its_transport_is_told_how_it_is_read(
    #[case] target: &str,
    #[case] path: &str,
    #[case] forms: &str,
) {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run_in(&directory, &["pull", "-q", "hello", "--to", target]).code, Some(0));
    let hint = format!("this looks like a container image saved to disk, which rukpakctl reads as {forms}\n");
    for args in [["render", path].as_slice(), &["pull", path, "--to", "out"]] {
        let Run { code, stdout, stderr } = run_in(&directory, args);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.ends_with(&hint), "{stderr}");
    }
    assert_eq!(run_in(&directory, &["render", "-q", target]).code, Some(0));
}
