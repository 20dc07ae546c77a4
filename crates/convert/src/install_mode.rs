//! Which namespaces an operator watches.
//!
//! In: what is asked for ([`WatchNamespaces`]), what the bundle supports, and where it is installed. Out:
//! [`TargetNamespaces`], or an error that says what would work. The rules are operator-controller's
//! `validateTargetNamespaces`, with two differences: lists of several namespaces are allowed where the bundle
//! supports `MultiNamespace`, and without a wish an operator that cannot watch all namespaces watches its own.

use std::collections::BTreeSet;
use std::fmt;

use rukpak_bundle::InstallMode;
use rukpak_manifest::name::{InvalidNamespace, Namespace};
use thiserror::Error;

/// The wish: which namespaces the operator is to watch. The order of a list means nothing, so it is kept sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WatchNamespaces {
    /// No wish: all namespaces where the bundle supports it, else its own where it supports that.
    #[default]
    Unset,
    /// All namespaces.
    All,
    /// These namespaces; not empty.
    Listed(BTreeSet<Namespace>),
}

/// A list of watch namespaces that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WatchNamespacesError {
    /// An entry is no name of a namespace.
    #[error(transparent)]
    Name(InvalidNamespace),
    /// The empty name, which means all namespaces, stands beside others.
    #[error("an empty watch namespace means all namespaces and cannot stand beside others, got {0}")]
    AllAndOthers(String),
}

impl WatchNamespaces {
    /// Takes the values of a repeated flag or of a list: none is no wish, one empty name means all namespaces.
    pub fn from_names<T: AsRef<str>>(names: &[T]) -> Result<Self, WatchNamespacesError> {
        let some: BTreeSet<&str> = names.iter().map(AsRef::as_ref).filter(|name| !name.is_empty()).collect();
        let all = names.iter().any(|name| name.as_ref().is_empty());
        if some.is_empty() {
            return Ok(if all { Self::All } else { Self::Unset });
        }
        if all {
            return Err(WatchNamespacesError::AllAndOthers(Vec::from_iter(some).join(", ")));
        }
        let parsed: Result<_, _> = some.into_iter().map(str::parse).collect();
        parsed.map(Self::Listed).map_err(WatchNamespacesError::Name)
    }
}

/// The decision: which namespaces the operator watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetNamespaces {
    /// All of them, now and later.
    All,
    /// These; not empty.
    Listed(BTreeSet<Namespace>),
}

impl TargetNamespaces {
    /// Decides which namespaces an operator in `install_namespace` watches.
    pub fn resolve(
        wish: &WatchNamespaces,
        supported: &BTreeSet<InstallMode>,
        install_namespace: &Namespace,
    ) -> Result<Self, UnsupportedInstallMode> {
        let own = || BTreeSet::from([install_namespace.clone()]);
        let (targets, needed) = match wish {
            WatchNamespaces::Unset if supported.contains(&InstallMode::AllNamespaces) => (Self::All, vec![]),
            // Where this is not supported either, the error names what would do.
            WatchNamespaces::Unset => (Self::Listed(own()), vec![InstallMode::OwnNamespace]),
            WatchNamespaces::All => (Self::All, vec![InstallMode::AllNamespaces]),
            WatchNamespaces::Listed(names) => {
                let includes_own = names.contains(install_namespace);
                let needed = match (names.len(), includes_own) {
                    (0 | 1, true) => vec![InstallMode::OwnNamespace],
                    (0 | 1, false) => vec![InstallMode::SingleNamespace],
                    (_, true) => vec![InstallMode::MultiNamespace, InstallMode::OwnNamespace],
                    (_, false) => vec![InstallMode::MultiNamespace],
                };
                (Self::Listed(names.clone()), needed)
            }
        };
        if needed.iter().all(|mode| supported.contains(mode)) {
            return Ok(targets);
        }
        Err(UnsupportedInstallMode {
            wish: wish.clone(),
            needed,
            supported: supported.clone(),
            install_namespace: install_namespace.clone(),
        })
    }

    /// The annotation `olm.targetNamespaces`: names with commas between, empty for all namespaces.
    pub(crate) fn annotation(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Listed(names) => join(names, ","),
        }
    }
}

/// The bundle cannot watch what it is to watch.
///
/// The message lists what it supports, and the flags that ask for each of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct UnsupportedInstallMode {
    /// What was asked for.
    pub wish: WatchNamespaces,
    /// The install modes that this takes, all of them.
    pub needed: Vec<InstallMode>,
    /// What the bundle supports.
    pub supported: BTreeSet<InstallMode>,
    /// Where it is to be installed.
    pub install_namespace: Namespace,
}

