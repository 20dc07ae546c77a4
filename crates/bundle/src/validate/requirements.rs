//! What the cluster must have for the operator to work.
//!
//! operator-controller looks at none of this; legacy OLM refuses to install where the version or a native API is missing.
//! So does this, but only where the cluster's [`Capabilities`] are known.

use std::collections::BTreeSet;

use semver::Version;

use crate::Capabilities;
use crate::csv::read::Draft;
use crate::finding::{
    API_SERVICES_UNSUPPORTED, KUBE_VERSION_TOO_LOW, MIN_KUBE_VERSION, NATIVE_API_INCOMPLETE,
    NATIVE_API_MISSING, REQUIRED_API_SERVICE, REQUIRED_DEFINITION,
};
use crate::report::{Located, Report, steps};
use crate::version;

/// `spec.apiservicedefinitions.owned` is empty: nothing here installs an aggregated API.
pub(super) fn owned_api_services(report: &mut Report<'_>, draft: &Draft<'_>) {
    for (index, owned) in draft.csv.owned_api_services.iter().enumerate() {
        let message = format_args!(
            "unsupported bundle: apiServiceDefinitions are not supported: it owns {} {}.{}",
            owned.kind, owned.version, owned.group
        );
        let path = steps!["spec", "apiservicedefinitions", "owned", index];
        report.tell(&API_SERVICES_UNSUPPORTED, &draft.place, &path, message);
    }
}

/// A required definition is in the bundle or, where that is known, served by the cluster.
pub(super) fn definitions(
    report: &mut Report<'_>,
    draft: &Draft<'_>,
    definitions: &[Located<'_>],
    capabilities: Option<&Capabilities>,
) {
    let in_bundle: BTreeSet<&str> = definitions.iter().map(|located| located.object.name()).collect();
    for (index, required) in draft.csv.required_crds.iter().enumerate() {
        let group = required.name.split_once('.').map_or("", |(_, group)| group);
        let known = match served(capabilities, group, &required.version, &required.kind) {
            Some(true) => continue,
            Some(false) => "which the cluster does not serve",
            None => "which is not in the bundle",
        };
        if in_bundle.contains(required.name.as_str()) {
            continue;
        }
        let message = format_args!("requires the custom resource definition {:?}, {known}", required.name);
        let path = steps!["spec", "customresourcedefinitions", "required", index];
        report
            .tell(&REQUIRED_DEFINITION, &draft.place, &path, message)
            .hint("the cluster must serve it: install the operator that owns it first");
    }
}

/// A required aggregated API is, where that is known, served by the cluster.
pub(super) fn api_services(report: &mut Report<'_>, draft: &Draft<'_>, capabilities: Option<&Capabilities>) {
    for (index, required) in draft.csv.required_api_services.iter().enumerate() {
        let known = match served(capabilities, &required.group, &required.version, &required.kind) {
            Some(true) => continue,
            Some(false) => ", which the cluster does not serve",
            None => "",
        };
        let (kind, version, group) = (&required.kind, &required.version, &required.group);
        let message = format_args!("requires the API {kind}.{version}.{group}{known}");
        let path = steps!["spec", "apiservicedefinitions", "required", index];
        report
            .tell(&REQUIRED_API_SERVICE, &draft.place, &path, message)
            .hint("the cluster must serve it: install the operator that owns it first");
    }
}

/// `minKubeVersion` is a version, and the cluster is not older.
pub(super) fn kube_version(report: &mut Report<'_>, draft: &Draft<'_>, capabilities: Option<&Capabilities>) {
    let written = &draft.csv.min_kube_version;
    if written.is_empty() {
        return;
    }
    let path = steps!["spec", "minKubeVersion"];
    if let Err(error) = Version::parse(written.strip_prefix('v').unwrap_or(written)) {
        let message = format_args!("minKubeVersion {written:?} is no semantic version: {error}");
        report
            .tell(&MIN_KUBE_VERSION, &draft.place, &path, message)
            .hint("expected three numbers, such as 1.28.0");
    }
    let Some(cluster) = capabilities.and_then(|capabilities| capabilities.kube_version.as_ref()) else {
        return;
    };
    let Ok(minimum) = version::tolerant(written) else { return };
    // What distributions append to the version of a cluster does not make it older.
    if minimum > Version::new(cluster.major, cluster.minor, cluster.patch) {
        let message = format_args!("needs Kubernetes {minimum} or later, and the cluster is {cluster}");
        report.tell(&KUBE_VERSION_TOO_LOW, &draft.place, &path, message);
    }
}

/// Each of `nativeAPIs` has a version and a kind, and the cluster serves it.
pub(super) fn native_apis(report: &mut Report<'_>, draft: &Draft<'_>, capabilities: Option<&Capabilities>) {
    for (index, api) in draft.csv.native_apis.iter().enumerate() {
        let path = steps!["spec", "nativeAPIs", index];
        if api.version.is_empty() || api.kind.is_empty() {
            let message = format_args!(
                "an entry of nativeAPIs needs a version and a kind, got version {:?} and kind {:?}",
                api.version, api.kind
            );
            report.tell(&NATIVE_API_INCOMPLETE, &draft.place, &path, message);
        } else if served(capabilities, &api.group, &api.version, &api.kind) == Some(false) {
            let message = format_args!("needs the API {api}, which the cluster does not serve");
            report.tell(&NATIVE_API_MISSING, &draft.place, &path, message);
        }
    }
}

/// Whether the cluster serves a type; `None` where that is not known.
fn served(capabilities: Option<&Capabilities>, group: &str, version: &str, kind: &str) -> Option<bool> {
    let capabilities = capabilities.filter(|capabilities| capabilities.served.is_some())?;
    Some(capabilities.serves(group, version, kind))
}
