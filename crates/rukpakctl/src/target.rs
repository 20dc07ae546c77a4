//! Where `pull` writes to: TARGET on the command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use rukpak_unpacker::StoreSource;

use crate::source::store;

/// Where a bundle is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Its files, into a directory.
    Directory(PathBuf),
    /// An image, into a layout or an archive.
    Store(StoreSource),
}

impl Target {
    /// Understands what was typed.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(Self::parse)
    }

    fn parse(typed: OsString) -> Result<Self, String> {
        match store(typed.as_bytes()) {
            Some(store) if store.path.as_os_str().is_empty() => {
                Err("there is no path behind the colon".into())
            }
            Some(store) => Ok(Self::Store(store)),
            None if typed.as_bytes().starts_with(b"docker://") => Err("`push` writes to a registry".into()),
            None => Ok(Self::Directory(typed.into())),
        }
    }
}
