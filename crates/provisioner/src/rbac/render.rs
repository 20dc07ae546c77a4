//! Roles as YAML, each rule with its reason above it: as manifests, and as templates of the chart.
//!
//! What differs is what the chart lets people choose: its namespace, its labels, which provisioners there are, and where they may act
//! as `ServiceAccounts`. The rules are the same text.

use rukpak_api::names::SYSTEM_NAMESPACE;
use rukpak_manifest::yaml;
use serde_json::json;

use super::{PLAIN, REGISTRY_V1, Role, Scope};

const API: &str = "rbac.authorization.k8s.io";

/// How long lines of comments are.
const WIDTH: usize = 140;

/// Roles and their bindings, as a file of manifests.
#[must_use]
pub fn manifest(roles: &[Role]) -> String {
    let mut lines = vec!["# Written by `make generate`.".to_owned()];
    for role in roles {
        lines.push("---".into());
        lines.extend(role_lines(role, Form::Manifest));
        if !role.holders.is_empty() {
            lines.push("---".into());
            lines.extend(binding_lines(role, Form::Manifest, None));
        }
    }
    lines.join("\n") + "\n"
}

/// The same, as a template of the chart, which makes nothing of it unless a condition holds, if there is one.
#[must_use]
pub fn template(roles: &[Role], condition: Option<&str>) -> String {
    let mut lines = vec!["{{- /* Written by `make generate`. */ -}}".to_owned()];
    let documents = roles.iter().flat_map(|role| match role.holders {
        // Without its provisioner nobody has it.
        [holder] => guarded(&is_enabled(holder), template_lines(role)),
        _ => template_lines(role),
    });
    lines.extend(match condition {
        Some(condition) => guarded(condition, documents.collect()),
        None => documents.collect(),
    });
    lines.join("\n") + "\n"
}

/// What a line may have that the chart decides about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Manifest,
    Template,
}

fn template_lines(role: &Role) -> Vec<String> {
    let document = |lines: Vec<String>| [vec!["---".to_owned()], lines].concat();
    let mut lines = document(role_lines(role, Form::Template));
    if role.holders.is_empty() {
        return lines;
    }
    let everywhere = document(binding_lines(role, Form::Template, None));
    if role.scope == Scope::ChosenNamespaces {
        lines.push("{{- range .Values.actAs.namespaces }}".into());
        lines.extend(document(binding_lines(role, Form::Template, Some("{{ . }}"))));
        lines.push("{{- else }}".into());
        lines.extend(everywhere);
        lines.push("{{- end }}".into());
    } else {
        lines.extend(everywhere);
    }
    lines
}

fn role_lines(role: &Role, form: Form) -> Vec<String> {
    let mut lines = comment(role.about);
    let namespace = (role.scope == Scope::SystemNamespace).then_some(home(form));
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    lines.extend(head(kind, role.name, namespace, form, role.part_of));
    lines.push("rules:".into());
    for rule in &role.rules {
        lines.extend(comment(rule.reason));
        lines.extend(yaml::to_string(&json!([rule.to_value()])).lines().map(str::to_owned));
    }
    lines
}

/// The binding of a role: in a namespace where one is given, or else where the role holds.
fn binding_lines(role: &Role, form: Form, chosen: Option<&str>) -> Vec<String> {
    let of_role = if role.scope == Scope::SystemNamespace { "Role" } else { "ClusterRole" };
    let namespace = chosen.or((role.scope == Scope::SystemNamespace).then_some(home(form)));
    let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let mut lines = head(kind, role.name, namespace, form, None);
    lines.extend(["roleRef:".into(), format!("  apiGroup: {API}"), format!("  kind: {of_role}")]);
    lines.extend([format!("  name: {}", role.name), "subjects:".into()]);
    for holder in role.holders {
        let subject = vec![
            "- kind: ServiceAccount".to_owned(),
            format!("  name: {holder}"),
            format!("  namespace: {}", home(form)),
        ];
        let is_guarded = form == Form::Template && role.holders.len() > 1;
        lines.extend(if is_guarded { guarded(&is_enabled(holder), subject) } else { subject });
    }
    lines
}

fn head(kind: &str, name: &str, namespace: Option<&str>, form: Form, part_of: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        format!("apiVersion: {API}/v1"),
        format!("kind: {kind}"),
        "metadata:".to_owned(),
        format!("  name: {name}"),
    ];
    lines.extend(namespace.map(|namespace| format!("  namespace: {namespace}")));
    let mut labels = Vec::new();
    if form == Form::Template {
        labels.push("    {{- include \"rukpak.labels\" $ | nindent 4 }}".to_owned());
    }
    labels.extend(part_of.map(|role| format!("    {API}/aggregate-to-{role}: \"true\"")));
    if !labels.is_empty() {
        lines.push("  labels:".into());
        lines.extend(labels);
    }
    lines
}

/// The namespace of the provisioners.
fn home(form: Form) -> &'static str {
    match form {
        Form::Manifest => SYSTEM_NAMESPACE,
        Form::Template => "{{ $.Release.Namespace }}",
    }
}

/// Whether the chart has a provisioner.
fn is_enabled(holder: &str) -> String {
    let value = match holder {
        REGISTRY_V1 => "registryV1",
        PLAIN => "plain",
        other => other,
    };
    format!("$.Values.{value}.enabled")
}

fn guarded(condition: &str, lines: Vec<String>) -> Vec<String> {
    [vec![format!("{{{{- if {condition} }}}}")], lines, vec!["{{- end }}".to_owned()]].concat()
}

/// A text, in lines that are not too long.
fn comment(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines
}
