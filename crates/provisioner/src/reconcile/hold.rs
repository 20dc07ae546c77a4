//! Our finalizer: a `BundleDeployment` stays until what it owns is given back.

use rukpak_api::{BundleDeployment, names};
use rukpak_apply::cluster::ApiError;
use serde_json::json;

use crate::context::Context;
use crate::queue::Again;
use crate::writer::{address, is_overtaken, read};

/// Puts our finalizer on a `BundleDeployment` that does not have it.
pub(super) async fn hold(
    context: &Context,
    deployment: &BundleDeployment,
) -> Result<BundleDeployment, ApiError> {
    let mut finalizers = deployment.metadata.finalizers.clone().unwrap_or_default();
    if finalizers.iter().any(|finalizer| finalizer == names::TEARDOWN_FINALIZER) {
        return Ok(deployment.clone());
    }
    finalizers.push(names::TEARDOWN_FINALIZER.into());
    set(context, deployment, &finalizers).await
}

/// Takes it off.
pub(super) async fn release(context: &Context, deployment: &BundleDeployment) -> Result<(), ApiError> {
    let all = deployment.metadata.finalizers.iter().flatten();
    let others: Vec<_> = all.filter(|finalizer| *finalizer != names::TEARDOWN_FINALIZER).cloned().collect();
    set(context, deployment, &others).await.map(drop)
}

/// When to look again after an error here.
pub(super) fn later(error: &ApiError) -> Again {
    if is_overtaken(error) {
        return Again::Soon;
    }
    tracing::warn!(%error, "the finalizer could not be written");
    Again::Later
}

/// Sets the finalizers of a `BundleDeployment` that is as it was seen.
async fn set(
    context: &Context,
    deployment: &BundleDeployment,
    finalizers: &[String],
) -> Result<BundleDeployment, ApiError> {
    let metadata = &deployment.metadata;
    let kept = Some(finalizers.to_vec()).filter(|finalizers| !finalizers.is_empty());
    context.deployments.writing(
        metadata.name.as_deref().unwrap_or_default(),
        kept,
        deployment.status.clone(),
    );
    let changes = json!({"metadata": {
        "uid": metadata.uid,
        "resourceVersion": metadata.resource_version,
        "finalizers": finalizers,
    }});
    let written = read(context.cluster.merge(&address(deployment), &changes).await?)?; // cluster
    context.deployments.wrote(written.clone());
    Ok(written)
}
