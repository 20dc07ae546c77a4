//! A `BundleDeployment` in full, for people. Pure, but for the clock that is handed in.

use std::io::{self, Write};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use rukpak_api::{Bundle, BundleDeployment, BundleDeploymentStatus};

use super::is_current;
use super::source::shown;
use crate::{age, table};

/// Writes what it is, what of, and its conditions.
pub(crate) fn write(out: &mut impl Write, deployment: &BundleDeployment, now: Timestamp) -> io::Result<()> {
    let empty = BundleDeploymentStatus::default();
    let status = deployment.status.as_ref().unwrap_or(&empty);
    let spec = &deployment.spec;
    let account = spec.service_account_name.as_ref().map(|name| {
        let namespace = spec.service_account_namespace.as_ref().or(spec.install_namespace.as_ref());
        format!("{}/{name}", namespace.map_or("", String::as_str))
    });
    let of = |source: &Option<_>| source.as_ref().map(shown).unwrap_or_default();
    let facts = [
        ("Name", deployment.name_any()),
        ("Kind", "BundleDeployment".to_owned()),
        ("Class", spec.provisioner_class_name.clone()),
        ("Age", since(deployment, now)),
        ("Generation", generation(deployment)),
        ("Bundle", status.bundle.as_ref().map(bundle).unwrap_or_default()),
        ("Source", shown(&spec.source)),
        ("Resolved source", of(&status.resolved_source)),
        ("Active source", of(&status.active_source)),
        ("Install namespace", namespace(deployment).to_owned()),
        ("Service account", account.unwrap_or_default()),
        ("On deletion", format!("{:?}", spec.deletion_policy)),
        ("Paused", if spec.paused == Some(true) { "yes: nothing is written" } else { "" }.to_owned()),
        ("Objects", objects(deployment).to_string()),
        ("Content", status.content_url.clone().unwrap_or_default()),
    ];
    table::facts(out, &facts)?;
    let rows = status.conditions.iter().map(|condition| row(deployment, condition, now));
    table::table(out, "Conditions", ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"], rows)
}

/// `hello-operator 0.1.0`, or whatever is known of it.
pub(crate) fn bundle(Bundle { name, package, version }: &Bundle) -> String {
    let parts = [package.as_ref().or(name.as_ref()), version.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The namespace that it is, or is to be, installed into; empty where the bundle is to say it yet.
pub(crate) fn namespace(deployment: &BundleDeployment) -> &str {
    let status = deployment.status.as_ref().and_then(|status| status.install_namespace.as_deref());
    status.or(deployment.spec.install_namespace.as_deref()).unwrap_or_default()
}

/// How many objects it owns.
pub(crate) fn objects(deployment: &BundleDeployment) -> usize {
    let inventory = deployment.status.as_ref().and_then(|status| status.inventory.as_ref());
    inventory.map_or(0, |inventory| inventory.entries.len())
}

/// How old it is.
pub(crate) fn since(deployment: &BundleDeployment, now: Timestamp) -> String {
    let created = deployment.metadata.creation_timestamp.as_ref();
    created.map(|created| age::between(created.0, now)).unwrap_or_default()
}

/// The generation, and which one was looked at where that is another.
fn generation(deployment: &BundleDeployment) -> String {
    let Some(now) = deployment.metadata.generation else { return String::new() };
    match deployment.status.as_ref().and_then(|status| status.observed_generation) {
        Some(observed) if observed == now => now.to_string(),
        Some(observed) => format!("{now}, of which nothing is reported yet; what is here is of {observed}"),
        None => format!("{now}, of which nothing is reported yet"),
    }
}

/// A condition. Where it is about an earlier generation, its message says so.
fn row(deployment: &BundleDeployment, condition: &Condition, now: Timestamp) -> [String; 5] {
    let Condition { type_, status, reason, message, observed_generation, last_transition_time } = condition;
    let message = match (is_current(deployment, condition), observed_generation) {
        (true, _) => message.clone(),
        (false, Some(generation)) => format!("of generation {generation}: {message}"),
        (false, None) => format!("of an unknown generation: {message}"),
    };
    [type_.clone(), status.clone(), reason.clone(), age::between(last_transition_time.0, now), message]
}

#[cfg(test)]
mod tests {
    use super::super::tests::deployment;
    use super::*;
    use insta::assert_snapshot;

    fn written(deployment: &BundleDeployment) -> String {
        let mut out = Vec::new();
        write(&mut out, deployment, "2026-01-01T00:05:10Z".parse().unwrap()).unwrap();
        anstream::adapter::strip_bytes(&out).into_vec().try_into().unwrap_or_default()
    }

    #[test]
    fn an_upgrade_that_is_refused() {
        assert_snapshot!(written(&deployment(&[
            ("Unpacked", "True", "UnpackSuccessful", "Successfully unpacked the bundle of hello", 2),
            ("HasValidBundle", "False", "BundleLoadFailed", "manifests/a.yaml: \u{1b}[31mno CSV", 2),
            ("Installed", "True", "InstallationSucceeded", "Instantiated bundle hello successfully", 1),
            ("Healthy", "True", "Healthy", "9 of 9 objects are healthy", 1),
        ])));
    }

    #[test]
    fn one_that_nobody_has_looked_at() {
        let mut fresh = deployment(&[]);
        fresh.status = None;
        fresh.spec.paused = Some(true);
        fresh.spec.service_account_name = Some("installer".into());
        fresh.spec.install_namespace = Some("team-a".into());
        assert_snapshot!(written(&fresh));
    }
}
