//! Installations in a table.

use std::io::{self, Write};

use jiff::Timestamp;
use kube::ResourceExt as _;
use rukpak_api::condition::{HEALTHY, INSTALLED};
use rukpak_api::{Bundle, BundleDeployment};
use rukpak_apply::Inventory;
use rukpak_apply::engine::{ConfigMapStore, DeletionPolicy};

use crate::deployment::{condition, details, source};
use crate::installation::{NAMESPACE, PACKAGE, POLICY, SOURCE, VERSION};
use crate::installed::Installed;
use crate::{age, table};

/// What is not known of an inventory: nobody keeps looking, or it is damaged.
const UNKNOWN: &str = "-";

/// Writes inventories.
pub(super) fn inventories(out: &mut impl Write, found: &[Installed]) -> io::Result<()> {
    let rows = found.iter().filter_map(|one| match one {
        Installed::Deployment(_) => None,
        Installed::Inventory(found) => Some(inventory(found)),
    });
    table::rows(out, "", ["NAME", "BUNDLE", "NAMESPACE", "OBJECTS", "ON DELETION", "SOURCE"], rows)
}

/// Writes installations of both kinds.
pub(super) fn all(out: &mut impl Write, found: &[Installed], now: Timestamp) -> io::Result<()> {
    let header = ["NAME", "KIND", "BUNDLE", "NAMESPACE", "INSTALLED", "HEALTHY", "AGE", "SOURCE"];
    let rows = found.iter().map(|one| match one {
        Installed::Deployment(found) => deployment(found, now),
        Installed::Inventory(found) => {
            let [name, bundle, namespace, _, _, source] = inventory(found);
            let created = found.0.created().and_then(|created| created.parse().ok());
            let age = created.map_or_else(|| UNKNOWN.to_owned(), |created| age::between(created, now));
            let [installed, healthy] = [UNKNOWN; 2].map(str::to_owned);
            [name, one.kind().to_string(), bundle, namespace, installed, healthy, age, source]
        }
    });
    table::rows(out, "", header, rows)
}

fn deployment(deployment: &BundleDeployment, now: Timestamp) -> [String; 8] {
    let [installed, healthy] = [INSTALLED, HEALTHY].map(|kind| condition(deployment, kind));
    let status = deployment.status.as_ref();
    [
        deployment.name_any(),
        "BundleDeployment".into(),
        bundle(status.and_then(|status| status.bundle.as_ref()).unwrap_or(&Bundle::default())),
        Some(details::namespace(deployment)).filter(|name| !name.is_empty()).unwrap_or(UNKNOWN).to_owned(),
        installed.map_or_else(|| UNKNOWN.into(), |one| one.reason.clone()),
        healthy.map_or_else(|| UNKNOWN.into(), |one| one.status.clone()),
        details::since(deployment, now),
        source::shown(&deployment.spec.source),
    ]
}

fn inventory((store, inventory): &(ConfigMapStore, Inventory)) -> [String; 6] {
    let fact = |key| store.fact(key).unwrap_or_default().to_owned();
    let known = |key| store.fact(key).filter(|fact| !fact.is_empty()).map(str::to_owned);
    let bundle = bundle(&Bundle { package: known(PACKAGE), version: known(VERSION), ..Bundle::default() });
    let objects = if store.is_damaged() { UNKNOWN.to_owned() } else { inventory.len().to_string() };
    [store.owner().name.clone(), bundle, fact(NAMESPACE), objects, policy(store), fact(SOURCE)]
}

/// An operator's package and version; a plain bundle has none.
fn bundle(bundle: &Bundle) -> String {
    Some(details::bundle(bundle)).filter(|bundle| !bundle.is_empty()).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// What `delete` does about an inventory's objects.
pub(super) fn policy(store: &ConfigMapStore) -> String {
    store.fact(POLICY).map_or_else(|| DeletionPolicy::default().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::tests::deployment as made;
    use insta::assert_snapshot;

    #[test]
    fn at_every_moment() {
        let now = "2026-01-01T00:05:10Z".parse().unwrap();
        let mut fresh = made(&[]);
        fresh.status = None;
        let running = made(&[
            ("Installed", "True", "InstallationSucceeded", "", 2),
            ("Healthy", "True", "Healthy", "", 2),
        ]);
        let failed =
            made(&[("Installed", "False", "InstallFailed", "", 2), ("Healthy", "False", "Unhealthy", "", 2)]);
        let found = [fresh, running, failed].map(|one| Installed::Deployment(Box::new(one)));
        let mut out = Vec::new();
        all(&mut out, &found, now).unwrap();
        let plain = anstream::adapter::strip_bytes(&out).into_vec();
        assert_snapshot!(String::from_utf8(plain).unwrap());
    }
}
