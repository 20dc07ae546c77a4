//! Images for tests: layers of all kinds, the manifests over them, and lies about both.
//!
//! In: files, or archives that were forged entry by entry ([`Tar`]). Out: [`Part`]s, whose descriptors say the truth until
//! somebody changes them.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a harness fails by panicking"
)]

mod compress;
mod tar;

use std::sync::Arc;

use rukpak_oci::Digest;
use serde_json::{Value, json};

use compress::decompress;
pub use compress::{gzip, zstd, zstd_with_window};
pub use tar::Tar;

/// The media types of OCI.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Of an index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Of a configuration.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Of a layer that is compressed with gzip.
pub const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Of a layer that is compressed with zstd.
pub const OCI_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// Of a layer that is not compressed.
pub const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
/// The media types of Docker.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Of a list of manifests.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A configuration that says nothing of the layers.
const CONFIG: &[u8; 78] =
    br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;

/// Content with its descriptor: a layer, a configuration, a manifest.
#[derive(Debug, Clone)]
pub struct Part {
    /// As its descriptor says.
    pub media_type: String,
    /// As its descriptor says.
    pub digest: String,
    /// As its descriptor says.
    pub size: Value,
    /// What it is.
    pub bytes: Arc<[u8]>,
}

impl Part {
    /// Content, truly described.
    pub fn new(media_type: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Digest::sha256(&bytes).to_string();
        Self { media_type: media_type.to_owned(), digest, size: bytes.len().into(), bytes }
    }

    /// The descriptor.
    #[must_use]
    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.size })
    }

    /// With another size in the descriptor.
    #[must_use]
    pub fn said_to_have(self, size: impl Into<Value>) -> Self {
        Self { size: size.into(), ..self }
    }

    /// What is at the place that its digest names.
    #[must_use]
    pub fn that_is(self, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { bytes: bytes.into(), ..self }
    }
}

/// An image, or several under one index.
#[derive(Debug, Clone)]
pub struct Image {
    /// The manifest or index.
    pub manifest: Part,
    /// The configuration and the layers.
    pub blobs: Vec<Part>,
    /// The manifests that an index refers to.
    pub manifests: Vec<Part>,
}

impl Image {
    /// An image in the format of OCI.
    #[must_use]
    pub fn new(layers: &[Part]) -> Self {
        Self::of_type(OCI_MANIFEST, OCI_CONFIG, layers)
    }

    /// An image in the format of Docker.
    #[must_use]
    pub fn docker(layers: &[Part]) -> Self {
        let of_docker = |layer: &Part| {
            let media_type = "application/vnd.docker.image.rootfs.diff.tar.gzip".to_owned();
            Part { media_type, ..layer.clone() }
        };
        let layers: Vec<_> = layers.iter().map(of_docker).collect();
        Self::of_type(DOCKER_MANIFEST, "application/vnd.docker.container.image.v1+json", &layers)
    }

    /// An image of one layer of these files, compressed with gzip.
    #[must_use]
    pub fn of_files(files: &[(&str, &str)]) -> Self {
        Self::new(&[layer(&Tar::files(files))])
    }

    fn of_type(manifest: &str, config: &str, layers: &[Part]) -> Self {
        let config = Part::new(config, *CONFIG);
        let layers_of: Vec<_> = layers.iter().map(Part::descriptor).collect();
        let document = json!({
            "schemaVersion": 2, "mediaType": manifest, "config": config.descriptor(), "layers": layers_of
        });
        let manifest = Part::new(manifest, serde_json::to_vec(&document).unwrap());
        Self { manifest, blobs: [vec![config], layers.to_vec()].concat(), manifests: Vec::new() }
    }

    /// An index of images for platforms, such as `linux/arm64`.
    #[must_use]
    pub fn index(media_type: &str, images: &[(&str, Self)]) -> Self {
        let entries: Vec<_> = images
            .iter()
            .map(|(platform, image)| {
                let (os, architecture) = platform.split_once('/').unwrap();
                let mut entry = image.manifest.descriptor();
                let platform = json!({ "os": os, "architecture": architecture });
                entry.as_object_mut().unwrap().insert("platform".into(), platform);
                entry
            })
            .collect();
        let document = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": entries });
        let all = images.iter().map(|(_, image)| image);
        Self {
            manifest: Part::new(media_type, serde_json::to_vec(&document).unwrap()),
            blobs: all.clone().flat_map(|image| image.blobs.clone()).collect(),
            manifests: all
                .flat_map(|image| image.manifests.iter().chain([&image.manifest]).cloned())
                .collect(),
        }
    }

    /// With a configuration that says what the layers are when they are decompressed, which docker archives need.
    #[must_use]
    pub fn with_diff_ids(mut self) -> Self {
        let of = |layer: &Part| Digest::sha256(&decompress(&layer.bytes)).to_string();
        let diff_ids: Vec<_> = self.layers().iter().map(of).collect();
        let (old, others) = self.blobs.split_first().unwrap();
        let mut document: Value = serde_json::from_slice(&old.bytes).unwrap();
        document["rootfs"]["diff_ids"] = diff_ids.into();
        let config = Part::new(&old.media_type, serde_json::to_vec(&document).unwrap());
        let descriptor = config.descriptor();
        self.blobs = [&[config], others].concat();
        self.with_manifest(|manifest| manifest["config"] = descriptor)
    }

    /// With a manifest that was changed, and has the digest of what it is now.
    #[must_use]
    pub fn with_manifest(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut document = serde_json::from_slice(&self.manifest.bytes).unwrap();
        change(&mut document);
        let manifest = Part::new(&self.manifest.media_type, serde_json::to_vec(&document).unwrap());
        Self { manifest, ..self }
    }

    /// With a manifest of other bytes.
    #[must_use]
    pub fn with_manifest_bytes(self, media_type: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { manifest: Part::new(media_type, bytes), ..self }
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[Part] {
        self.blobs.get(1..).unwrap_or_default()
    }

    /// The digest of the manifest.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }
}

/// A layer that is compressed with gzip.
#[must_use]
pub fn layer(tar: &Tar) -> Part {
    Part::new(OCI_GZIP, gzip(&tar.finish()))
}
