//! The deployments of the install strategy.

use std::collections::BTreeSet;

use rukpak_manifest::name;

use crate::csv::read::{Draft, deployment_path};
use crate::finding::{DEPLOYMENT_DUPLICATE, DEPLOYMENT_NAME};
use crate::report::{Report, steps};

/// `CheckDeploymentSpecUniqueness`: no two deployments have the same name.
pub(super) fn uniqueness(report: &mut Report<'_>, draft: &Draft<'_>) {
    let mut seen = BTreeSet::new();
    for (index, deployment) in draft.csv.deployments.iter().enumerate() {
        if !seen.insert(&deployment.name) {
            let message = format_args!(
                "cluster service version contains duplicate strategy deployment spec {:?}",
                deployment.name
            );
            let path = deployment_path(index, &steps!["name"]);
            report
                .tell(&DEPLOYMENT_DUPLICATE, &draft.place, &path, message)
                .hint("give each of the deployments a name of its own");
        }
    }
}

/// `CheckDeploymentNameIsDNS1123SubDomain`: a deployment has a name that the API server takes.
pub(super) fn names(report: &mut Report<'_>, draft: &Draft<'_>) {
    for (index, deployment) in draft.csv.deployments.iter().enumerate() {
        let problems = name::dns1123_subdomain(&deployment.name);
        if !problems.is_empty() {
            let message = format_args!(
                "invalid cluster service version strategy deployment name {:?}: {}",
                deployment.name,
                problems.join(", ")
            );
            let path = deployment_path(index, &steps!["name"]);
            report.tell(&DEPLOYMENT_NAME, &draft.place, &path, message);
        }
    }
}
