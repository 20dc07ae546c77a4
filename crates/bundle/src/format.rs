//! The formats of bundles, and how one is recognised.

use std::fmt;
use std::str::FromStr;

use rukpak_tree::FileTree;
use thiserror::Error;

use crate::manifests::Manifests;

/// How a bundle is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Format {
    /// A `ClusterServiceVersion` or a directory `metadata/` means registry+v1, `manifests/` alone plain.
    #[default]
    Auto,
    /// `registry+v1`: an operator as Operator Lifecycle Manager packages it.
    RegistryV1,
    /// `plain+v0`: manifests as they are.
    Plain,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown bundle format {0:?}, expected auto, registry+v1 or plain")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "registry+v1" => Ok(Self::RegistryV1),
            "plain" | "plain+v0" => Ok(Self::Plain),
            other => Err(UnknownFormat(other.into())),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::RegistryV1 => "registry+v1",
            Self::Plain => "plain",
        })
    }
}

/// Whether a bundle is to be read as registry+v1; as plain otherwise.
pub(crate) fn is_registry_v1(format: Format, tree: &FileTree, manifests: &Manifests<'_>) -> bool {
    match format {
        Format::RegistryV1 => true,
        Format::Plain => false,
        Format::Auto => {
            tree.has_directory("metadata")
                || manifests.objects.iter().any(|located| located.object.kind() == "ClusterServiceVersion")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_written_as_it_is_read() {
        for format in [Format::Auto, Format::RegistryV1, Format::Plain] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("plain+v0".parse(), Ok(Format::Plain));
        insta::assert_snapshot!(
            "helm".parse::<Format>().unwrap_err(),
            @r#"unknown bundle format "helm", expected auto, registry+v1 or plain"#
        );
    }
}
