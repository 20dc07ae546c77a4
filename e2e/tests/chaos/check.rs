//! What is not as it has to be, when all is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::{StreamExt as _, stream};
use kube::discovery::{Discovery, verbs};
use rukpak_apply::cluster::{Cluster, Refusal};
use rukpak_apply::owner::{OWNED_ID, OWNER_KIND, OWNER_NAME, OWNER_UID};
use rukpak_apply::{ObjectId, Resource, ServedKinds};
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::Value;

use crate::place::{Operation, Place, is_write};

/// What is not as it has to be.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What has to be there, or is in the inventory, and is not there.
    pub(crate) lost: Vec<String>,
    /// What is there twice.
    pub(crate) duplicated: Vec<String>,
    /// What is there, has our marks, and is not in the inventory or not in the set.
    pub(crate) orphaned: Vec<String>,
    /// Anything else.
    pub(crate) wrong: Vec<String>,
}

impl Faults {
    pub(crate) fn add(&mut self, other: Self) {
        self.lost.extend(other.lost);
        self.duplicated.extend(other.duplicated);
        self.orphaned.extend(other.orphaned);
        self.wrong.extend(other.wrong);
    }

    pub(crate) fn is_none(&self) -> bool {
        [&self.lost, &self.duplicated, &self.orphaned, &self.wrong].into_iter().all(Vec::is_empty)
    }

    /// Says of each where it was found.
    pub(crate) fn at(mut self, place: &str) -> Self {
        for list in [&mut self.lost, &mut self.duplicated, &mut self.orphaned, &mut self.wrong] {
            for fault in list {
                *fault = format!("{place}: {fault}");
            }
        }
        self
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, list) in [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("orphaned", &self.orphaned),
            ("wrong", &self.wrong),
        ] {
            list.iter().try_for_each(|fault| writeln!(f, "{what}: {fault}"))?;
        }
        Ok(())
    }
}

/// Looks at everything after an operation was run to its end.
pub(crate) async fn check(place: &Place, operation: Operation) -> Faults {
    let served = place.cluster.discover().await.unwrap();
    let mut faults = Faults::default();
    let marked = marked(place, &served).await;
    let there: BTreeSet<String> = marked.iter().map(|object| ObjectId::of(object).to_string()).collect();
    let rendered = operation.version().map(|version| place.rendered(version)).unwrap_or_default();
    let expected: BTreeMap<String, Object> = rendered
        .into_iter()
        .map(|object| located(Object::from_value(object).unwrap(), place, &served))
        .map(|object| (ObjectId::of(&object).to_string(), object))
        .collect();
    let wanted: BTreeSet<String> = expected.keys().cloned().collect();
    faults.lost.extend(wanted.difference(&there).cloned());
    faults.orphaned.extend(there.difference(&wanted).cloned());
    faults.duplicated.extend(
        marked.iter().map(Object::name).filter(|name| name.starts_with("rukpak-trial-")).map(str::to_owned),
    );

    let inventories = inventories(place).await;
    faults
        .duplicated
        .extend(inventories.iter().skip(1).map(|map| format!("inventory {}", ObjectId::of(map))));
    match (inventories.first(), operation) {
        (None, Operation::Delete) => {}
        (Some(_), Operation::Delete) => faults.orphaned.push("the inventory".into()),
        (None, _) => faults.lost.push("the inventory".into()),
        (Some(map), _) => faults.add(check_inventory(map, &wanted, &marked)),
    }
    for object in &marked {
        let id = ObjectId::of(object).to_string();
        if let Some(expected) = expected.get(&id) {
            faults.wrong.extend(difference(object, expected).map(|what| format!("{id}: {what}")));
        }
    }
    faults.wrong.extend(check_certificates(&marked));
    place.was_installed.set(place.was_installed.get() || operation != Operation::Delete);
    for namespace in [&place.namespace, &place.system] {
        if place.was_installed.get() && !is_there(&place.cluster, namespace).await {
            faults.lost.push(format!("namespace {namespace}"));
        }
    }
    if faults.is_none() && operation != Operation::Delete {
        let (run, asked) = place.complete(place.command(operation, 0));
        if run.code != Some(0) {
            faults.wrong.push(format!("once more, it fails: {}", run.stderr));
        }
        let writes = asked.iter().filter(|asked| is_write(asked));
        faults
            .wrong
            .extend(writes.map(|asked| format!("once more, it writes: {} {}", asked.method, asked.path)));
    }
    faults
}