impl fmt::Display for UnsupportedInstallMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = &self.install_namespace;
        match &self.wish {
            WatchNamespaces::Unset => {
                f.write_str("installing without a watch namespace needs the install mode AllNamespaces or OwnNamespace")?;
            }
            WatchNamespaces::All => {
                f.write_str("watching all namespaces needs the install mode AllNamespaces")?;
            }
            WatchNamespaces::Listed(names) => {
                let what = if names.len() > 1 { "namespaces" } else { "namespace" };
                let modes = if self.needed.len() > 1 { "install modes" } else { "install mode" };
                let needed: Vec<_> = self.needed.iter().map(|mode| mode.as_str()).collect();
                write!(
                    f,
                    "watching the {what} {} needs the {modes} {}",
                    join(names, ", "),
                    needed.join(" and ")
                )?;
                if names.len() == 1 && names.contains(own) {
                    f.write_str(" since the operator is installed there")?;
                }
            }
        }
        if self.supported.is_empty() {
            return f.write_str("; the bundle supports no install mode");
        }
        f.write_str("; the bundle supports ")?;
        for (index, mode) in self.supported.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(mode.as_str())?;
            match mode {
                InstallMode::AllNamespaces => f.write_str(" (without --watch-namespace)")?,
                InstallMode::MultiNamespace if self.supported.contains(&InstallMode::OwnNamespace) => {
                    f.write_str(" (several --watch-namespace)")?;
                }
                InstallMode::MultiNamespace => write!(f, " (several --watch-namespace other than {own})")?,
                InstallMode::OwnNamespace => write!(f, " (--watch-namespace {own})")?,
                InstallMode::SingleNamespace => write!(f, " (one --watch-namespace other than {own})")?,
            }
        }
        f.write_str("; a configuration says watchNamespace or watchNamespaces")
    }
}

fn join(names: &BTreeSet<Namespace>, separator: &str) -> String {
    names.iter().map(Namespace::as_str).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use rstest::{Context, rstest};

    use super::InstallMode::{AllNamespaces, MultiNamespace, OwnNamespace, SingleNamespace};
    use super::*;

    fn namespace(name: &str) -> Namespace {
        name.parse().unwrap()
    }

    fn wish(names: &[&str]) -> WatchNamespaces {
        WatchNamespaces::from_names(names).unwrap()
    }

    fn resolve(
        names: &[&str],
        supported: &[InstallMode],
    ) -> Result<TargetNamespaces, UnsupportedInstallMode> {
        let supported = supported.iter().copied().collect();
        TargetNamespaces::resolve(&wish(names), &supported, &namespace("install-ns"))
    }

    #[rstest]
    #[case::all_by_default(&[], &[AllNamespaces, OwnNamespace, SingleNamespace], "")]
    #[case::else_its_own_by_default(&[], &[OwnNamespace, SingleNamespace], "install-ns")]
    #[case::all(&[""], &[AllNamespaces], "")]
    #[case::all_twice(&["", ""], &[AllNamespaces], "")]
    #[case::own(&["install-ns"], &[OwnNamespace], "install-ns")]
    #[case::single(&["watch-ns"], &[SingleNamespace], "watch-ns")]
    #[case::single_twice(&["watch-ns", "watch-ns"], &[SingleNamespace], "watch-ns")]
    #[case::multi(&["watch-b", "watch-a"], &[MultiNamespace], "watch-a,watch-b")]
    #[case::multi_with_its_own(&["watch-a", "install-ns"], &[MultiNamespace, OwnNamespace], "install-ns,watch-a")]
    fn targets(#[case] names: &[&str], #[case] supported: &[InstallMode], #[case] annotation: &str) {
        assert_eq!(resolve(names, supported).unwrap().annotation(), annotation);
    }

    #[rstest]
    #[case::nothing(&[], &[])]
    #[case::no_default(&[], &[MultiNamespace, SingleNamespace])]
    #[case::all(&[""], &[OwnNamespace, SingleNamespace])]
    #[case::own(&["install-ns"], &[AllNamespaces, MultiNamespace, SingleNamespace])]
    #[case::single(&["watch-ns"], &[AllNamespaces, MultiNamespace, OwnNamespace])]
    #[case::multi(&["watch-a", "watch-b"], &[AllNamespaces, OwnNamespace, SingleNamespace])]
    #[case::multi_without_its_own(&["watch-a", "install-ns"], &[MultiNamespace, SingleNamespace])]
    fn refusals(#[context] case: Context, #[case] names: &[&str], #[case] supported: &[InstallMode]) {
        let error = resolve(names, supported).unwrap_err();
        insta::assert_snapshot!(case.description.unwrap(), error);
    }

    #[rstest]
    #[case::none(&[], Ok(WatchNamespaces::Unset))]
    #[case::empty(&[""], Ok(WatchNamespaces::All))]
    #[case::sorted(&["b", "a", "b"], Ok(WatchNamespaces::Listed(BTreeSet::from([namespace("a"), namespace("b")]))))]
    #[case::empty_and_named(&["b", "", "a"], Err(WatchNamespacesError::AllAndOthers("a, b".into())))]
    #[case::no_name(&["a", "B!"], Err(WatchNamespacesError::Name("B!".parse::<Namespace>().unwrap_err())))]
    fn wishes(#[case] names: &[&str], #[case] expected: Result<WatchNamespaces, WatchNamespacesError>) {
        assert_eq!(WatchNamespaces::from_names(names), expected);
    }
}
