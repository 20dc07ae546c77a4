//! Our finalizer: a `BundleDeployment` stays until what it owns is given back.

use rukpak_api::{BundleDeployment, names};
use rukpak_apply::cluster::ApiError;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{State, Writer, address, read};

impl Writer {
    /// Puts our finalizer on, where it is not.
    pub(crate) async fn hold(&self) -> Result<(), ApiError> {
        let mut state = self.state.lock().await;
        let mut finalizers = state.live.metadata.finalizers.clone().unwrap_or_default();
        if is_held(&state.live) {
            return Ok(());
        }
        finalizers.push(names::TEARDOWN_FINALIZER.into());
        self.set(&mut state, &finalizers).await
    }

    /// Takes it off.
    pub(crate) async fn release(&self) -> Result<(), ApiError> {
        let mut state = self.state.lock().await;
        let mut finalizers = state.live.metadata.finalizers.clone().unwrap_or_default();
        finalizers.retain(|finalizer| finalizer != names::TEARDOWN_FINALIZER);
        self.set(&mut state, &finalizers).await
    }

    /// Writes down that what is owned is to stay, where it is not: whoever comes after us may not have seen who said so.
    pub(crate) async fn remember_orphaned(&self) -> Result<(), ApiError> {
        let mut state = self.state.lock().await;
        if state.live.metadata.annotations.iter().flatten().any(|(key, _)| key == names::ORPHANED) {
            return Ok(());
        }
        self.change(&mut state, "annotations", json!({names::ORPHANED: "true"})).await
    }

    /// Sets the finalizers, if everything is as it was seen.
    async fn set(&self, state: &mut State, finalizers: &[String]) -> Result<(), ApiError> {
        let kept = Some(finalizers.to_vec()).filter(|finalizers| !finalizers.is_empty());
        let name = state.live.metadata.name.as_deref().unwrap_or_default();
        self.deployments.writing(name, kept, state.live.status.clone());
        self.change(state, "finalizers", json!(finalizers)).await
    }

    /// Changes a field of the metadata, if everything is as it was seen.
    async fn change(&self, state: &mut State, field: &str, value: Value) -> Result<(), ApiError> {
        let seen = &state.live.metadata;
        let changes = json!({"metadata": {
            "uid": seen.uid,
            "resourceVersion": seen.resource_version,
            field: value,
        }});
        state.live = read(self.cluster.merge(&address(&state.live), &changes).await?)?; // cluster
        state.seen = Instant::now();
        self.deployments.wrote(state.live.clone());
        Ok(())
    }
}

/// Whether our finalizer is on one.
pub(crate) fn is_held(deployment: &BundleDeployment) -> bool {
    deployment.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == names::TEARDOWN_FINALIZER)
}
