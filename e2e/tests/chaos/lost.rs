//! Inventories that somebody deletes or spoils.

use e2e::controlplane::{Cluster, Fault};
use e2e::process::run;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::bundles::Bundle;
use crate::check::check;
use crate::place::{Operation, Place};

/// A place, and the inventories of its system namespace.
async fn place(bundle: Bundle) -> Option<(Place, Api<ConfigMap>)> {
    let current = Cluster::current().await?;
    let place = Place::new(&current, bundle);
    let maps = Api::namespaced(current.client(), &place.system);
    Some((place, maps))
}

fn inventory(place: &Place) -> String {
    format!("rukpak-inventory-{}", place.name)
}

/// Everything is as it has to be after an operation.
async fn is_right(place: &Place, operation: Operation) {
    let faults = check(place, operation).await;
    assert!(faults.is_none(), "{faults}");
}

#[tokio::test]
async fn a_lost_inventory_is_made_anew_by_the_next_version() {
    for bundle in Bundle::ALL {
        let Some((place, maps)) = place(bundle).await else {
            return;
        };
        run(&mut place.command(Operation::Install, 0)).ok();
        maps.delete(&inventory(&place), &DeleteParams::default()).await.unwrap();
        let upgraded = run(&mut place.command(Operation::Upgrade, 0));
        let told = format!("warning: there is no inventory of {}; it is made anew of ", place.name);
        assert!(upgraded.stderr.starts_with(&told), "{}", upgraded.stderr);
        upgraded.ok();
        // What the new version does not have is gone.
        is_right(&place, Operation::Upgrade).await;
        run(&mut place.command(Operation::Delete, 0)).ok();
        place.leave().await;
    }
}

/// What its kind could not be listed of would be nobody's from then on.
#[tokio::test]
async fn a_lost_inventory_is_not_made_anew_of_a_part() {
    let Some((place, maps)) = place(Bundle::Plain).await else { return };
    run(&mut place.command(Operation::Install, 0)).ok();
    maps.delete(&inventory(&place), &DeleteParams::default()).await.unwrap();
    let [_, way] = &place.ways;
    way.inject(Fault::Status(400), |asked| {
        asked.path.starts_with("/api/v1/services?") && asked.path.contains("labelSelector")
    });
    for operation in [Operation::Upgrade, Operation::Delete] {
        let ran = run(&mut place.command(operation, 1));
        let told =
            "it cannot be made anew of what has its marks until every kind of the cluster can be listed";
        assert!(ran.code == Some(1) && ran.stderr.contains(told), "{}", ran.stderr);
        assert!(ran.stderr.contains("injected by the fault proxy"), "{}", ran.stderr);
        assert!(maps.get_opt(&inventory(&place)).await.unwrap().is_none());
    }
    way.heal();
    run(&mut place.command(Operation::Upgrade, 1)).ok();
    is_right(&place, Operation::Upgrade).await;
    run(&mut place.command(Operation::Delete, 0)).ok();
    place.leave().await;
}

#[tokio::test]
async fn an_inventory_that_is_none_any_more_is_made_anew() {
    let Some((place, maps)) = place(Bundle::Plain).await else { return };
    run(&mut place.command(Operation::Install, 0)).ok();
    let spoil = Patch::Merge(json!({"data": {"entries": "{not a list"}}));
    maps.patch(&inventory(&place), &PatchParams::default(), &spoil).await.unwrap();
    // Nothing else is to be done about it.
    run(&mut place.command(Operation::Install, 0)).ok();
    is_right(&place, Operation::Install).await;
    maps.patch(&inventory(&place), &PatchParams::default(), &spoil).await.unwrap();
    run(&mut place.command(Operation::Upgrade, 0)).ok();
    is_right(&place, Operation::Upgrade).await;
    maps.patch(&inventory(&place), &PatchParams::default(), &spoil).await.unwrap();
    let refused = run(&mut place.command(Operation::Delete, 0)).refused();
    assert!(refused.contains("say by --deletion-policy"), "{refused}");
    run(place.command(Operation::Delete, 0).args(["--deletion-policy", "Delete"])).ok();
    is_right(&place, Operation::Delete).await;
    place.leave().await;
}

#[tokio::test]
async fn what_a_lost_inventory_had_is_deleted_and_definitions_not_on_a_guess() {
    let Some((place, maps)) = place(Bundle::Plain).await else { return };
    run(&mut place.command(Operation::Upgrade, 0)).ok();
    maps.delete(&inventory(&place), &DeleteParams::default()).await.unwrap();
    let refused = run(&mut place.command(Operation::Delete, 0)).refused();
    let objects = place.rendered("v2").len();
    let told = format!(
        "error: there is no inventory of {}, but {objects} objects with its marks, definitions of custom resources among them; say by \
         --deletion-policy what is to become of them: Delete, KeepCRDs or Orphan\n",
        place.name
    );
    assert_eq!(refused, told);
    run(place.command(Operation::Delete, 0).args(["--deletion-policy", "Delete"])).ok();
    is_right(&place, Operation::Delete).await;
    let gone = run(&mut place.command(Operation::Delete, 0)).refused();
    assert!(gone.contains("is not installed"), "{gone}");
    place.leave().await;
}

#[tokio::test]
async fn definitions_that_were_kept_are_not_taken_by_a_second_run() {
    let Some((place, _)) = place(Bundle::Plain).await else { return };
    run(&mut place.command(Operation::Install, 0)).ok();
    run(place.command(Operation::Delete, 0).args(["--deletion-policy", "KeepCRDs"])).ok();
    // As if its answer had been lost.
    let refused = run(&mut place.command(Operation::Delete, 0)).refused();
    // The definition, and what it defines.
    assert!(refused.contains("but 3 objects with its marks, definitions of custom resources"), "{refused}");
    run(&mut place.command(Operation::Install, 0)).ok();
    is_right(&place, Operation::Install).await;
    run(&mut place.command(Operation::Delete, 0)).ok();
    is_right(&place, Operation::Delete).await;
    place.leave().await;
}

#[tokio::test]
async fn an_inventory_elsewhere_is_not_lost() {
    let Some((place, _)) = place(Bundle::Plain).await else { return };
    run(&mut place.command(Operation::Install, 0)).ok();
    let other = format!("{}-other", place.system);
    let mut delete = place.host.rukpakctl(["delete", &place.name, "--system-namespace", &other]);
    let refused = run(delete.env("KUBECONFIG", place.ways[0].kubeconfig())).refused();
    assert!(refused.contains("is not installed"), "{refused}");
    is_right(&place, Operation::Install).await;
    run(&mut place.command(Operation::Delete, 0)).ok();
    place.leave().await;
}
