//! An inventory that two work with.

use e2e::controlplane::eventually;
use rukpak_apply::cluster::Refusal;
use rukpak_apply::engine::{ConfigMapStore, DeletionPolicy, Done, EngineError, Store as _};
use rukpak_apply::{Inventory, Owner};
use rukpak_manifest::Object;
use serde_json::json;

use super::bench::Bench;

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";

fn some() -> Inventory {
    Inventory::of(&[Object::new("v1", "ConfigMap", Some("x"), "a")])
}

#[tokio::test]
async fn of_two_that_save_one_is_refused_and_nothing_is_removed() {
    let Some(bench) = Bench::new("two-saves").await else { return };
    let ((first, _), (second, _)) = (bench.store().await, bench.store().await);
    first.save(&some()).await.unwrap();
    let refused = second.save(&some()).await.unwrap_err();
    assert_eq!(refused.refusal(), Refusal::AlreadyExists);
    assert!(second.is_refused(&refused));

    let ((first, _), (second, _)) = (bench.store().await, bench.store().await);
    // It says nothing new, and all the same somebody is at work.
    first.save(&some()).await.unwrap();
    let refused = second.save(&some()).await.unwrap_err();
    assert_eq!(refused.refusal(), Refusal::Conflict);
    let refused = second.remove().await.unwrap_err();
    assert!(second.is_refused(&refused));
    first.remove().await.unwrap();
    assert_eq!(second.save(&some()).await.unwrap_err().refusal(), Refusal::NotFound);
    second.remove().await.unwrap();
}

#[tokio::test]
async fn what_is_written_while_somebody_deletes_is_refused_before_the_first_write() {
    let Some(bench) = Bench::new("meanwhile").await else { return };
    bench.apply(MAP).await.unwrap();
    bench.delete("v1/ConfigMap", "a").await;
    // The inventory has it, and will: nothing new is to be said of it.
    let checked = bench.look(MAP).await.unwrap();
    let (store, _) = bench.store().await;
    bench.store().await.0.remove().await.unwrap();
    let error = bench.engine().write(checked, &store, &()).await.unwrap_err();
    assert!(matches!(&error, EngineError::Api(error) if store.is_refused(error)), "{error}");
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

#[tokio::test]
async fn what_is_pruned_while_somebody_saves_is_refused_before_the_first_deletion() {
    let Some(bench) = Bench::new("prunes").await else { return };
    bench.apply(MAP).await.unwrap();
    let checked = bench.look("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}").await.unwrap();
    let ((store, _), served) = (bench.store().await, bench.served().await);
    let applied = bench.engine().write(checked, &store, &()).await.unwrap();
    store.confirm().await.unwrap();
    let (other, inventory) = bench.store().await;
    other.save(&inventory).await.unwrap();
    let error = bench.engine().prune(applied.clone(), &served, &store, &()).await.unwrap_err();
    assert!(matches!(&error, EngineError::Api(error) if store.is_refused(error)), "{error}");
    assert!(bench.get("v1/ConfigMap", "a").await.is_some());

    bench.store().await.0.remove().await.unwrap();
    let refused = store.confirm().await.unwrap_err();
    assert!(store.is_refused(&refused), "{refused}");
    let (none, _) = bench.store().await;
    none.confirm().await.unwrap();
}

/// Somebody changes their mind while the first objects go: what is left stays.
#[tokio::test]
async fn what_is_given_back_while_somebody_saves_is_refused_before_the_next_phase() {
    let Some(bench) = Bench::new("gives-back").await else { return };
    let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}";
    bench.apply(&format!("{MAP}\n---\n{service}")).await.unwrap();
    bench.change("v1/Service", "s", json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;
    let ((store, inventory), served) = (bench.store().await, bench.served().await);
    let engine = bench.engine();
    let torn_down = engine.tear_down(store.owner(), inventory, &served, DeletionPolicy::Delete, &store, &());
    let somebody = async {
        eventually("the service goes", async || {
            let service = bench.get("v1/Service", "s").await?;
            service.get(&["metadata", "deletionTimestamp"]).map(drop)
        })
        .await;
        let (other, inventory) = bench.store().await;
        other.save(&inventory).await.unwrap();
        bench.change("v1/Service", "s", json!({"metadata": {"finalizers": null}})).await;
    };
    let (torn_down, ()) = tokio::join!(torn_down, somebody);
    let error = torn_down.unwrap_err();
    assert!(matches!(&error, EngineError::Api(error) if store.is_refused(error)), "{error}");
    assert_eq!(bench.get("v1/Service", "s").await, None);
    assert!(bench.get("v1/ConfigMap", "a").await.is_some());
}

#[tokio::test]
async fn an_inventory_in_another_namespace_is_alive() {
    let Some(bench) = Bench::new("elsewhere").await else { return };
    let (store, _) = bench.store().await;
    store.save(&some()).await.unwrap();
    let is_alive = async |owner| ConfigMapStore::is_alive(&bench.cluster, "elsewhere", &owner).await.unwrap();
    assert!(is_alive(store.owner().clone()).await);
    assert!(!is_alive(Owner { uid: "another".into(), ..store.owner().clone() }).await);
}

#[tokio::test]
async fn what_others_made_of_an_inventory_is_no_empty_one() {
    let Some(bench) = Bench::new("spoilt").await else { return };
    bench.apply(MAP).await.unwrap();
    assert!(!bench.store().await.0.is_damaged());
    let name = format!("rukpak-inventory-{}", bench.store().await.0.owner().name);
    bench.change("v1/ConfigMap", &name, json!({"data": {"entries": "{"}})).await;
    assert!(bench.store().await.0.is_damaged());
    bench.change("v1/ConfigMap", &name, json!({"data": null})).await;
    assert!(bench.store().await.0.is_damaged());
}

/// With it the inventories of all others would go.
#[tokio::test]
async fn the_namespace_of_inventories_is_made_first_where_the_set_has_it_and_stays() {
    let Some(bench) = Bench::new("home").await else { return };
    let name = format!("{}-home", bench.namespace);
    let home = bench.namesake(&name);
    let set = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{its: own}}}}}}\n---\n{MAP}\n"
    );
    home.apply(&set).await.unwrap();
    assert_eq!(home.done()[&format!("Namespace {name}")], Done::Created);
    assert_eq!(home.inventory().await, ["ConfigMap a", &format!("Namespace {name}")]);
    let namespace = home.get("v1/Namespace", &name).await.unwrap();
    assert_eq!(namespace.get(&["metadata", "labels", "its"]), Some(&json!("own")));
    assert_eq!(home.apply(&set).await.unwrap().written, 0);
    home.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(home.get("v1/ConfigMap", "a").await, None);
    let namespace = home.get("v1/Namespace", &name).await.unwrap();
    assert_eq!(namespace.get(&["metadata", "deletionTimestamp"]), None);
    assert_eq!(namespace.get(&["metadata", "annotations"]), None, "it is nobody's");
    bench.delete("v1/Namespace", &name).await;
}
