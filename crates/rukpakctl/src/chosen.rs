//! What commands are about: NAME on the command line.
//!
//! A name may be that of a `BundleDeployment`, which a controller installs, and that of an inventory of `apply`. Where both are
//! there, `KIND/NAME` says which.

use std::fmt;
use std::str::FromStr;

use anyhow::{bail, ensure};
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
    /// The kind that stands before a name, and the name. `kubectl get -o name` has the group behind it.
    pub(crate) fn before(text: &str) -> anyhow::Result<(Option<Self>, &str)> {
        let Some((typed, name)) = text.split_once('/') else { return Ok((None, text)) };
        match typed.strip_suffix(".core.rukpak.io").unwrap_or(typed) {
            "bundledeployment" | "bundledeployments" | "bd" | "bds" => Ok((Some(Self::Deployment), name)),
            "inventory" | "inventories" if !typed.contains('.') => Ok((Some(Self::Inventory), name)),
            _ => bail!("got kind {typed:?}, expected bundledeployment or inventory"),
        }
    }

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
        let (kind, name) = Kind::before(text)?;
        Ok(Self { kind, name: object_name(name)? })
    }
}

/// The name of a `BundleDeployment`, whose kind may stand before it.
pub(crate) fn deployment_name(text: &str) -> anyhow::Result<String> {
    let (kind, name) = Kind::before(text)?;
    ensure!(kind != Some(Kind::Inventory), "expected the name of a BundleDeployment");
    object_name(name)
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
    #[case("bundledeployment.core.rukpak.io/web", Some(Kind::Deployment), "web")]
    #[case("inventory/web", Some(Kind::Inventory), "web")]
    fn names(#[case] text: &str, #[case] kind: Option<Kind>, #[case] name: &str) {
        assert_eq!(text.parse::<Chosen>().unwrap(), Chosen { kind, name: name.into() });
    }

    #[rstest]
    #[case("Web")]
    #[case("web/")]
    #[case("pod/web")]
    #[case("inventory.core.rukpak.io/web")]
    #[case("a..b")]
    #[case("")]
    fn no_names(#[case] text: &str) {
        assert!(text.parse::<Chosen>().is_err());
    }
}
