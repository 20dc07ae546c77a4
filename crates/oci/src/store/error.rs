//! Why an image is not read from, or written to, the file system.

use std::io;

use rukpak_tree::{ByteSize, ShownPath, TreeError};
use thiserror::Error;

use crate::{Digest, ManifestError, ParseReferenceError};

/// Why an image is not read from, or written to, the file system.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file or directory cannot be opened or looked at.
    #[error("cannot open {path}")]
    Open {
        /// On the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// On the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// Something is not of the kind that is needed. Links are not followed inside a layout.
    #[error("expected {expected}, {path} is {got}")]
    Kind {
        /// On the host.
        path: ShownPath,
        /// With its article.
        got: &'static str,
        /// With its article.
        expected: &'static str,
    },
    /// What should be a layout is a file or something else.
    #[error("expected a directory, {path} is {got}; a layout in an archive is oci-archive:FILE")]
    NoDirectory {
        /// On the host.
        path: ShownPath,
        /// With its article.
        got: &'static str,
    },
    /// An archive is not one, or is damaged.
    #[error("cannot read the archive {path}")]
    Archive {
        /// On the host.
        path: ShownPath,
        /// What is wrong.
        source: TreeError,
    },
    /// An archive cannot be copied to where it can be read by position.
    #[error("cannot copy the archive {path} to a temporary file")]
    Spool {
        /// On the host.
        path: ShownPath,
        /// What the decoder or the system says.
        source: io::Error,
    },
    /// Something that must be there is absent.
    #[error("found no {what} in {path}, expected {expected}")]
    Missing {
        /// The layout or archive.
        path: ShownPath,
        /// The name of a file.
        what: ShownPath,
        /// What has such a file, with its article.
        expected: &'static str,
    },
    /// Something is larger than is accepted.
    #[error("{what} of {path} has more than {}, the limit", ByteSize(*.limit))]
    TooLarge {
        /// The layout or archive.
        path: ShownPath,
        /// What of it.
        what: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// The layout is of another version.
    #[error("{path} is an OCI image layout of version {version:?}, expected 1.0.0")]
    Version {
        /// The layout or archive.
        path: ShownPath,
        /// As it says.
        version: String,
    },
    /// A document is no JSON, or not of the right shape.
    #[error("{what} of {path} is not valid")]
    Decode {
        /// The layout or archive.
        path: ShownPath,
        /// The document.
        what: ShownPath,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The entry of an image in a layout's index is not understood.
    #[error("the index of {path} has an invalid entry")]
    Entry {
        /// The layout or archive.
        path: ShownPath,
        /// What is wrong.
        source: ManifestError,
    },
    /// `manifest.json` of a docker archive names a file that no archive has.
    #[error("manifest.json of {path} names an impossible file")]
    Name {
        /// The archive.
        path: ShownPath,
        /// What is wrong with the name.
        source: TreeError,
    },

    /// There is no image, or none of this name.
    #[error("{path} has no image{}{}", called(.name.as_ref()), if .has.is_empty() { String::new() } else { format!("; it has {has}") })]
    NoImage {
        /// The layout or archive.
        path: ShownPath,
        /// What was looked for.
        name: Option<String>,
        /// The names that there are.
        has: String,
    },
    /// There are several images, and nothing says which one is meant.
    #[error("{path} has several images{}, expected the name of one: {has}", called(.name.as_ref()))]
    SeveralImages {
        /// The layout or archive.
        path: ShownPath,
        /// What was looked for.
        name: Option<String>,
        /// The names that there are.
        has: String,
    },
    /// Content that a manifest names is absent.
    #[error("{path} has no blob {digest}")]
    NoBlob {
        /// The layout or archive.
        path: ShownPath,
        /// What was looked for.
        digest: Digest,
    },
    /// Content cannot be read, or is not what its descriptor says ([`VerifyError`](crate::VerifyError)).
    #[error("cannot read the blob {digest} of {path}")]
    Blob {
        /// The layout or archive.
        path: ShownPath,
        /// As its descriptor says.
        digest: Digest,
        /// What the system or the verification says.
        source: io::Error,
    },
    /// The configuration of an image does not fit its layers.
    #[error("the image in {path} has {layers} layers, and its configuration says what {diff_ids} hash to")]
    LayerCount {
        /// The layout or archive.
        path: ShownPath,
        /// Layers of the image.
        layers: usize,
        /// Layers of the configuration (`rootfs.diff_ids`).
        diff_ids: usize,
    },
    /// A layer is not the one that the configuration of its image names.
    #[error(
        "a layer for {path} has the digest {got} without its compression, the configuration says {expected}"
    )]
    LayerDigest {
        /// The archive.
        path: ShownPath,
        /// Of the configuration (`rootfs.diff_ids`).
        expected: Digest,
        /// Of the layer.
        got: Digest,
    },

    /// A directory that is to become a layout holds something else.
    #[error("expected an OCI image layout or an empty directory, {path} is neither")]
    NotALayout {
        /// The directory.
        path: ShownPath,
    },
    /// Content that is to be written cannot be read, or is not what its descriptor says
    /// ([`VerifyError`](crate::VerifyError)).
    #[error("cannot read the blob {digest}, which is to be written to {path}")]
    Input {
        /// The layout or archive.
        path: ShownPath,
        /// As its descriptor says.
        digest: Digest,
        /// What its reader or the verification says.
        source: io::Error,
    },
    /// A file cannot be created or written.
    #[error("cannot write {path}")]
    Write {
        /// On the host. What is written may still have another name.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// An image with this manifest cannot be written.
    #[error("cannot write an image of such a manifest to {path}")]
    Manifest {
        /// The layout or archive.
        path: ShownPath,
        /// What is wrong.
        source: ManifestError,
    },
    /// A docker archive holds images of one platform.
    #[error("a docker archive cannot hold an index of images, expected the manifest of one image")]
    Index,
    /// The configuration of what is to be written says nothing of layers: it is an artifact and no image.
    #[error(
        "{manifest} has a configuration of media type {media_type:?} that does not say what its layers hash to, which a docker archive \
         needs; oci:DIR and oci-archive:FILE hold anything"
    )]
    Artifact {
        /// The digest of its manifest.
        manifest: Digest,
        /// Of the configuration.
        media_type: String,
        /// What the configuration lacks.
        source: serde_json::Error,
    },
    /// The name of an image in a docker archive is no reference.
    #[error("cannot call an image {name:?} in a docker archive")]
    Reference {
        /// As given.
        name: String,
        /// What is wrong.
        source: ParseReferenceError,
    },
    /// Something failed before, and the archive was given up.
    #[error("cannot finish {path} after an error")]
    GivenUp {
        /// The archive.
        path: ShownPath,
    },
}

fn called(name: Option<&String>) -> String {
    name.map(|name| format!(" {name:?}")).unwrap_or_default()
}
