//! Images in layouts and archives, which are made and read without a registry.

use std::fs;
use std::path::Path;

use rstest::rstest;
use rukpak_oci::Digest;
use serde_json::{Value, json};
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

/// Makes of the image in a layout the first of an index of two.
fn with_index(directory: &TempDir, layout: &str, platforms: [&str; 2]) {
    let layout = directory.path().join(layout);
    let mut index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let image = index["manifests"][0].clone();
    let manifests = platforms.map(|platform| {
        let (os, architecture) = platform.split_once('/').unwrap();
        let mut image = image.clone();
        image["platform"] = json!({ "os": os, "architecture": architecture });
        image
    });
    let media_type = "application/vnd.oci.image.index.v1+json";
    let inner = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests }).to_string();
    let digest = Digest::sha256(inner.as_bytes());
    fs::write(layout.join("blobs/sha256").join(digest.hex()), &inner).unwrap();
    index["manifests"] =
        json!([{ "mediaType": media_type, "digest": digest.to_string(), "size": inner.len() }]);
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

/// An index is not copied but for one image.
#[rstest]
#[case::pull(&["pull", "oci:image", "--to", "oci:out"], Some(0))]
#[case::push(&["push", "oci:image", "127.0.0.1:1/hello:v1"], Some(1))]
fn of_an_index_it_is_told_which_image_is_taken(#[case] args: &[&str], #[case] code: Option<i32>) {
    let directory = tempfile::tempdir().unwrap();
    run_in(&directory, &["pull", "-q", "hello", "--to", "oci:image"]);
    with_index(&directory, "image", ["linux/amd64", "plan9/mips"]);
    let Run { code: got, stderr, .. } = run_in(&directory, args);
    let told = "of an index of 2 images the one for linux/amd64\n";
    assert!(got == code && stderr.starts_with(told), "{stderr}");
    let Run { stderr, .. } = run_in(&directory, &[args, &["-q"]].concat());
    assert!(!stderr.contains("index"), "{stderr}");
}

/// Makes of the image in a layout one whose configuration is that of something else.
fn with_configuration(directory: &TempDir, layout: &str, media_type: &str, config: &str) {
    let layout = directory.path().join(layout);
    let blob = |digest: &str| layout.join("blobs").join(digest.replace(':', "/"));
    let read = |path: &Path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let describe = |media_type: &str, content: &str| {
        let digest = Digest::sha256(content.as_bytes()).to_string();
        fs::write(blob(&digest), content).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
    };
    let mut index = read(&layout.join("index.json"));
    let mut manifest = read(&blob(index["manifests"][0]["digest"].as_str().unwrap()));
    manifest["config"] = describe(media_type, config);
    let media_type = manifest["mediaType"].as_str().unwrap().to_owned();
    index["manifests"] = json!([describe(&media_type, &manifest.to_string())]);
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

/// Not the target: the source is no image but something that is stored as one.
#[rstest]
#[case::helm("application/vnd.cncf.helm.config.v1+json", r#"{"name":"x"}"#)]
#[case::text("text/plain", "x")]
fn an_artifact_does_not_fit_a_docker_archive(#[case] media_type: &str, #[case] config: &str) {
    let directory = tempfile::tempdir().unwrap();
    run_in(&directory, &["pull", "-q", "hello", "--to", "oci:artifact"]);
    with_configuration(&directory, "artifact", media_type, config);
    let pull = |target| run_in(&directory, &["pull", "-q", "oci:artifact", "--to", target]);
    let Run { code, stderr, .. } = pull("docker-archive:x.tar");
    let told = format!(
        "has a configuration of media type \"{media_type}\" that does not say what its layers hash to"
    );
    assert!(code == Some(1) && stderr.starts_with("error: oci:artifact: sha256:"), "{stderr}");
    assert!(stderr.contains(&told) && stderr.contains("oci:DIR") && !stderr.contains("x.tar"), "{stderr}");
    assert_eq!(pull("oci:copy").code, Some(0));
}

#[test]
fn a_layout_does_not_replace_an_archive() {
    let directory = tempfile::tempdir().unwrap();
    run_in(&directory, &["pull", "-q", "hello", "--to", "oci-archive:image.tar"]);
    let Run { code, stderr, .. } = run_in(&directory, &["pull", "hello", "--to", "oci:image.tar:v1"]);
    let told =
        "error: expected a directory, image.tar is a file; a layout in an archive is oci-archive:FILE\n";
    assert_eq!((code, stderr.as_str()), (Some(1), told));
}
