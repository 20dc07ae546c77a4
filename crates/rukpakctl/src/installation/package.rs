//! Which package an installation is of. Pure.

use anyhow::ensure;
use rukpak_apply::engine::ConfigMapStore;
use rukpak_bundle::{Bundle, RegistryV1Parts, is_lower};

use super::{PACKAGE, VERSION};

/// An operator, and its version; empty where nobody said which. A plain bundle is of no package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    name: String,
    version: String,
}

impl Package {
    /// Of a bundle.
    pub(super) fn of(bundle: &Bundle) -> Option<Self> {
        let Bundle::RegistryV1(bundle) = bundle else { return None };
        let RegistryV1Parts { package, csv, .. } = bundle.parts();
        Some(Self { name: package.clone(), version: csv.version.clone() })
    }

    /// Of an inventory. Not every version of ours wrote it down.
    pub(super) fn remembered(store: &ConfigMapStore) -> Option<Self> {
        let version = store.fact(VERSION).unwrap_or_default().to_owned();
        Some(Self { name: store.fact(PACKAGE)?.to_owned(), version })
    }
}

/// Remembers it from the next time on that the inventory is saved.
pub(super) fn remember(store: &mut ConfigMapStore, package: Option<&Package>) {
    match package {
        Some(Package { name, version }) => {
            store.set_fact(PACKAGE, name.clone());
            store.set_fact(VERSION, version.clone());
        }
        None => [PACKAGE, VERSION].into_iter().for_each(|key| store.forget_fact(key)),
    }
}

/// That an installation stays of its package, unless somebody wants it replaced; and what is to be said where its version goes down.
pub(super) fn same_package(
    name: &str,
    now: Option<&Package>,
    before: Option<&Package>,
    is_replaced: bool,
) -> anyhow::Result<Option<String>> {
    let (Some(now), Some(before)) = (now, before) else { return Ok(None) };
    if now.name != before.name {
        ensure!(
            is_replaced,
            "{name} is an installation of the package {}, and the bundle is of {}, which would take its place; \
             `rukpakctl delete {name}` removes the one, another name installs the other beside it, and --replace-package does both \
             at once",
            before.name,
            now.name
        );
        return Ok(None);
    }
    let is_back = is_lower(&now.version, &before.version);
    Ok(is_back.then(|| {
        format!(
            "{} {} is lower than the version that is installed, {}",
            now.name, now.version, before.version
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn package(text: &str) -> Package {
        let (name, version) = text.split_once(' ').unwrap();
        Package { name: name.into(), version: version.into() }
    }

    #[rstest]
    #[case::for_the_first_time(Some("a 1.0.0"), None, None)]
    #[case::an_upgrade(Some("a 1.10.0"), Some("a 1.9.0"), None)]
    #[case::a_step_back(
        Some("a 1.9.0"),
        Some("a 1.10.0"),
        Some("a 1.9.0 is lower than the version that is installed, 1.10.0")
    )]
    #[case::a_plain_bundle(None, Some("a 1.0.0"), None)]
    fn of_one_package(
        #[case] now: Option<&str>,
        #[case] before: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        let [now, before] = [now, before].map(|text| text.map(package));
        let told = same_package("web", now.as_ref(), before.as_ref(), false).unwrap();
        assert_eq!(told.as_deref(), expected);
    }

    #[test]
    fn another_package_is_refused_unless_it_is_asked_for() {
        let (now, before) = (package("b 1.0.0"), package("a 2.0.0"));
        let error = same_package("web", Some(&now), Some(&before), false).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"web is an installation of the package a, and the bundle is of b, which would take its place; `rukpakctl delete web` removes the one, another name installs the other beside it, and --replace-package does both at once");
        assert_eq!(same_package("web", Some(&now), Some(&before), true).unwrap(), None);
    }
}
