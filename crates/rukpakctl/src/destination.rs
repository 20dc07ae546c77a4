//! Where `content` writes to: DIR or `-` on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};

/// Where files are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Into a directory, one by one.
    Directory(PathBuf),
    /// To standard output, as the archive that they come in.
    StandardOutput,
}

impl Destination {
    /// Understands what was typed.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(|typed: OsString| match typed {
            typed if typed.is_empty() => Err("expected a directory or `-`"),
            typed if typed == "-" => Ok(Self::StandardOutput),
            typed => Ok(Self::Directory(typed.into())),
        })
    }
}
