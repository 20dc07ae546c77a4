//! The same files read as another format, and trees that no folder of a repository can hold.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use insta::assert_snapshot;
use rstest::rstest;
use rukpak_bundle::{Bundle, Findings, Format, read};
use rukpak_tree::{FileTree, Keep, Limits};

fn case(name: &str) -> FileTree {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pass").join(name);
    FileTree::from_directory(&folder, &Keep::prefixes(["manifests/", "metadata/"]), &Limits::default())
        .unwrap()
}

fn refused(tree: &FileTree, format: Format) -> Findings {
    read(tree, format).err().unwrap()
}

#[test]
fn an_operator_read_as_plain() {
    let (bundle, findings) = read(&case("whole"), Format::Plain).unwrap();
    let Bundle::Plain(plain) = bundle else { unreachable!() };
    assert_eq!(plain.objects.len(), 3);
    assert_snapshot!(findings, @r#"metadata/annotations.yaml:2:3: warning[media-type]: the bundle is read as plain+v0, and says that it is "registry+v1""#);
}

#[test]
fn plain_manifests_read_as_an_operator() {
    assert_snapshot!(refused(&case("plain"), Format::RegistryV1), @r#"
    manifests: error[csv-missing]: no ClusterServiceVersion found
      hint: manifests without one are a plain bundle: read it with the format plain
    manifests/list.json:1:69: error[unsupported-kind]: Namespace lanterns: unsupported resource "lanterns" with kind "Namespace"
      hint: a registry+v1 bundle may not hold it; let the operator create it
    metadata/annotations.yaml: error[annotations-missing]: the file is missing
      hint: a registry+v1 bundle names its package there, under annotations."operators.operatorframework.io.bundle.package.v1"
    "#);
}

/// Without `metadata/` the `ClusterServiceVersion` alone tells that it is an operator.
#[test]
fn an_operator_without_metadata() {
    let whole = case("whole");
    let manifests = whole.files_under("manifests");
    let tree =
        FileTree::from_files(manifests.map(|(path, bytes)| (path, bytes.to_vec())), &Limits::default())
            .unwrap();
    assert_snapshot!(refused(&tree, Format::Auto), @r#"
    metadata/annotations.yaml: error[annotations-missing]: the file is missing
      hint: a registry+v1 bundle names its package there, under annotations."operators.operatorframework.io.bundle.package.v1"
    "#);
}

#[test]
fn an_empty_subdirectory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("manifests/crds")).unwrap();
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    let tree = FileTree::from_directory(folder.path(), &keep, &Limits::default()).unwrap();
    assert_snapshot!(refused(&tree, Format::Auto), @r#"
    manifests/crds: error[subdirectory]: subdirectories are not allowed in manifests/
      hint: move its files to manifests/
    "#);
}

#[test]
fn a_bundle_that_is_one_folder_too_deep() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("lantern/manifests")).unwrap();
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    let tree = FileTree::from_directory(folder.path(), &keep, &Limits::default()).unwrap();
    assert_snapshot!(refused(&tree, Format::Auto), @r#"
    manifests: error[manifests-missing]: the directory is missing
      hint: it must stand at the root of the bundle; found lantern/manifests
    "#);
}

#[rstest]
#[case::layout(&["blobs", "index.json", "oci-layout"], "oci:DIR or oci-archive:FILE")]
#[case::docker(&["blobs", "manifest.json", "repositories"], "docker-archive:FILE")]
#[case::docker_of_today(&["index.json", "manifest.json", "oci-layout"], "oci:DIR or oci-archive:FILE")]
fn an_image_saved_to_disk_is_told_how_it_is_read(#[case] names: &[&str], #[case] forms: &str) {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(folder.path().join(name), "{}").unwrap();
    }
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    let tree = FileTree::from_directory(folder.path(), &keep, &Limits::default()).unwrap();
    let expected = format!(
        "manifests: error[manifests-missing]: the directory is missing
  hint: this looks like a container image saved to disk, which rukpakctl reads as {forms}"
    );
    assert_eq!(refused(&tree, Format::Auto).to_string().trim(), expected);
}

#[test]
fn a_pointer_of_git_lfs() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    let tree = FileTree::from_files([("manifests/a.yaml", pointer)], &Limits::default()).unwrap();
    assert_snapshot!(refused(&tree, Format::Auto), @r"
    manifests/a.yaml: error[manifest-unreadable]: this is a pointer of Git LFS, whose content is not fetched
      hint: commit the file itself: its attribute filter=lfs in .gitattributes is to go
    ");
}

/// As a submodule is that nobody fetched.
#[test]
fn an_empty_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("manifests")).unwrap();
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    let tree = FileTree::from_directory(folder.path(), &keep, &Limits::default()).unwrap();
    assert_snapshot!(refused(&tree, Format::Auto), @r"
    manifests: error[manifests-empty]: found zero objects: plain+v0 bundles are required to contain at least one object
      hint: the directory is empty; of a git repository submodules are not fetched
    ");
}
