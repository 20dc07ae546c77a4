//! Where a bundle is read from: SOURCE on the command line.
//!
//! In: what was typed. Out: the bundle's files, or an error that says what was expected. Archives are recognised by their
//! content, never by their name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use anyhow::{Context, bail};
use rukpak_tree::{FileTree, Keep, Limits, ShownPath};

/// The beginnings of the ecosystem's transport names. They are recognised so that the error can say that they are not
/// read, where a path would only be not found.
const TRANSPORTS: [&str; 4] = ["oci:", "oci-archive:", "docker-archive:", "docker://"];

/// What is said where an image was meant, or may have been.
const NO_IMAGES: &str = "this version reads directories and tar archives, and no images";

/// Where a bundle is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// `-`: an archive on standard input.
    Stdin,
    /// A directory or an archive.
    Path(PathBuf),
    /// A name with one of the transports.
    Transport(OsString),
}

impl From<OsString> for Source {
    fn from(typed: OsString) -> Self {
        let bytes = typed.as_encoded_bytes();
        if bytes == b"-" {
            Self::Stdin
        } else if TRANSPORTS.iter().any(|transport| bytes.starts_with(transport.as_bytes())) {
            Self::Transport(typed)
        } else {
            Self::Path(typed.into())
        }
    }
}

impl Source {
    /// Reads the folders of a bundle, within the default limits.
    pub(crate) fn read(&self) -> anyhow::Result<FileTree> {
        let keep = Keep::prefixes(["manifests", "metadata"]);
        let limits = Limits::default();
        match self {
            Self::Stdin => {
                FileTree::from_archive(io::stdin().lock(), &keep, &limits).context("standard input")
            }
            Self::Path(path) => {
                let shown = ShownPath::of_host(path);
                if path.as_os_str().is_empty() {
                    bail!("the source is an empty text, expected a directory, an archive or `-`");
                }
                let metadata = match fs::metadata(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        bail!("found no directory or archive {shown}; {NO_IMAGES}")
                    }
                    metadata => metadata.with_context(|| format!("cannot read {shown}"))?,
                };
                if metadata.is_dir() {
                    return Ok(FileTree::from_directory(path, &keep, &limits)?);
                }
                let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
                FileTree::from_archive(file, &keep, &limits).with_context(|| shown.to_string())
            }
            Self::Transport(typed) => bail!("{} names an image; {NO_IMAGES}", ShownPath::of_host(typed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed() {
        let source = |typed: &str| Source::from(OsString::from(typed));
        assert_eq!(source("-"), Source::Stdin);
        assert_eq!(source("./-"), Source::Path("./-".into()));
        assert_eq!(source("oci"), Source::Path("oci".into()));
        assert_eq!(source("bundle.tgz"), Source::Path("bundle.tgz".into()));
        for image in ["oci:dir", "oci-archive:x.tar", "docker-archive:x.tar", "docker://example.com/x:v1"] {
            assert_eq!(source(image), Source::Transport(image.into()));
        }
    }
}
