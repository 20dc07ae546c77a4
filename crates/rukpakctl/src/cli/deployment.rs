//! What a controller installs: `run` and `content`.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::str::FromStr as _;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{ArgAction, Args, ValueHint};
use rukpak_apply::CollisionProtection;
use rukpak_apply::crd_upgrade::Waiver;
use rukpak_apply::engine::DeletionPolicy;
use rukpak_apply::rights::ServiceAccount;
use rukpak_oci::Reference;
use url::Url;

use super::{Bundle, ClusterFlags, ConversionFlags, SWITCH, cluster, examples, image};
use crate::chosen::{deployment_name, object_name};
use crate::destination::Destination;

/// Characters of the longest name of a BundleDeployment, as its definition says.
const LONGEST: usize = 52;

/// Print or extract the content that a BundleDeployment was unpacked to
///
/// Without `--to`, the names of its files. It is fetched from the provisioner, through a port-forward to one of its pods, or from
/// `--url`; who may read it has the rights of the ClusterRole bundle-reader. The server is trusted by the ConfigMap rukpak-ca of the
/// system namespace.
#[derive(Debug, Args)]
#[command(after_help = examples::CONTENT_EXAMPLES)]
pub(crate) struct Content {
    /// Name of the BundleDeployment
    #[arg(value_name = "NAME", value_parser = deployment_name)]
    pub(crate) name: String,
    /// Directory to extract the files into, which must be empty or not exist; `-` writes the archive to standard output
    #[arg(long, value_name = "DIR|-", value_hint = ValueHint::DirPath, value_parser = Destination::parser())]
    pub(crate) to: Option<Destination>,
    /// ServiceAccount to ask as, by a token that is requested for ten minutes [default: your own token]
    ///
    /// You need the verb `create` on `serviceaccounts/token` for it.
    #[arg(long, value_name = "NS/NAME", value_parser = ServiceAccount::from_str)]
    pub(crate) service_account: Option<ServiceAccount>,
    /// Where the content is, instead of what the BundleDeployment says and a port-forward
    #[arg(long, value_name = "URL", value_parser = https)]
    pub(crate) url: Option<Url>,
    #[command(flatten)]
    pub(crate) cluster: ClusterFlags,
}

/// Hand a bundle to the controller, and follow it until it is healthy
///
/// Creates or updates the BundleDeployment of the name. An image of a registry is referred to as it is. Of anything else, `--push`
/// makes an image and refers to it by its digest; without it, the files are handed over in immutable ConfigMaps of the system
/// namespace, which go with the BundleDeployment, and those of the version before as soon as this one is healthy. The bundle is
/// checked before anything is written.
#[derive(Debug, Args)]
#[command(after_help = examples::RUN_EXAMPLES)]
#[expect(clippy::struct_field_names, reason = "flags have the names that other commands give them")]
pub(crate) struct Run {
    /// Name of the BundleDeployment
    #[arg(value_name = "NAME", value_parser = new_name())]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Push the bundle to a registry, and refer to it by digest: REGISTRY/REPOSITORY:TAG
    #[arg(long, value_name = "REF", value_parser = image)]
    pub(crate) push: Option<Reference>,
    /// Secret of the system namespace with the provisioner's credentials for the registry
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    pub(crate) pull_secret: Option<String>,
    /// Class of the provisioner [default: core-rukpak-io-registry or core-rukpak-io-plain, by the format]
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// ServiceAccount that the provisioner acts as on the objects
    #[arg(long, value_name = "NS/NAME", value_parser = ServiceAccount::from_str)]
    pub(crate) service_account: Option<ServiceAccount>,
    /// What may be taken over from others [default: Prevent]
    #[arg(long, value_name = "PROTECTION", value_parser = cluster::protection())]
    pub(crate) collision_protection: Option<CollisionProtection>,
    /// What becomes of the objects when the BundleDeployment is deleted [default: Delete]
    #[arg(long, value_name = "POLICY", value_parser = cluster::policy())]
    pub(crate) deletion_policy: Option<DeletionPolicy>,
    /// Let the provisioner make an object anew where one of its fields cannot be changed; never a definition, a namespace or a volume
    #[arg(long, value_name = SWITCH, action = ArgAction::Set)]
    pub(crate) force: Option<bool>,
    /// Let an upgrade of a CustomResourceDefinition break a rule, repeatable; `*` for any rule or path
    #[arg(long = "waive", value_name = "CRD:RULE:PATH", value_parser = cluster::waiver)]
    pub(crate) waivers: Vec<Waiver>,
    /// Take over fields of the BundleDeployment that somebody else has set
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) force_conflicts: bool,
    /// Wait until everything is healthy [default: true]
    #[arg(long, value_name = SWITCH, default_value = "true", action = ArgAction::Set)]
    pub(crate) wait: bool,
    /// How long, such as 90s or 10m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = cluster::duration)]
    pub(crate) timeout: Duration,
    /// Print the BundleDeployment; write nothing, and ask no cluster
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) conversion: ConversionFlags,
    #[command(flatten)]
    pub(crate) cluster: ClusterFlags,
}

fn new_name() -> impl TypedValueParser<Value = String> {
    clap::builder::StringValueParser::new().try_map(|text| match deployment_name(&text) {
        Ok(name) if name.len() > LONGEST => Err(format!("expected at most {LONGEST} characters")),
        result => result.map_err(|error| error.to_string()),
    })
}

/// Tokens are shown to nobody who does not prove who they are.
fn https(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    if url.scheme() == "https" && url.has_host() {
        return Ok(url);
    }
    Err("expected https://HOST[:PORT]/…".into())
}
