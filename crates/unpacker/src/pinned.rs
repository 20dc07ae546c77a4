//! Sources that always mean the same content.

use std::fmt;

use rukpak_oci::http::ShownUrl;
use rukpak_oci::{Digest, Reference};
use rukpak_tree::{FileTree, Keep};
use url::Url;

use crate::cache::Key;
use crate::git::GitCommit;
use crate::{ConfigMapFiles, Source};

/// A source that always means the same content. Only [`Unpacker::resolve`](crate::Unpacker::resolve) makes one, or whoever
/// has stored one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// An image by its digest.
    Image(Reference),
    /// A commit.
    Git(GitCommit),
    /// An archive by its digest.
    Http {
        /// Where it was found.
        url: Url,
        /// What it hashes to.
        sha256: Digest,
    },
    /// Files that came with the source.
    ConfigMaps(Vec<ConfigMapFiles>),
    /// Files of this host, which are what they are when they are read.
    Host(Source),
}

impl Pinned {
    /// What its content is cached by; `None` where it is at hand anyway.
    pub(crate) fn key(&self, keep: &Keep) -> Option<Key> {
        match self {
            // Whoever names a digest gets its content from wherever it was found before.
            Self::Image(reference) => {
                let digest = reference.digest()?.to_string();
                Some(Key::of("image", &[&digest, std::env::consts::ARCH], keep))
            }
            // Two repositories may have a commit of one name, if somebody made that their work: SHA-1 is weak.
            Self::Git(GitCommit { repository, commit, directory }) => {
                Some(Key::of("git", &[repository, commit, directory.as_deref().unwrap_or_default()], keep))
            }
            Self::Http { url: _, sha256 } => Some(Key::of("http", &[&sha256.to_string()], keep)),
            Self::ConfigMaps(_) | Self::Host(_) => None,
        }
    }
}

impl Pinned {
    /// Where it is fetched from, where its key does not say it.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Image(reference) => format!("{}/{}", reference.registry(), reference.repository()),
            Self::Http { url, sha256: _ } => url.to_string(),
            Self::Git(_) | Self::ConfigMaps(_) | Self::Host(_) => String::new(),
        }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(reference) => reference.fmt(f),
            Self::Git(commit) => commit.fmt(f),
            Self::Http { url, sha256 } => write!(f, "{}@{sha256}", ShownUrl::from(url)),
            Self::ConfigMaps(maps) => {
                let names: Vec<_> = maps.iter().map(|map| map.name.as_str()).collect();
                write!(f, "ConfigMaps {}", names.join(", "))
            }
            Self::Host(source) => source.fmt(f),
        }
    }
}

/// The files of a bundle, and where exactly they come from. Made by unpacking alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleDir {
    pinned: Pinned,
    tree: FileTree,
}

impl BundleDir {
    pub(crate) fn new(pinned: Pinned, tree: FileTree) -> Self {
        Self { pinned, tree }
    }

    /// Where the files come from.
    #[must_use]
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// The files.
    #[must_use]
    pub fn tree(&self) -> &FileTree {
        &self.tree
    }
}