/// All objects with the marks of this place's name, whatever kind they are of.
async fn marked(place: &Place, served: &ServedKinds) -> Vec<Object> {
    let selector = format!("{OWNER_KIND}=Inventory,{OWNER_NAME}={}", place.name);
    let mut kinds: BTreeMap<(&str, &str), (&GroupVersionKind, &Resource)> = BTreeMap::new();
    for (gvk, resource) in served.iter() {
        kinds.insert((&gvk.group, &gvk.kind), (gvk, resource));
    }
    // Reviews can be made, and nothing else.
    let listed = listed(place).await;
    kinds.retain(|_, (gvk, resource)| {
        listed.contains(&(gvk.group.clone(), gvk.version.clone(), resource.plural.clone()))
    });
    let lists = stream::iter(kinds.into_values()).map(|(gvk, resource)| {
        let selector = &selector;
        async move {
            match place.cluster.list(gvk, resource, Some(selector)).await {
                Ok(objects) => objects,
                // A definition of a test's may just go.
                Err(error) if error.refusal() == Refusal::NotFound && is_of_a_test(gvk) => Vec::new(),
                Err(error) => panic!("{gvk:?}: {error}"),
            }
        }
    });
    let lists: Vec<Vec<Object>> = lists.buffer_unordered(8).collect().await;
    // The cluster copies labels: those of a Service to its endpoints.
    lists.into_iter().flatten().filter(|object| object.annotation(OWNED_ID).is_some()).collect()
}

/// Group, version and plural of all kinds whose objects can be listed.
async fn listed(place: &Place) -> BTreeSet<(String, String, String)> {
    // In one answer: asked group by group, a server says that one is none which has just gone.
    let discovery = Discovery::new(place.client.clone()).run_aggregated().await.unwrap();
    let mut listed = BTreeSet::new();
    for group in discovery.groups() {
        let resources = group.versions().flat_map(|version| group.versioned_resources(version));
        for (resource, capabilities) in resources {
            if capabilities.supports_operation(verbs::LIST) {
                listed.insert((resource.group, resource.version, resource.plural));
            }
        }
    }
    assert!(listed.contains(&(String::new(), "v1".into(), "secrets".into())), "{listed:?}");
    listed
}

fn is_of_a_test(gvk: &GroupVersionKind) -> bool {
    gvk.group.ends_with(".example.com")
}

/// An object with the namespace that it goes into.
fn located(mut object: Object, place: &Place, served: &ServedKinds) -> Object {
    let is_namespaced = served.get(&object.gvk()).is_some_and(|resource| resource.namespaced);
    match (is_namespaced, object.namespace()) {
        (true, None) => object.set_namespace(Some(&place.namespace)),
        (false, Some(_)) => object.set_namespace(None),
        _ => {}
    }
    object
}

async fn inventories(place: &Place) -> Vec<Object> {
    let gvk = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() };
    let resource = Resource { plural: "configmaps".into(), namespaced: true };
    let selector = format!("core.rukpak.io/inventory={}", place.name);
    place.cluster.list(&gvk, &resource, Some(&selector)).await.unwrap()
}

async fn is_there(cluster: &Cluster, namespace: &str) -> bool {
    let gvk = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "Namespace".into() };
    let resource = Resource { plural: "namespaces".into(), namespaced: false };
    let selector = format!("kubernetes.io/metadata.name={namespace}");
    !cluster.list(&gvk, &resource, Some(&selector)).await.unwrap().is_empty()
}

