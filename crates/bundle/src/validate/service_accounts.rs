//! The accounts that deployments run as.

use std::collections::BTreeSet;

use rukpak_manifest::Object;

use crate::csv::read::{Draft, deployment_path};
use crate::finding::SERVICE_ACCOUNT_CREATED;
use crate::report::{Located, Report, steps};

/// A deployment's account is in the permissions or in the bundle. If not, it has no rights, and the reference does not
/// even create it.
pub(super) fn created(report: &mut Report<'_>, draft: &Draft<'_>, extras: &[Located<'_>]) {
    let permissions = draft.csv.permissions.iter().chain(&draft.csv.cluster_permissions);
    let mut known: BTreeSet<&str> =
        permissions.map(|permission| permission.service_account_name.as_str()).collect();
    known.extend(["", "default"]);
    let accounts = extras.iter().map(|located| &located.object);
    let accounts = accounts.filter(|object| object.kind() == "ServiceAccount" && object.group().is_empty());
    known.extend(accounts.map(Object::name));

    for (index, deployment) in draft.csv.deployments.iter().enumerate() {
        let Some((field, account)) = deployment.service_account() else { continue };
        if known.contains(account) {
            continue;
        }
        let message = format_args!(
            "deployment {:?} runs as ServiceAccount {account:?}, which has no permissions and is not in the bundle; \
             it is created",
            deployment.name
        );
        let path = deployment_path(index, &steps!["spec", "template", "spec", field]);
        report.tell(&SERVICE_ACCOUNT_CREATED, &draft.place, &path, message);
    }
}
