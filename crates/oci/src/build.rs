//! Making the image of a bundle.
//!
//! In: the files of a bundle as a tar archive, and labels. Out: an image of one layer, the same bytes for the same input:
//! no times, no names of hosts, keys in a fixed order.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use oci_distribution::manifest as wire;
use serde::Serialize;
use thiserror::Error;

use crate::{Descriptor, Digest};

/// The level of `gzip` itself.
const LEVEL: u32 = 6;

/// What a gzip header says of the system where nothing is to be said (RFC 1952, section 2.3.1).
const UNKNOWN_SYSTEM: u8 = 255;

const EPOCH: &str = "1970-01-01T00:00:00Z";

/// An image in memory, and the descriptors of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltImage {
    /// The manifest.
    pub manifest: Vec<u8>,
    /// Of the manifest.
    pub manifest_descriptor: Descriptor,
    /// The configuration.
    pub config: Vec<u8>,
    /// Of the configuration.
    pub config_descriptor: Descriptor,
    /// The layer, compressed.
    pub layer: Vec<u8>,
    /// Of the layer.
    pub layer_descriptor: Descriptor,
}

/// Why no image was made. Neither happens for want of anything but memory.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The layer cannot be compressed.
    #[error("cannot compress the layer")]
    Compress(#[source] io::Error),
    /// A document cannot be written.
    #[error("cannot write the manifest or the configuration")]
    Encode(#[source] serde_json::Error),
}

/// The configuration of an image (config.md of the OCI image specification).
#[derive(Serialize)]
struct Config<'a> {
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    #[serde(rename = "config")]
    execution: Execution<'a>,
    rootfs: RootFs,
    history: [History; 1],
}

#[derive(Serialize)]
struct Execution<'a> {
    #[serde(rename = "Labels")]
    labels: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: [Digest; 1],
}

#[derive(Serialize)]
struct History {
    created: &'static str,
    created_by: &'static str,
}

/// Makes an image of one layer.
pub fn build(layer_tar: &[u8], labels: &BTreeMap<String, String>) -> Result<BuiltImage, BuildError> {
    let mut encoder =
        GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(layer_tar).map_err(BuildError::Compress)?;
    let layer = encoder.finish().map_err(BuildError::Compress)?;
    let layer_descriptor = Descriptor::of(wire::IMAGE_LAYER_GZIP_MEDIA_TYPE, &layer);

    let config = Config {
        created: EPOCH,
        // Bundles hold no programs; this is what every platform falls back to.
        architecture: "amd64",
        os: "linux",
        execution: Execution { labels },
        rootfs: RootFs { r#type: "layers", diff_ids: [Digest::sha256(layer_tar)] },
        history: [History { created: EPOCH, created_by: "rukpakctl" }],
    };
    let config = serde_json::to_vec(&config).map_err(BuildError::Encode)?;
    let config_descriptor = Descriptor::of(wire::IMAGE_CONFIG_MEDIA_TYPE, &config);

    let manifest = wire::OciImageManifest {
        schema_version: 2,
        media_type: Some(wire::OCI_IMAGE_MEDIA_TYPE.into()),
        config: (&config_descriptor).into(),
        layers: vec![(&layer_descriptor).into()],
        ..Default::default()
    };
    let manifest = serde_json::to_vec(&manifest).map_err(BuildError::Encode)?;
    let manifest_descriptor = Descriptor::of(wire::OCI_IMAGE_MEDIA_TYPE, &manifest);
    Ok(BuiltImage { manifest, manifest_descriptor, config, config_descriptor, layer, layer_descriptor })
}

impl From<&Descriptor> for wire::OciDescriptor {
    fn from(descriptor: &Descriptor) -> Self {
        let Descriptor { media_type, digest, size } = descriptor;
        Self {
            media_type: media_type.clone(),
            digest: digest.to_string(),
            // Nothing has more bytes than this.
            size: i64::try_from(*size).unwrap_or(i64::MAX),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageManifest, Manifest};
    use rukpak_tree::{FileTree, Keep, Limits};

    fn tar() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        header.set_mode(0o644);
        builder.append_data(&mut header, "manifests/a.yaml", b"a".as_slice()).unwrap();
        builder.into_inner().unwrap()
    }

    fn labels() -> BTreeMap<String, String> {
        [("b", "2\n"), ("a", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn an_image() {
        let image = build(&tar(), &labels()).unwrap();
        let BuiltImage { manifest, manifest_descriptor, config, config_descriptor, layer, layer_descriptor } =
            &image;
        assert_eq!(*manifest_descriptor, Descriptor::of(wire::OCI_IMAGE_MEDIA_TYPE, manifest));
        let parts =
            ImageManifest { config: config_descriptor.clone(), layers: vec![layer_descriptor.clone()] };
        assert_eq!(Manifest::parse(manifest, None).unwrap(), Manifest::Image(parts));
        let tree = FileTree::from_archive(layer.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
        assert_eq!(tree.get("manifests/a.yaml"), Some(b"a".as_slice()));
        insta::assert_snapshot!(String::from_utf8_lossy(config));
    }

    /// What was pushed once keeps its digest.
    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let (image, again) = (build(&tar(), &labels()).unwrap(), build(&tar(), &labels()).unwrap());
        assert_eq!(image, again);
        assert_eq!(image.layer.get(..10), Some([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255].as_slice()));
        insta::assert_snapshot!(String::from_utf8_lossy(&image.manifest));
    }
}
