//! What is to be unpacked, and what it is pinned to.
//!
//! A [`Source`] says what someone asked for and may mean something else tomorrow (a tag, a branch); a [`Pinned`] names
//! content that never changes. Neither holds a secret, so both can be printed, stored and compared; what it takes to get
//! there is an [`Access`](crate::Access).

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rukpak_oci::http::ShownUrl;
use rukpak_oci::{Digest, Reference};
use rukpak_tree::ShownPath;
use url::Url;

use crate::Pinned;
use crate::git::{self, RepositoryUrl};

/// Where a bundle is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An image in a registry.
    Image(Reference),
    /// An image in a directory or an archive of the host.
    Store(StoreSource),
    /// A directory of the host.
    Directory(PathBuf),
    /// A tar archive of the host, plain or compressed.
    Archive(PathBuf),
    /// A tar archive on standard input.
    Stdin,
    /// A directory of a git repository.
    Git(GitSource),
    /// An archive that a web server hands out.
    Http(HttpSource),
    /// Files that stand in ConfigMaps.
    ConfigMaps(Vec<ConfigMapFiles>),
}

impl fmt::Display for Source {
    /// As it is typed on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(reference) => reference.fmt(f),
            Self::Store(StoreSource { kind, path, name }) => {
                write!(f, "{}:{}", kind.transport(), ShownPath::of_host(path))?;
                name.iter().try_for_each(|name| write!(f, ":{}", ShownPath::new(name)))
            }
            Self::Directory(path) | Self::Archive(path) => ShownPath::of_host(path).fmt(f),
            Self::Stdin => f.write_str("standard input"),
            Self::Git(GitSource { repository, .. }) => RepositoryUrl::shown(repository).fmt(f),
            Self::Http(HttpSource { url, .. }) => ShownUrl::from(url).fmt(f),
            Self::ConfigMaps(maps) => {
                let names: Vec<_> = maps.iter().map(|map| map.name.as_str()).collect();
                write!(f, "ConfigMaps {}", names.join(", "))
            }
        }
    }
}

impl Source {
    /// The server that is asked for it, as texts of it are compared; `None` where there is none.
    #[must_use]
    pub fn server(&self) -> Option<String> {
        match self {
            Self::Image(reference) => Some(reference.registry().to_ascii_lowercase()),
            Self::Git(GitSource { repository, .. }) => {
                let url = repository.parse::<RepositoryUrl>().ok()?;
                Some(url.origin().to_ascii_lowercase())
            }
            Self::Http(HttpSource { url, .. }) => Some(url.origin().ascii_serialization()),
            Self::ConfigMaps(_) | Self::Store(_) | Self::Directory(_) | Self::Archive(_) | Self::Stdin => {
                None
            }
        }
    }

    /// What it means, where it says so itself: a digest, a commit.
    #[must_use]
    pub fn pinned(&self) -> Option<Pinned> {
        match self {
            Self::Image(reference) => {
                reference.digest().map(|digest| Pinned::Image(reference.pinned(digest.clone())))
            }
            Self::Git(source) => git::pinned(source).ok().flatten().map(Pinned::Git),
            Self::Http(HttpSource { url, sha256 }) => {
                sha256.clone().map(|sha256| Pinned::Http { url: url.clone(), sha256 })
            }
            Self::ConfigMaps(_) | Self::Store(_) | Self::Directory(_) | Self::Archive(_) | Self::Stdin => {
                None
            }
        }
    }
}

impl StoreKind {
    /// What stands before its path on a command line, a colon aside (containers-transports(5)).
    #[must_use]
    pub fn transport(self) -> &'static str {
        match self {
            Self::OciLayout => "oci",
            Self::OciArchive => "oci-archive",
            Self::DockerArchive => "docker-archive",
        }
    }
}

/// An image in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSource {
    /// How the image is stored.
    pub kind: StoreKind,
    /// The directory or file.
    pub path: PathBuf,
    /// Which of several images, by its name there.
    pub name: Option<String>,
}

/// The forms in which images are stored in the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// An OCI image layout, a directory.
    OciLayout,
    /// An OCI image layout in a tar archive.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
}

/// A directory of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSource {
    /// `https://…`, `http://…`, `ssh://…` or `user@host:path`, as typed; [`GitSource::url`] parses it.
    pub repository: String,
    /// What is checked out.
    pub revision: GitRevision,
    /// The directory that holds the bundle; the root where it is `None`.
    pub directory: Option<String>,
}

/// What of a repository is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitRevision {
    /// A commit: its whole name of 40 or 64 hexadecimal digits.
    Commit(String),
    /// The commit that a tag names.
    Tag(String),
    /// The newest commit of a branch.
    Branch(String),
    /// The newest commit of the branch that the repository has for its main one (`HEAD`).
    Default,
}

/// An archive that a web server hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSource {
    /// Where it is. Without user and password.
    pub url: Url,
    /// What the archive, as it is sent, must hash to.
    pub sha256: Option<Digest>,
}

/// The files of one ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMapFiles {
    /// The name of the ConfigMap, for errors.
    pub name: String,
    /// The directory that the files are put into; the root where it is empty.
    pub path: String,
    /// `data` and `binaryData`.
    pub files: BTreeMap<String, Vec<u8>>,
}
