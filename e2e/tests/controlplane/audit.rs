//! The audit log counts who did what.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchParams};
use serde_json::json;

use crate::{cluster, config_map};

#[tokio::test]
async fn requests_are_counted_from_a_mark_on() {
    let Some(cluster) = cluster().await else { return };
    let Some(audit) = cluster.audit() else { return };
    let namespace = cluster.namespace("audit").await;
    // Others work at the same time.
    let agent = namespace.name();
    let mut config = cluster.config();
    config.headers.retain(|(name, _)| name != "user-agent");
    config.headers.push(("user-agent".parse().unwrap(), agent.parse().unwrap()));
    let maps = Api::<ConfigMap>::namespaced(Client::try_from(config).unwrap(), namespace.name());
    maps.create(&PostParams::default(), &config_map("before")).await.unwrap();

    let mark = audit.mark().await;
    assert_eq!(audit.since(mark).await.by_agent(agent).to_string(), "");
    maps.create(&PostParams::default(), &config_map("one")).await.unwrap();
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    maps.create(&dry_run, &config_map("two")).await.unwrap();
    maps.list(&ListParams::default()).await.unwrap();
    let _watch = maps.watch(&WatchParams::default(), "0").await.unwrap();
    let patch = Patch::Apply(json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "key": "value" } }));
    maps.patch("one", &PatchParams::apply("e2e"), &patch).await.unwrap();
    maps.get("none").await.unwrap_err();
    maps.delete("one", &DeleteParams::default()).await.unwrap();

    let requests = audit.since(mark).await.by_agent(agent);
    let expected = "create configmaps NAMESPACE/one 201\n\
        create configmaps NAMESPACE/two 201 (dry run)\n\
        list configmaps NAMESPACE 200\n\
        watch configmaps NAMESPACE 200\n\
        patch configmaps NAMESPACE/one 200\n\
        get configmaps NAMESPACE/none 404\n\
        delete configmaps NAMESPACE/one 200\n";
    assert_eq!(requests.to_string(), expected.replace("NAMESPACE", namespace.name()));
    assert_eq!((requests.writes().len(), requests.reads().len()), (3, 4));
    assert_eq!(requests.by_user(&requests.iter().next().unwrap().user).len(), 7);
    assert_eq!(requests.by_user("nobody").len(), 0);
}
