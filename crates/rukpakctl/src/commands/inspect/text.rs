//! The summary for people: facts first, then a table for each list that is not empty.

use std::io::{self, Write};

use serde_json::Value;

use super::images::Image;
use super::permissions::{Grant, Rule, Scope};
use super::summary::{Api, DependencySummary, Identity, Operator, Summary, WebhookSummary};
use crate::table::{facts, table};

/// Writes the summary.
pub(super) fn write(out: &mut impl Write, summary: &Summary<'_>) -> io::Result<()> {
    match summary {
        Summary::RegistryV1(operator) => self::operator(out, operator),
        Summary::Plain { objects, images } => {
            facts(out, &[("Format", "plain+v0".into())])?;
            self::objects(out, objects)?;
            self::images(out, images)
        }
    }
}

fn operator(out: &mut impl Write, operator: &Operator<'_>) -> io::Result<()> {
    let channels = operator.channels.iter().map(|channel| {
        let is_default = Some(*channel) == operator.default_channel;
        if is_default { format!("{channel} (default)") } else { (*channel).to_owned() }
    });
    let kubernetes = operator.min_kube_version.map(|version| format!("{version} or newer"));
    facts(
        out,
        &[
            ("Format", "registry+v1".into()),
            ("Package", operator.package.into()),
            ("Name", operator.name.into()),
            ("Version", operator.version.into()),
            ("Display name", operator.display_name.into()),
            ("Channels", channels.collect::<Vec<_>>().join(", ")),
            ("Install modes", operator.install_modes.join(", ")),
            ("Install namespace", operator.install_namespace.clone().unwrap_or_default()),
            ("Kubernetes", kubernetes.unwrap_or_default()),
        ],
    )?;
    apis(out, "Owned APIs", &operator.owned)?;
    apis(out, "Required APIs", &operator.required)?;
    webhooks(out, &operator.webhooks)?;
    images(out, &operator.images)?;
    operator.permissions.iter().try_for_each(|grant| self::grant(out, grant))?;
    dependencies(out, &operator.dependencies)
}

fn apis(out: &mut impl Write, title: &str, apis: &[Api<'_>]) -> io::Result<()> {
    let rows = apis.iter().map(|Api { group, version, kind, served_by }| {
        [kind, version, group, served_by.unwrap_or_default()].map(str::to_owned)
    });
    table(out, title, ["KIND", "VERSION", "GROUP", "SERVED BY"], rows)
}

fn webhooks(out: &mut impl Write, webhooks: &[WebhookSummary<'_>]) -> io::Result<()> {
    let rows = webhooks.iter().map(|webhook| {
        let WebhookSummary { kind, name, deployment, rules, conversion_crds } = webhook;
        let called_for: Vec<_> = rules.iter().map(rule).chain(conversion_crds.iter().cloned()).collect();
        [(*kind).into(), (*name).into(), (*deployment).into(), called_for.join("; ")]
    });
    table(out, "Webhooks", ["TYPE", "NAME", "DEPLOYMENT", "CALLED FOR"], rows)
}

/// `CREATE, UPDATE of caches in cache.example.com`.
fn rule(rule: &Value) -> String {
    let texts =
        |field| rule.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let list = |field| texts(field).collect::<Vec<_>>().join(", ");
    format!("{} of {} in {}", list("operations"), list("resources"), groups(texts("apiGroups")))
}

/// Names of API groups, the core group by its name, which is not empty for people.
fn groups<'a>(groups: impl Iterator<Item = &'a str>) -> String {
    groups.map(|group| if group.is_empty() { "core" } else { group }).collect::<Vec<_>>().join(", ")
}

/// How many users of one image are told.
const USERS_TOLD: usize = 20;

fn images(out: &mut impl Write, images: &[Image]) -> io::Result<()> {
    let rows = images.iter().map(|Image { reference, related, containers }| {
        let related = related.iter().map(|name| format!("related image {name}"));
        let containers = containers.iter().map(|name| format!("container {name}"));
        let users: Vec<_> = related.chain(containers).collect();
        let told = users.iter().take(USERS_TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = users.len().saturating_sub(USERS_TOLD);
        [reference.clone(), if more == 0 { told } else { format!("{told} and {more} more") }]
    });
    table(out, "Images", ["IMAGE", "USED BY"], rows)
}

fn grant(out: &mut impl Write, Grant { service_account, scope, rules }: &Grant<'_>) -> io::Result<()> {
    let scope = match scope {
        Scope::WatchedNamespaces => "in watched namespaces",
        Scope::Cluster => "in the whole cluster",
    };
    let rows = rules.iter().map(|rule| {
        let Rule { verbs, api_groups, resources, resource_names, non_resource_urls } = rule;
        let what: Vec<_> = resources.iter().chain(*non_resource_urls).map(String::as_str).collect();
        let groups = groups(api_groups.iter().map(String::as_str));
        [what.join(", "), groups, verbs.join(", "), resource_names.join(", ")]
    });
    let title = format!("ServiceAccount {service_account} {scope}");
    table(out, &title, ["RESOURCES", "API GROUPS", "VERBS", "NAMES"], rows)
}

fn dependencies(out: &mut impl Write, dependencies: &[DependencySummary<'_>]) -> io::Result<()> {
    let rows = dependencies.iter().map(|dependency| match dependency {
        DependencySummary::Package { name, range } => ["package".into(), format!("{name} {range}")],
        DependencySummary::Api { group, version, kind } => {
            ["API".into(), format!("{kind}.{version}.{group}")]
        }
        DependencySummary::Constraint { message, value } => {
            ["constraint".into(), if message.is_empty() { value.to_string() } else { (*message).into() }]
        }
        DependencySummary::Other { name, value } => [(*name).into(), value.to_string()],
    });
    table(out, "Dependencies", ["TYPE", "WHAT"], rows)
}

fn objects(out: &mut impl Write, objects: &[Identity<'_>]) -> io::Result<()> {
    let rows = objects.iter().map(|Identity { api_version, kind, namespace, name }| {
        [kind, api_version, namespace.unwrap_or_default(), name].map(str::to_owned)
    });
    table(out, "Objects", ["KIND", "VERSION", "NAMESPACE", "NAME"], rows)
}
