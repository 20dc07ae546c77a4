//! The rules. Each is a function that looks at what was read and reports what is wrong; all of them run.
//!
//! An error stands where operator-controller refuses the bundle: in `applier/provider.go`, in `bundle/source/source.go`,
//! or in one of the thirteen validators of `render/registryv1/validators`, whose names the functions carry in their
//! documentation. The texts keep its words, and say where and what to do besides. What can be told from one field alone
//! is checked where that field is read, so `CheckPackageNameNotEmpty` is in `annotations`.

mod conversion;
mod definitions;
mod deployments;
mod duplicates;
mod install_modes;
mod kinds;
mod names;
mod requirements;
mod service_accounts;
mod webhooks;

pub(crate) use kinds::api_version;

use crate::Capabilities;
use crate::csv::read::Draft as Csv;
use crate::report::{Located, Report};

/// A registry+v1 bundle that was read, before the rules looked at it.
pub(crate) struct Draft<'t> {
    /// Its `ClusterServiceVersion`, where there is one.
    pub(crate) csv: Option<Csv<'t>>,
    /// Its definitions, as v1 writes them.
    pub(crate) definitions: Vec<Located<'t>>,
    /// All other objects.
    pub(crate) extras: Vec<Located<'t>>,
    /// Whether everything in `manifests/` could be read.
    pub(crate) complete: bool,
}

/// Looks at a registry+v1 bundle.
pub(crate) fn registry_v1(report: &mut Report<'_>, draft: &Draft<'_>, capabilities: Option<&Capabilities>) {
    let Draft { csv, definitions, extras, complete } = draft;
    definitions::uniqueness(report, definitions);
    kinds::supported(report, extras);
    names::objects(report, definitions.iter().chain(extras));
    duplicates::objects(report, extras, crate::is_namespaced);

    let Some(csv) = csv else { return };
    names::csv(report, csv);
    install_modes::some_supported(report, csv);
    deployments::uniqueness(report, csv);
    deployments::names(report, csv);
    service_accounts::created(report, csv, extras);
    definitions::owned_existence(report, csv, definitions, *complete);
    definitions::owned_agreement(report, csv, definitions);
    definitions::not_owned(report, csv, definitions);
    webhooks::deployments(report, csv);
    webhooks::uniqueness(report, csv);
    webhooks::names(report, csv);
    webhooks::rules(report, csv);
    conversion::install_modes(report, csv);
    conversion::uniqueness(report, csv);
    conversion::ownership(report, csv);
    conversion::unknown_fields(report, csv, definitions);
    requirements::owned_api_services(report, csv);
    requirements::definitions(report, csv, definitions, capabilities);
    requirements::api_services(report, csv, capabilities);
    requirements::kube_version(report, csv, capabilities);
    requirements::native_apis(report, csv, capabilities);
}

/// Looks at a plain bundle.
pub(crate) fn plain(report: &mut Report<'_>, objects: &[Located<'_>]) {
    names::objects(report, objects.iter());
    duplicates::objects(report, objects, |_| false);
}
