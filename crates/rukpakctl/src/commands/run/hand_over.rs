//! Writing the `BundleDeployment`, as the provisioner reads it.

use anyhow::anyhow;
use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams};
use kube::core::Status;
use rukpak_api::BundleDeployment;
use rukpak_api::names::RECONCILE_REQUESTED;
use rukpak_apply::cluster::Mode;
use serde_json::{Value, json};

use super::take_over;
use crate::cluster::{self, Connection};

/// Who sets the fields of a `BundleDeployment`.
pub(super) const FIELD_MANAGER: &str = "rukpakctl";

/// The code of a conflict.
const CONFLICT: u16 = 409;

/// The code of an object that is not valid.
const INVALID: u16 = 422;

/// What is said beside what is wrong.
const NOT_CHECKED: &str = "some validation rules were not checked";

/// Makes the `BundleDeployment` what is wanted, by server-side apply, or asks whether the server would.
pub(super) async fn apply(
    connection: &Connection,
    name: &str,
    wanted: &Value,
    force: bool,
    mode: Mode,
) -> anyhow::Result<BundleDeployment> {
    let api: Api<BundleDeployment> = Api::all(connection.client()?);
    let (field_manager, dry_run) = (Some(FIELD_MANAGER.into()), mode == Mode::DryRun);
    let params = PatchParams { dry_run, force, field_manager, ..PatchParams::default() };
    let applied = api.patch(name, &params, &Patch::Apply(wanted)).await;
    applied.map_err(|error| refused(name, error))
}

/// Makes us the owner of what others say about a source of another kind, so that what we apply next, which does not have it, takes
/// it away. Where nobody does, nothing is written.
pub(super) async fn take_over_source(
    connection: &Connection,
    live: &BundleDeployment,
    kind: &str,
) -> anyhow::Result<()> {
    let Some(operations) = take_over::operations(&live.metadata, kind) else { return Ok(()) };
    let address = cluster::deployment(live.metadata.name.as_deref().unwrap_or_default());
    connection.cluster.patch(&address, &operations).await?;
    Ok(())
}

/// Asks the provisioner to look again what the source means. What it was asked with.
pub(super) async fn ask_again(connection: &Connection, name: &str) -> anyhow::Result<String> {
    let when = Timestamp::now().to_string();
    let changes = json!({"metadata": {"annotations": {RECONCILE_REQUESTED: when}}});
    connection.cluster.merge(&cluster::deployment(name), &changes).await?;
    Ok(when)
}

fn refused(name: &str, error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) => {
            let help = if status.code == CONFLICT && status.reason == "Conflict" && is_about_fields(&status) {
                "; --force-conflicts takes the fields over"
            } else {
                ""
            };
            anyhow!("cannot apply BundleDeployment {name}: {}{help}", said(&status))
        }
        error => anyhow::Error::new(error).context(format!("cannot apply BundleDeployment {name}")),
    }
}

/// Whether fields are somebody else's, and not the object a newer one.
fn is_about_fields(status: &Status) -> bool {
    status
        .details
        .iter()
        .flat_map(|details| &details.causes)
        .any(|cause| cause.reason == "FieldManagerConflict")
}

/// What a server says is wrong, without the objects that it says it of. They are JSON of any length.
fn said(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut all: Vec<String> = Vec::new();
    for cause in causes.filter(|_| status.code == INVALID) {
        let message = without_value(&cause.message);
        let said = match cause.field.as_str() {
            "" | "<nil>" | "spec" => message.to_owned(),
            field => format!("{field}: {message}"),
        };
        if !message.starts_with(NOT_CHECKED) && !all.contains(&said) {
            all.push(said);
        }
    }
    if all.is_empty() { status.message.clone() } else { all.join("; ") }
}

/// A cause without the value that it is about.
fn without_value(message: &str) -> &str {
    let Some(rest) = message.strip_prefix("Invalid value: ") else { return message };
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(_)) => rest.get(values.byte_offset()..).unwrap_or_default().trim_start_matches(": "),
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(causes: &Value) -> Status {
        serde_json::from_value(json!({
            "status": "Failure", "code": 422, "reason": "Invalid",
            "message": "BundleDeployment.core.rukpak.io \"a\" is invalid: [<nil>: Invalid value: ..., spec: Invalid value: ...]",
            "details": {"causes": causes},
        }))
        .unwrap()
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_not_of_which_value() {
        let causes = json!([
            {"field": "<nil>", "reason": "FieldValueInvalid", "message": "Invalid value: null: some validation rules were not checked because the object was invalid"},
            {"field": "spec", "reason": "FieldValueInvalid", "message": "Invalid value: {\"a\":{\"b\":\"x\"}}: installNamespace is immutable"},
            {"field": "spec.source", "reason": "FieldValueInvalid", "message": "Invalid value: \"object\": exactly one"},
            {"field": "spec", "reason": "FieldValueInvalid", "message": "Invalid value: \"object\": installNamespace is immutable"},
        ]);
        assert_eq!(said(&invalid(&causes)), "installNamespace is immutable; spec.source: exactly one");
        let nothing = invalid(&json!([]));
        assert_eq!(said(&nothing), nothing.message);
    }
}
