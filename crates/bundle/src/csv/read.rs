//! From an object of a file to a `ClusterServiceVersion`, with everything that is wrong with its fields.

use rukpak_manifest::Step;
use rukpak_manifest::types::operators::CLUSTER_SERVICE_VERSION;
use rukpak_manifest::types::{PathStep, UnknownField};
use serde_json::Value;

use super::ClusterServiceVersion;
use super::parse::{Parsed, parse};
use crate::finding::CSV_VERSION;
use crate::report::{Located, Place, Report, steps};
use crate::typed::{prune_object, tell_mismatches, tell_unknown};
use crate::version;

/// A `ClusterServiceVersion` that the rules have yet to look at.
#[derive(Debug)]
pub(crate) struct Draft<'t> {
    pub(crate) csv: ClusterServiceVersion,
    /// Where it stands.
    pub(crate) place: Place<'t>,
    /// For each of `csv.webhooks` its index in `spec.webhookdefinitions`.
    webhook_indexes: Vec<usize>,
}

/// Reads the object. Fields of a wrong type, and a version that is none, are errors.
pub(crate) fn read<'t>(report: &mut Report<'t>, located: Located<'t>) -> Draft<'t> {
    let place = located.place();
    let mut object = located.object;
    check_version(report, &place, object.get(&["spec", "version"]));
    let pruned = prune_object(&mut object, &CLUSTER_SERVICE_VERSION);
    tell_mismatches(report, &place, &pruned.mismatches);
    tell_unknown(report, &place, &pruned, is_rendered);
    let Parsed { csv, webhook_indexes } = parse(report, &place, object);
    Draft { csv, place, webhook_indexes }
}

impl Draft<'_> {
    /// The path of a field of one of `csv.webhooks`.
    pub(crate) fn webhook_path<'p>(&self, index: usize, field: &[Step<'p>]) -> Vec<Step<'p>> {
        let index = self.webhook_indexes.get(index).copied().unwrap_or(index);
        steps!["spec", "webhookdefinitions", index].iter().chain(field).copied().collect()
    }
}

/// The path of a field of one of `csv.deployments`.
pub(crate) fn deployment_path<'p>(index: usize, field: &[Step<'p>]) -> Vec<Step<'p>> {
    steps!["spec", "install", "spec", "deployments", index].iter().chain(field).copied().collect()
}

/// Whether what stands at an unknown field would have become part of an object.
fn is_rendered(unknown: &UnknownField) -> bool {
    let key = |index: usize| match unknown.path.get(index) {
        Some(PathStep::Key(key)) => key.as_str(),
        _ => "",
    };
    key(0) == "spec" && ["install", "webhookdefinitions", "conversionwebhookdefinitions"].contains(&key(1))
}

/// Go's type for `spec.version` reads a semantic version from the string; a field that is missing or null is not read.
fn check_version(report: &mut Report<'_>, place: &Place<'_>, version: Option<&Value>) {
    if let Some(Value::String(text)) = version
        && version::tolerant(text).is_err()
    {
        let message = format_args!("version {text:?} is no semantic version");
        report
            .tell(&CSV_VERSION, place, &steps!["spec", "version"], message)
            .hint("expected three numbers, such as 1.2.3 or 1.2.3-rc.1");
    }
}
