//! Which cluster, and what in it.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueHint};
use rukpak_apply::CollisionProtection;
use rukpak_apply::crd_upgrade::Waiver;
use rukpak_apply::engine::DeletionPolicy;
use rukpak_apply::rights::ServiceAccount;
use rukpak_manifest::name::Namespace;

use super::SWITCH;
use crate::chosen::Kind;

/// What these flags stand under.
const HEADING: &str = "Cluster";

/// Where the cluster is.
#[derive(Debug, Args)]
pub(crate) struct ClusterFlags {
    /// File that says where the cluster is [default: $KUBECONFIG, ~/.kube/config, or the cluster that this runs in]
    #[arg(long, help_heading = HEADING, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of that file [default: its current one]
    #[arg(long, help_heading = HEADING, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Namespace that holds the inventories, and that the provisioners run in
    #[arg(long, help_heading = HEADING, value_name = "NS", default_value = "rukpak-system")]
    pub(crate) system_namespace: Namespace,
}

/// How a set is applied.
#[derive(Debug, Args)]
pub(crate) struct ApplyFlags {
    /// ServiceAccount to act as on the objects; the inventory is still kept as yourself
    ///
    /// What it may not do is told before anything is written, and the roles that would let it are printed on standard output: as YAML,
    /// with `-o json` as one `v1 List`.
    #[arg(long, value_name = "NS/NAME", value_parser = ServiceAccount::from_str)]
    pub(crate) service_account: Option<ServiceAccount>,
    /// What may be taken over from others: Prevent (nothing), IfNoController (what nobody controls) or None (all that no other installation or BundleDeployment has)
    #[arg(long, value_name = "PROTECTION", default_value = "Prevent", value_parser = protection())]
    pub(crate) collision_protection: CollisionProtection,
    /// Let the bundle of another package take the place of what is installed under this name
    ///
    /// What the other one does not have is deleted, as at an upgrade. Without this flag that is refused; a plain bundle has no package.
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) replace_package: bool,
    /// Make an object anew where one of its fields cannot be changed; never a definition, a namespace or a volume
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) force: bool,
    /// Let an upgrade of a CustomResourceDefinition break a rule, repeatable; `*` for any rule or path
    #[arg(long = "waive", value_name = "CRD:RULE:PATH", value_parser = waiver)]
    pub(crate) waivers: Vec<Waiver>,
    /// How long one object is waited for, such as 90s or 10m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// The policies, from the type that knows them.
pub(super) fn policy() -> impl TypedValueParser<Value = DeletionPolicy> {
    PossibleValuesParser::new(DeletionPolicy::ALL.map(DeletionPolicy::as_str))
        .try_map(|name| name.parse::<DeletionPolicy>())
}

pub(super) fn protection() -> impl TypedValueParser<Value = CollisionProtection> {
    PossibleValuesParser::new(CollisionProtection::ALL.map(CollisionProtection::as_str))
        .try_map(|name| name.parse::<CollisionProtection>())
}

/// A waiver. Its path may stand behind a version, as findings show it: `v1.^.spec`; it is waived in every version.
pub(super) fn waiver(text: &str) -> Result<Waiver, String> {
    let mut parts: Vec<&str> = text.splitn(3, ':').collect();
    if let [_, _, path] = parts.as_mut_slice()
        && let Some((version, _)) = path.split_once(".^").filter(|(version, _)| is_version(version))
    {
        *path = path.get(version.len() + 1..).unwrap_or_default();
    }
    parts.join(":").parse::<Waiver>().map_err(|error| error.to_string())
}

/// Whether it is a version, or two of them, of a definition: `v1`, `v1 -> v2`.
fn is_version(text: &str) -> bool {
    text.split(" -> ").all(|version| version.parse::<Namespace>().is_ok())
}

/// Seconds, minutes or hours: `90s`, `10m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let unknown = || format!("got {text:?}, expected a number with s, m or h, such as 90s");
    let (number, seconds) = match text.char_indices().last() {
        Some((end, 's')) => (text.get(..end), 1),
        Some((end, 'm')) => (text.get(..end), 60),
        Some((end, 'h')) => (text.get(..end), 60 * 60),
        _ => return Err(unknown()),
    };
    let number: u64 = number.and_then(|number| number.parse().ok()).ok_or_else(unknown)?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

/// The name of an inventory: what a label can hold, and a name behind a prefix. Its kind may stand before it.
pub(super) fn name(text: &str) -> Result<String, String> {
    let expected = "expected at most 63 lower-case letters, digits and `-`, a letter or digit at both ends";
    let (kind, name) = Kind::before(text).map_err(|error| error.to_string())?;
    if kind == Some(Kind::Deployment) {
        return Err("`rukpakctl run` is what makes BundleDeployments".into());
    }
    name.parse::<Namespace>().map(|_| name.to_owned()).map_err(|_| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a.b:type:v1.^.spec.x", "a.b:type:^.spec.x")]
    #[case("a.b:type:v1 -> v2.^.spec.x", "a.b:type:^.spec.x")]
    #[case("a.b:*:v1.^", "a.b:*:^")]
    #[case("a.b:type:^.spec.x.^", "a.b:type:^.spec.x.^")]
    fn a_path_is_taken_as_findings_show_it(#[case] typed: &str, #[case] expected: &str) {
        assert_eq!(waiver(typed).unwrap(), expected.parse().unwrap());
    }

    #[test]
    fn what_is_no_version_is_no_path() {
        assert!(waiver("a.b:type:V1.^.spec").is_err());
        assert!(waiver("a.b:type").is_err());
    }
}
