//! What `get`, `tree`, `events` and `wait` are about: NAME on the command line.
//!
//! A name may be that of a `BundleDeployment`, which a controller installs, and that of an inventory of `apply`. Where both are
//! there, `KIND/NAME` says which.

use std::fmt;
use std::str::FromStr;

use anyhow::ensure;
use rukpak_manifest::name::Namespace;

/// Characters of the longest name that an object has.
const LONGEST: usize = 253;

/// Who installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A controller, as a `BundleDeployment` says.
    Deployment,
    /// The command line, which remembers it in an inventory.
    Inventory,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// `None` where any kind will do.
    pub(crate) kind: Option<Kind>,
    pub(crate) name: String,
}

impl Chosen {
    /// Whether it may be of this kind.
    pub(crate) fn may_be(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|chosen| chosen == kind)
    }
}

impl Kind {
    /// Its name in `KIND/NAME`.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Deployment => "bundledeployment",
            Self::Inventory => "inventory",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deployment => "BundleDeployment",
            Self::Inventory => "Inventory",
        })
    }
}

impl FromStr for Chosen {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (kind, name) = match text.split_once('/') {
            None => (None, text),
            Some(("bundledeployment" | "bundledeployments" | "bd" | "bds", name)) => {
                (Some(Kind::Deployment), name)
            }
            Some(("inventory" | "inventories", name)) => (Some(Kind::Inventory), name),
            Some((kind, _)) => anyhow::bail!("got kind {kind:?}, expected bundledeployment or inventory"),
        };
        Ok(Self { kind, name: object_name(name)? })
    }
}

/// The name of an object: a DNS subdomain.
pub(crate) fn object_name(text: &str) -> anyhow::Result<String> {
    let is_name = text.len() <= LONGEST && text.split('.').all(|label| label.parse::<Namespace>().is_ok());
    ensure!(
        is_name,
        "expected lower-case letters, digits, `-` and `.`, a letter or digit at both ends of each part"
    );
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("web", None, "web")]
    #[case("web.example", None, "web.example")]
    #[case("bd/web", Some(Kind::Deployment), "web")]
    #[case("bundledeployment/web", Some(Kind::Deployment), "web")]
    #[case("inventory/web", Some(Kind::Inventory), "web")]
    fn names(#[case] text: &str, #[case] kind: Option<Kind>, #[case] name: &str) {
        assert_eq!(text.parse::<Chosen>().unwrap(), Chosen { kind, name: name.into() });
    }

    #[rstest]
    #[case("Web")]
    #[case("web/")]
    #[case("pod/web")]
    #[case("a..b")]
    #[case("")]
    fn no_names(#[case] text: &str) {
        assert!(text.parse::<Chosen>().is_err());
    }
}
