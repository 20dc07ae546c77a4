//! Every object of an installation, one generator per kind of input.
//!
//! In: a [`Context`] and the objects that the bundle carries. Out: objects in the order in which operator-controller
//! writes them, which decides between two of one identity: the last one stands.

mod definitions;
mod deployments;
mod extras;
#[cfg(test)]
pub(crate) mod fixture;
mod operator_condition;
mod permissions;
mod service_accounts;
mod services;
mod webhooks;

use std::collections::BTreeSet;

use rukpak_bundle::{ClusterServiceVersion, WebhookType};
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;
use serde_json::Value;

use crate::certificates::{self, Certificates};
use crate::{DeploymentConfig, TargetNamespaces};

/// What every generator may look at.
pub(crate) struct Context<'a> {
    pub(crate) csv: &'a ClusterServiceVersion,
    pub(crate) install_namespace: &'a Namespace,
    pub(crate) targets: &'a TargetNamespaces,
    pub(crate) certificates: Certificates<'a>,
    pub(crate) deployment_config: &'a DeploymentConfig,
    /// The deployments that serve a webhook, by name.
    pub(crate) serving: BTreeSet<&'a str>,
    /// Whether the operator is given an `OperatorCondition`.
    pub(crate) operator_condition: bool,
}

impl<'a> Context<'a> {
    /// The names around the certificate of a deployment.
    fn certificate_names(&self, deployment: &str) -> certificates::Names<'a> {
        certificates::Names::of(deployment, self.install_namespace)
    }
}

/// The objects of an installation. `definitions` and `extras` are the bundle's own objects, which are moved, not
/// copied.
pub(crate) fn objects(context: &Context<'_>, definitions: Vec<Object>, extras: Vec<Object>) -> Vec<Object> {
    let mut objects = service_accounts::generate(context, &extras);
    objects.extend(permissions::generate(context));
    objects.extend(definitions::generate(context, definitions));
    objects.extend(extras::generate(context, extras));
    objects.extend(deployments::generate(context));
    objects.extend(webhooks::generate(context, WebhookType::Validating));
    objects.extend(webhooks::generate(context, WebhookType::Mutating));
    objects.extend(services::generate(context));
    for deployment in &context.serving {
        objects.extend(context.certificates.objects(&context.certificate_names(deployment)));
    }
    if context.operator_condition {
        objects.extend(operator_condition::generate(context));
    }
    objects
}

/// Drops what an author's tool left in a manifest and no API server takes from a client: `status`, and the null that
/// Go writes for a `creationTimestamp` that is not set.
fn drop_leftovers(object: &mut Object) {
    object.fields_mut().remove("status");
    if object.get(&["metadata", "creationTimestamp"]).is_some_and(Value::is_null) {
        object.metadata_mut().remove("creationTimestamp");
    }
}
