//! SOURCE, and how to get there.

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::AccessFlags;
use crate::source::Typed;

/// What every command that reads a bundle is told about it.
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// Where the bundle is read from
    ///
    /// A directory, an archive (.tar, .tgz, …), `-` for an archive on standard input, oci:DIR[:TAG],
    /// oci-archive:FILE[:TAG], docker-archive:FILE[:REF], or docker://REF for an image of a registry, which may also stand
    /// without `docker://` where it names its registry.
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
    pub(crate) source: Typed,
    #[command(flatten)]
    pub(crate) access: AccessFlags,
}

fn source() -> impl TypedValueParser<Value = Typed> {
    OsStringValueParser::new().try_map(Typed::parse)
}
