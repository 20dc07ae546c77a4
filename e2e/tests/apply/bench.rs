//! One owner and its namespace on the cluster of the tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::controlplane::{FaultProxy, Namespace, eventually, unique};
use futures_util::future::BoxFuture;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use rukpak_apply::cluster::{Address, ApiError, Cluster};
use rukpak_apply::engine::{
    Applied, Checked, ConfigMapStore, DeletionPolicy, Done, Engine, EngineError, Event, Observer, Options,
    Owners,
};
use rukpak_apply::{Input, Inventory, ObjectId, Owner, Plan, PlanError, ServedKinds, plan};
use rukpak_manifest::{ManifestSet, Object, read_objects};
use tokio::time::{Instant, sleep};

/// One owner.
pub(crate) struct Bench {
    pub(crate) cluster: Cluster,
    /// Who writes the objects, where that is somebody else.
    pub(crate) acting: Option<Cluster>,
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) options: Options,
    name: String,
    /// How often the inventory was lost.
    lost: AtomicU32,
    seen: Seen,
    /// The namespace ends with the last who is in it.
    held: Arc<Namespace>,
}

/// What the engine told, since the last look.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<String, Done>>);

impl Observer for Seen {
    fn event(&self, event: Event<'_>) {
        if let Event::Object(id, done) = event {
            self.0.lock().unwrap().insert(format!("{} {}", id.kind, id.name), done);
        }
    }
}

struct Inventories {
    cluster: Cluster,
    namespace: String,
}

impl Owners for Inventories {
    fn is_alive<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<bool, ApiError>> {
        Box::pin(ConfigMapStore::is_alive(&self.cluster, &self.namespace, owner))
    }
}

