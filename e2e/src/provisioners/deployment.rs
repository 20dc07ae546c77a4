//! A `BundleDeployment`, and what a user does with it.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::panic::Location;
use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Place, Seen};
use crate::controlplane::{LONG, PATIENCE};

/// How often it is asked.
const TICK: Duration = Duration::from_millis(50);

/// A `BundleDeployment`.
#[derive(Debug)]
pub struct Deployment<'p> {
    place: &'p Place,
    name: String,
}

impl<'p> Deployment<'p> {
    pub(super) fn new(place: &'p Place, name: &str) -> Self {
        Self { place, name: name.to_owned() }
    }

    pub(super) async fn create(place: &'p Place, name: &str, spec: Value) -> Self {
        let object: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "core.rukpak.io/v1alpha2",
            "kind": "BundleDeployment",
            "metadata": {"name": name},
            "spec": spec,
        }))
        .unwrap();
        let deployment = Self::new(place, name);
        deployment.api().create(&PostParams::default(), &object).await.unwrap();
        deployment
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn api(&self) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("core.rukpak.io", "v1alpha2", "BundleDeployment");
        Api::all_with(self.place.client(), &ApiResource::from_gvk(&kind))
    }

    /// As it is now, if it is there.
    pub async fn find(&self) -> Option<Seen> {
        let found = self.api().get_opt(&self.name).await.unwrap();
        found.map(|found| Seen::new(serde_json::to_value(found).unwrap()))
    }

    /// As it is now.
    pub async fn see(&self) -> Seen {
        self.find().await.unwrap()
    }

    /// Changes something of it: a merge patch.
    pub async fn change(&self, changes: Value) {
        self.api().patch(&self.name, &PatchParams::default(), &Patch::Merge(&changes)).await.unwrap();
    }

    /// Changes its spec.
    pub async fn respec(&self, spec: Value) {
        self.change(json!({"spec": spec})).await;
    }

    /// Has it look at its image of another reference.
    pub async fn switch_to(&self, image: &str) {
        self.respec(json!({"source": {"image": {"ref": image}}})).await;
    }

    /// Asks for a new look at its source.
    pub async fn look_again(&self, when: &str) {
        self.change(json!({"metadata": {"annotations": {"core.rukpak.io/reconcile-requested-at": when}}}))
            .await;
    }

    /// Begins its deletion.
    pub async fn delete(&self) {
        self.api().delete(&self.name, &DeleteParams::background()).await.unwrap();
    }

    /// Waits until something holds of it.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Seen) -> bool) -> impl Future<Output = Seen> {
        self.wait(Location::caller(), what.to_owned(), PATIENCE, holds)
    }

    /// The same, of what takes minutes.
    #[track_caller]
    pub fn until_at_last(&self, what: &str, holds: impl Fn(&Seen) -> bool) -> impl Future<Output = Seen> {
        self.wait(Location::caller(), what.to_owned(), LONG, holds)
    }

    /// Waits until this very spec is installed, and nothing is to be done any more.
    #[track_caller]
    pub fn until_settled(&self) -> impl Future<Output = Seen> {
        self.wait(Location::caller(), "it is installed and healthy".into(), PATIENCE, Seen::is_settled)
    }

    /// Waits until a condition of this very generation says something, as `False/InstallFailed`.
    #[track_caller]
    pub fn until_says(&self, kind: &str, says: &str) -> impl Future<Output = Seen> {
        let (what, kind, says) = (format!("{kind} says {says}"), kind.to_owned(), says.to_owned());
        let holds = move |seen: &Seen| {
            seen.says(&kind) == says && seen.generation_of(&kind) == Some(seen.generation())
        };
        self.wait(Location::caller(), what, PATIENCE, holds)
    }

    /// Waits until it is gone.
    #[track_caller]
    pub fn until_gone(&self) -> impl Future<Output = ()> {
        self.wait_for_its_end(Location::caller(), PATIENCE)
    }

    /// The same, of what takes minutes.
    #[track_caller]
    pub fn until_gone_at_last(&self) -> impl Future<Output = ()> {
        self.wait_for_its_end(Location::caller(), LONG)
    }

    async fn wait_for_its_end(&self, place: &Location<'_>, patience: Duration) {
        let start = Instant::now();
        while let Some(seen) = self.find().await {
            assert!(start.elapsed() < patience, "{place}: it does not go\n{}", self.report(Some(&seen)));
            sleep(TICK).await;
        }
    }

    async fn wait(
        &self,
        place: &Location<'_>,
        what: String,
        patience: Duration,
        holds: impl Fn(&Seen) -> bool,
    ) -> Seen {
        let start = Instant::now();
        loop {
            let seen = self.find().await;
            if let Some(seen) = seen.as_ref().filter(|seen| holds(seen)) {
                return seen.clone();
            }
            let report = || self.report(seen.as_ref());
            assert!(start.elapsed() < patience, "{place}: waited {patience:?} for: {what}\n{}", report());
            sleep(TICK).await;
        }
    }

    /// What who looks for a reason wants to know.
    fn report(&self, seen: Option<&Seen>) -> String {
        let seen = seen.map_or_else(|| "it is not there".into(), Seen::to_string);
        format!("{seen}\n{}", self.place.provisioners().lines_about(&self.name))
    }
}
