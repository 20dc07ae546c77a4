//! Stores that were written by us, by others, and by nobody who means well.

#![expect(
    clippy::unwrap_in_result,
    reason = "what is returned is what is tested, and the rest must not fail"
)]

mod archives;
mod docker;
mod failures;
mod forge;
mod layouts;
mod property;
mod skopeo;
mod writing;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use rukpak_tree::{FileTree, Keep, Limits};

use super::{ImageStore, ImageWriter, ReadOptions, StoreError};
use crate::{BuiltImage, Descriptor, Manifest, Verified, build};
use forge::tar;

/// A kind of writer, and the reader for it.
type Kind = (fn(&Path) -> Result<ImageWriter, StoreError>, fn(&Path) -> Result<ImageStore, StoreError>);

const LAYOUT: Kind = (|path| ImageWriter::oci_layout(path), |path| ImageStore::oci_layout(path));
const OCI: Kind = (|path| ImageWriter::oci_archive(path), oci_archive);
const DOCKER: Kind = (|path| ImageWriter::docker_archive(path, &Limits::default()), docker_archive);

/// An image with one file of this content.
fn image(content: &str) -> BuiltImage {
    build(&tar(&[("manifests/a.yaml", content.as_bytes())]), &BTreeMap::new()).unwrap()
}

/// The contents of an image, but for its manifest.
fn parts(image: &BuiltImage) -> [(&Descriptor, &[u8]); 2] {
    [(&image.config_descriptor, &image.config), (&image.layer_descriptor, &image.layer)]
}

fn write(mut writer: ImageWriter, image: &BuiltImage, name: Option<&str>) -> Result<(), StoreError> {
    for (descriptor, mut content) in parts(image) {
        writer.blob(descriptor, &mut content)?;
    }
    writer.finish(&image.manifest_descriptor, &image.manifest, name)
}

fn oci_archive(path: &Path) -> Result<ImageStore, StoreError> {
    ImageStore::oci_archive(path, &ReadOptions::default())
}

fn docker_archive(path: &Path) -> Result<ImageStore, StoreError> {
    ImageStore::docker_archive(path, &ReadOptions::default())
}

/// The content of the file of an [`image`], or the first thing that is wrong.
fn file_of(store: &ImageStore, name: Option<&str>) -> Result<String, StoreError> {
    let found = store.find(name)?;
    let manifest = store.content(&found, 4 << 20)?;
    let Ok(Manifest::Image(image)) = Manifest::parse(&manifest, Some(&found.media_type)) else {
        panic!("{}", String::from_utf8_lossy(&manifest))
    };
    store.content(&image.config, 4 << 20)?;
    let mut content = String::new();
    for layer in &image.layers {
        let layer = store.content(layer, 4 << 20)?;
        let tree = FileTree::from_archive(layer.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
        content.push_str(std::str::from_utf8(tree.get("manifests/a.yaml").unwrap()).unwrap());
    }
    Ok(content)
}

/// An error and what it comes from, where the directory of the test is called `DIR`.
fn text(error: &dyn Error, directory: &Path) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    let text = text.replace(directory.to_str().unwrap(), "DIR");
    // Digests depend on the compressor.
    let is_hex = |run: &str| run.len() == 64 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let runs = text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
    runs.map(|run| match run.get(..64).filter(|hex| is_hex(hex)) {
        Some(hex) => run.replace(hex, "HEX"),
        None => run.to_owned(),
    })
    .collect()
}

#[test]
fn threads_may_share_them() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<ImageStore>();
    is_sync::<ImageStore>();
    is_send::<ImageWriter>();
    is_send::<Verified<Box<dyn std::io::Read + Send>>>();
}

/// The names in a directory and below it.
fn names(directory: &Path) -> Vec<String> {
    let mut names = vec![];
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            names.extend(self::names(&path));
        }
    }
    names.sort();
    names
}