impl Bench {
    /// An owner in a namespace of its own. `None`, and a line that says so, where there is no cluster.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        let current = e2e::controlplane::Cluster::current().await?;
        Some(Self::on(&current, name).await)
    }

    /// The same, on a certain cluster.
    pub(crate) async fn on(current: &e2e::controlplane::Cluster, name: &str) -> Self {
        let cluster = Cluster::connect(current.config()).unwrap();
        let held = Arc::new(current.namespace(name).await);
        let namespace = held.name().to_owned();
        let options = Options { patience: Duration::from_secs(20), ..Options::default() };
        let (name, lost, seen) = (format!("{name}-{}", unique()), AtomicU32::new(0), Seen::default());
        let client = current.client();
        Self { cluster, acting: None, client, namespace, options, name, lost, seen, held }
    }

    /// Another owner in the same namespace.
    pub(crate) fn other(&self, name: &str) -> Self {
        Self {
            cluster: self.cluster.clone(),
            acting: None,
            client: self.client.clone(),
            namespace: self.namespace.clone(),
            options: self.options.clone(),
            name: name.into(),
            lost: AtomicU32::new(0),
            seen: Seen::default(),
            held: Arc::clone(&self.held),
        }
    }

    /// Another owner of the same name, whose inventory is in another namespace.
    pub(crate) fn namesake(&self, namespace: &str) -> Self {
        Self { namespace: namespace.into(), ..self.other(&self.name) }
    }

    /// The same, looking at another namespace.
    pub(crate) fn inside(&self, namespace: &str) -> Self {
        Self { namespace: namespace.into(), ..self.other("") }
    }

    /// The same owner, whose requests go through a proxy.
    pub(crate) async fn behind(&self, proxy: &FaultProxy) -> Self {
        let config = e2e::controlplane::config(&proxy.kubeconfig()).await;
        let cluster = Cluster::connect(config).unwrap().with_patience(self.options.patience);
        Self { cluster, name: self.name.clone(), ..self.other("") }
    }

    pub(crate) async fn store(&self) -> (ConfigMapStore, Inventory) {
        let uid = format!("{}-{}-{}", self.namespace, self.name, self.lost.load(Ordering::SeqCst));
        ConfigMapStore::open(&self.cluster, &self.namespace, &self.name, &uid).await.unwrap()
    }

    /// Deletes the inventory, and nothing of what is in it. The next one is another owner.
    pub(crate) async fn lose_inventory(&self) {
        self.store().await.0.remove().await.unwrap();
        self.lost.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) async fn inventory(&self) -> Vec<String> {
        let (_, inventory) = self.store().await;
        inventory.iter().map(|(id, _)| format!("{} {}", id.kind, id.name)).collect()
    }

    pub(crate) fn engine(&self) -> Engine {
        let owners = Inventories { cluster: self.cluster.clone(), namespace: self.namespace.clone() };
        let acting = self.acting.as_ref().unwrap_or(&self.cluster);
        Engine::new(acting.clone(), Arc::new(owners), self.options.clone())
    }

    pub(crate) async fn look(&self, yaml: &str) -> Result<Checked, EngineError> {
        let plan = self.plan(yaml).await.unwrap();
        self.engine().look(plan, &self.served().await).await
    }

    /// Waits until the server goes by its quotas as they are now: takes a set, or does not.
    pub(crate) async fn until(&self, yaml: &str, is_taken: bool) {
        let is_so = async || (self.look(yaml).await.is_ok() == is_taken).then_some(());
        eventually("the quota is what the server goes by", is_so).await;
    }

    pub(crate) async fn plan(&self, yaml: &str) -> Result<Plan, PlanError> {
        let (store, inventory) = self.store().await;
        let served = self.served().await;
        let manifests = manifests(yaml);
        let input = Input {
            manifests: &manifests,
            owner: store.owner(),
            inventory: &inventory,
            served: &served,
            namespace: &self.namespace,
            namespace_is_absent: false,
        };
        plan(input)
    }

    /// What is wrong with a set by itself.
    pub(crate) async fn problems(&self, yaml: &str) -> Vec<String> {
        problems(yaml, &self.served().await)
    }

    /// Applies a set of a kind that a definition has just brought.
    pub(crate) async fn apply_when_served(&self, yaml: &str) -> Result<Applied, EngineError> {
        for object in &manifests(yaml) {
            self.address(object).await;
        }
        self.apply(yaml).await
    }

    /// Writes what was looked at.
    pub(crate) async fn write(&self, checked: Checked) -> Result<Applied, EngineError> {
        let (store, _) = self.store().await;
        self.engine().write(checked, &store, &self.seen).await
    }

    /// Applies a set and prunes what it does not have any more.
    pub(crate) async fn apply(&self, yaml: &str) -> Result<Applied, EngineError> {
        let checked = self.look(yaml).await?;
        let applied = self.write(checked).await?;
        let (store, _) = self.store().await;
        let served = self.served().await;
        self.engine().prune(applied.clone(), &served, &store, &self.seen).await?;
        Ok(applied)
    }

    pub(crate) async fn tear_down(&self, policy: DeletionPolicy) -> Result<(), EngineError> {
        let (store, inventory) = self.store().await;
        let served = self.served().await;
        let engine = self.engine();
        let torn_down = engine.tear_down(store.owner(), inventory, &served, policy, &store, &self.seen);
        may_be_spawned(torn_down).await
    }

    pub(crate) async fn served(&self) -> ServedKinds {
        self.cluster.discover().await.unwrap()
    }

    /// What was done since the last look, as `Kind name`.
    pub(crate) fn done(&self) -> BTreeMap<String, Done> {
        std::mem::take(&mut self.seen.0.lock().unwrap())
    }

    /// Makes objects as somebody else would.
    pub(crate) async fn put(&self, yaml: &str) {
        for object in &manifests(yaml) {
            self.put_object(object).await;
        }
    }

    /// Makes an object as somebody else would.
    pub(crate) async fn put_object(&self, object: &Object) {
        self.put_object_as("somebody", object).await;
    }

    /// The same, as a certain other one.
    pub(crate) async fn put_object_as(&self, manager: &str, object: &Object) {
        let address = self.address(object).await;
        let params = PostParams { field_manager: Some(manager.into()), ..PostParams::default() };
        let object = serde_json::from_value(object.clone().into_value()).unwrap();
        self.api(&address).create(&params, &object).await.unwrap();
    }

    /// Deletes an object as somebody else would.
    pub(crate) async fn delete(&self, kind: &str, name: &str) {
        self.delete_object(&self.get(kind, name).await.unwrap()).await;
    }

    /// The same, of an object that was read.
    pub(crate) async fn delete_object(&self, object: &Object) {
        let uid = object.get(&["metadata", "uid"]).and_then(|uid| uid.as_str()).unwrap();
        assert!(self.cluster.delete(&self.address(object).await, uid).await.unwrap());
    }

    /// Changes an object as somebody else would.
    pub(crate) async fn change(&self, kind: &str, name: &str, changes: serde_json::Value) {
        self.others(kind, name).await.patch(name, &others(), &Patch::Merge(changes)).await.unwrap();
    }

    /// Changes an object as somebody else would, and does not read what it is then.
    pub(crate) async fn change_unread(&self, kind: &str, name: &str, changes: serde_json::Value) {
        let resource = self.others(kind, name).await.resource_url().to_owned();
        let request = kube::core::Request::new(resource).patch(name, &others(), &Patch::Merge(changes));
        self.client.request_text(request.unwrap()).await.unwrap();
    }

    /// Changes the status of an object as its controller would.
    pub(crate) async fn change_status(&self, kind: &str, name: &str, changes: serde_json::Value) {
        self.others(kind, name).await.patch_status(name, &others(), &Patch::Merge(changes)).await.unwrap();
    }

    async fn others(&self, kind: &str, name: &str) -> Api<DynamicObject> {
        let address = self.address(&self.get(kind, name).await.unwrap()).await;
        self.api(&address)
    }

    fn api(&self, Address { id, version, resource }: &Address) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(&id.group, version, &id.kind);
        let kind = ApiResource::from_gvk_with_plural(&kind, &resource.plural);
        match id.namespace.as_str() {
            "" => Api::all_with(self.client.clone(), &kind),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &kind),
        }
    }

    /// An object: `apps/v1/Deployment`, `v1/ConfigMap`.
    pub(crate) async fn get(&self, kind: &str, name: &str) -> Option<Object> {
        let (api_version, kind) = kind.rsplit_once('/').unwrap();
        let object = Object::new(api_version, kind, Some(&self.namespace), name);
        let address = self.address(&object).await;
        self.cluster.get(&address).await.unwrap()
    }

    /// The same, where its kind may not be served.
    pub(crate) async fn find(&self, kind: &str, name: &str) -> Option<Object> {
        let (api_version, of) = kind.rsplit_once('/').unwrap();
        let gvk = Object::new(api_version, of, None, name).gvk();
        self.served().await.get(&gvk)?;
        self.get(kind, name).await
    }

    /// How requests name an object, as soon as its kind is served.
    pub(crate) async fn address(&self, object: &Object) -> Address {
        let gvk = object.gvk();
        let start = Instant::now();
        let resource = loop {
            // A definition takes a moment to be served.
            match self.served().await.get(&gvk) {
                Some(resource) => break resource.clone(),
                None if start.elapsed() < Duration::from_secs(20) => sleep(Duration::from_millis(50)).await,
                None => panic!("{gvk} is not served"),
            }
        };
        let mut id = ObjectId::of(object);
        id.namespace = match (resource.namespaced, id.namespace.as_str()) {
            (false, _) => String::new(),
            (true, "") => self.namespace.clone(),
            (true, namespace) => namespace.to_owned(),
        };
        Address { id, version: gvk.version, resource }
    }
}

/// A controller works on several threads.
fn may_be_spawned<F: Future + Send>(future: F) -> F {
    future
}

/// Whoever is not us.
fn others() -> PatchParams {
    PatchParams { field_manager: Some("somebody".into()), ..PatchParams::default() }
}

/// What is wrong with a set by itself, on a server that serves these kinds.
pub(crate) fn problems(yaml: &str, served: &ServedKinds) -> Vec<String> {
    let (manifests, owner) =
        (manifests(yaml), Owner { kind: "Test".into(), name: "x".into(), uid: "1".into() });
    let input = Input {
        manifests: &manifests,
        owner: &owner,
        inventory: &Inventory::default(),
        served,
        namespace: "default",
        namespace_is_absent: false,
    };
    plan(input).err().into_iter().flat_map(|error| error.0).map(|problem| problem.to_string()).collect()
}

pub(crate) fn manifests(yaml: &str) -> ManifestSet {
    let (objects, _) = read_objects(yaml.as_bytes(), &mut 1_000_000).unwrap();
    ManifestSet::new(objects.into_iter().map(|located| located.object)).0
}

/// The whole text of an error.
pub(crate) fn text(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
