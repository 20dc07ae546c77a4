//! Real bundles on a real API server: installed, compared, upgraded to another version of themselves, and removed, by the command line
//! and by both provisioners.
//!
//! The bundles are not part of the project. They are looked for in the folder that `RUKPAK_CORPUS` names (from the root of the checkout),
//! or else in `../shared/corpus`: as `bundles/OPERATOR/VERSION`. Some of those with two versions are taken, from the smallest to the
//! largest; `make corpus` takes all of them, by themselves and beside each other. They are on a control plane of their own, since webhooks of
//! theirs may be about anything.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "real/beside.rs"]
mod beside;
#[path = "real/every.rs"]
mod every;
#[path = "real/foreign.rs"]
mod foreign;
#[path = "real/granted.rs"]
mod granted;
#[path = "real/installer.rs"]
mod installer;
#[path = "real/known.rs"]
mod known;
#[path = "real/left.rs"]
mod left;
#[path = "real/operators.rs"]
mod operators;

use std::collections::BTreeSet;

use e2e::process::files;
use e2e::provisioners::bundle::Files;
use e2e::provisioners::{Place, Which};
use installer::{Installer, assert_gone, part};
use serde_json::json;

/// How long an operator may take to be healthy.
const PATIENCE: &str = "1m";

#[tokio::test]
async fn real_bundles_are_installed_upgraded_and_removed() {
    let Some(operators) = operators::some() else { return };
    let Some(place) = Place::new("real").await else { return };
    let (all, mut done) = (operators.len(), 0);
    for operator in &operators {
        let installer = Installer::new(&place, operator);
        if installer.can_be_installed() {
            installer.apply(0, PATIENCE, &[]).ok();
            installer.assert_installed(0);
            installer.upgrade(PATIENCE).ok();
            installer.assert_installed(1);
            installer.remove().await;
            done += 1;
        }
    }
    assert!(done * 2 >= all, "{done} of {all} bundles were installed");
}

/// The files of a version for a provisioner. Plain manifests name the namespace.
fn bundle(installer: &Installer<'_>, which: Which, version: usize, namespace: &str) -> Files {
    let folder = &installer.operator.versions[version];
    match which {
        Which::RegistryV1 => {
            let text = |(path, content)| (path, String::from_utf8(content).unwrap());
            files(folder).into_iter().map(text).collect()
        }
        Which::Plain => {
            let folder = folder.to_str().unwrap();
            let arguments = ["render", folder, "--generate-certificates", "--install-namespace", namespace];
            vec![("manifests/all.yaml".to_owned(), installer.run(&arguments).ok())]
        }
    }
}

/// Installs a bundle as a `BundleDeployment`, then the next one, and removes it.
async fn deploy(place: &Place, which: Which, bundles: [Files; 2], definitions: &BTreeSet<String>) {
    let [first, next] = [("v1", &bundles[0]), ("v2", &bundles[1])]
        .map(|(version, files)| place.push(&format!("{}-{version}", which.name()), files));
    let mut spec = place.spec(which, &first);
    spec["preflight"] = json!({"crdUpgradeSafety": {"disabled": true}});
    spec["force"] = true.into();
    let deployment = place.create(spec).await;
    let seen = deployment.until_settled().await;
    assert!(!seen.inventory().is_empty(), "{seen}");
    deployment.switch_to(&next).await;
    let seen = deployment.until_settled().await;
    let there: BTreeSet<_> = seen.inventory().iter().map(|id| part(id)).collect();
    assert!(definitions.iter().any(|name| there.iter().any(|id| id.contains(name))), "{seen}");
    deployment.delete().await;
    deployment.until_gone().await;
    assert_gone(place, definitions).await;
}

#[tokio::test]
async fn a_real_bundle_is_installed_upgraded_and_removed_by_both_provisioners() {
    let Some(operators) = operators::some() else { return };
    // Its definitions are in the other test, too.
    let Some(place) = Place::alone("real-bd").await else { return };
    let mut all = operators.iter().map(|operator| Installer::new(&place, operator));
    let installer =
        all.find(|one| !one.definitions().is_empty() && one.can_be_installed()).expect("a bundle to install");
    let definitions = installer.definitions();
    for which in Which::ALL {
        let bundles = [0, 1].map(|version| bundle(&installer, which, version, place.name()));
        deploy(&place, which, bundles, &definitions).await;
    }
}