/// An inventory names what is there, and all of it has its marks.
fn check_inventory(map: &Object, wanted: &BTreeSet<String>, marked: &[Object]) -> Faults {
    let mut faults = Faults::default();
    let data = |key: &str| map.get(&["data", key]).and_then(Value::as_str).unwrap_or_default();
    let entries: Vec<Value> = serde_json::from_str(data("entries")).unwrap();
    let named: Vec<String> = entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
    let once: BTreeSet<String> = named.iter().cloned().collect();
    if once.len() < named.len() {
        faults.duplicated.push(format!("entries of the inventory: {named:?}"));
    }
    faults.orphaned.extend(wanted.difference(&once).map(|id| format!("{id} is not in the inventory")));
    faults.lost.extend(once.difference(wanted).map(|id| format!("{id} is in the inventory still")));
    for object in marked {
        let id = ObjectId::of(object).to_string();
        if object.annotation(OWNER_UID) != Some(data("uid")) {
            faults.wrong.push(format!("{id} has the mark of another owner"));
        }
        if object.annotation(OWNED_ID) != Some(id.as_str()) {
            faults.wrong.push(format!("{id} has the mark of another object"));
        }
        if object.get(&["metadata", "deletionTimestamp"]).is_some() {
            faults.lost.push(format!("{id} is being deleted"));
        }
    }
    faults
}

/// What an object does not have as it was rendered, or has though it was not.
fn difference(live: &Object, rendered: &Object) -> Option<String> {
    let mut expected = rendered.clone();
    // What was rendered without a certificate says so.
    if rendered.annotation("core.rukpak.io/certificate").is_some() {
        expected.fields_mut().remove("data");
        expected.metadata_mut().remove("annotations");
    }
    let (live, expected) = (live.clone().into_value(), expected.into_value());
    if let Some(path) = missing(&live, &expected) {
        return Some(format!("{path} is not as it was rendered"));
    }
    if live["kind"] == "ConfigMap" && live["data"] != expected["data"] {
        return Some(format!("data are {}", live["data"]));
    }
    let labels = |object: &Value| object["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    let more: Vec<_> = labels(&live)
        .into_iter()
        .filter(|(key, _)| ![OWNER_KIND, OWNER_NAME].contains(&key.as_str()))
        .filter(|(key, _)| !labels(&expected).contains_key(key))
        .collect();
    (!more.is_empty()).then(|| format!("it still has the labels {more:?}"))
}

/// The path of the first value that is not there, or is another one.
fn missing(live: &Value, expected: &Value) -> Option<String> {
    match (live, expected) {
        (Value::Object(live), Value::Object(expected)) => expected.iter().find_map(|(key, expected)| {
            let path = missing(live.get(key).unwrap_or(&Value::Null), expected)?;
            Some(format!(".{key}{path}"))
        }),
        (Value::Array(live), Value::Array(expected)) if live.len() == expected.len() => {
            let pairs = live.iter().zip(expected).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (live, expected))| Some(format!("[{index}]{}", missing(live, expected)?)))
        }
        _ if live == expected => None,
        _ => Some(String::new()),
    }
}

/// Webhooks trust the authority of the certificate that is in the Secret.
fn check_certificates(marked: &[Object]) -> Vec<String> {
    let secret = marked.iter().find(|object| object.kind() == "Secret");
    let authority = secret.and_then(|secret| secret.get(&["data", "ca.crt"]));
    let mut wrong = Vec::new();
    for object in marked.iter().filter(|object| object.kind().ends_with("WebhookConfiguration")) {
        for webhook in object.get(&["webhooks"]).and_then(Value::as_array).unwrap() {
            if authority.is_none() || webhook.pointer("/clientConfig/caBundle") != authority {
                wrong.push(format!("{} trusts another certificate", ObjectId::of(object)));
            }
        }
    }
    wrong
}
