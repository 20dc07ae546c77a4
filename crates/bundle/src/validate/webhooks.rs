//! Webhook definitions of any type.

use std::collections::BTreeSet;

use rukpak_manifest::name;
use serde_json::Value;

use crate::WebhookType;
use crate::csv::read::Draft;
use crate::finding::{WEBHOOK_DEPLOYMENT_MISSING, WEBHOOK_DUPLICATE, WEBHOOK_NAME, WEBHOOK_RULE_FORBIDDEN};
use crate::report::{Listed, Report, steps};

/// The groups that no webhook of a bundle may decide on: all of them, and OLM's own.
const FORBIDDEN_GROUPS: [&str; 2] = ["*", "olm.operatorframework.io"];

/// The group whose objects decide what the API server admits.
const ADMISSION: &str = "admissionregistration.k8s.io";

/// The resources of that group that no webhook of a bundle may decide on, in lower case.
const WEBHOOK_CONFIGURATIONS: [&str; 5] = [
    "*",
    "mutatingwebhookconfiguration",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfiguration",
    "validatingwebhookconfigurations",
];

/// `CheckWebhookDeploymentReferentialIntegrity`: a webhook is served by a deployment of the bundle.
pub(super) fn deployments(report: &mut Report<'_>, draft: &Draft<'_>) {
    let deployments: BTreeSet<&str> =
        draft.csv.deployments.iter().map(|deployment| deployment.name.as_str()).collect();
    for (index, webhook) in draft.csv.webhooks.iter().enumerate() {
        if deployments.contains(webhook.deployment_name.as_str()) {
            continue;
        }
        let message = format_args!(
            "webhook of type {} with name {:?} references non-existent deployment {:?}",
            webhook.kind, webhook.generate_name, webhook.deployment_name
        );
        let path = draft.webhook_path(index, &steps!["deploymentName"]);
        let told = report.tell(&WEBHOOK_DEPLOYMENT_MISSING, &draft.place, &path, message);
        if deployments.is_empty() {
            told.hint("the bundle has no deployment");
        } else {
            told.hint(format_args!("the bundle has {}", Listed(deployments.iter())));
        }
    }
}

/// `CheckWebhookNameUniqueness`: no two webhooks of one type have the same name.
pub(super) fn uniqueness(report: &mut Report<'_>, draft: &Draft<'_>) {
    let mut seen = BTreeSet::new();
    for (index, webhook) in draft.csv.webhooks.iter().enumerate() {
        if !seen.insert((webhook.kind, &webhook.generate_name)) {
            let message =
                format_args!("duplicate webhook {:?} of type {}", webhook.generate_name, webhook.kind);
            let path = draft.webhook_path(index, &steps!["generateName"]);
            report
                .tell(&WEBHOOK_DUPLICATE, &draft.place, &path, message)
                .hint("give each webhook of a type a generateName of its own");
        }
    }
}

/// `CheckWebhookNameIsDNS1123SubDomain`: a webhook has a name that the API server takes. The name is looked at as it is
/// written, so that one with the trailing dash that legacy OLM takes is refused, as in the reference.
pub(super) fn names(report: &mut Report<'_>, draft: &Draft<'_>) {
    for (index, webhook) in draft.csv.webhooks.iter().enumerate() {
        let problems = name::dns1123_subdomain(&webhook.generate_name);
        if problems.is_empty() {
            continue;
        }
        let message = format_args!(
            "webhook of type {} has invalid name {:?}: {}",
            webhook.kind,
            webhook.generate_name,
            problems.join(", ")
        );
        let path = draft.webhook_path(index, &steps!["generateName"]);
        report.tell(&WEBHOOK_NAME, &draft.place, &path, message);
    }
}

/// `CheckWebhookRules`: an admission webhook does not decide on everything, on OLM's own objects, or on webhook
/// configurations, by which it could lock out whoever wants to remove it.
pub(super) fn rules(report: &mut Report<'_>, draft: &Draft<'_>) {
    for (index, webhook) in draft.csv.webhooks.iter().enumerate() {
        if webhook.kind == WebhookType::Conversion {
            continue;
        }
        let rules = webhook.fields.get("rules").and_then(Value::as_array);
        for (rule_index, rule) in rules.into_iter().flatten().enumerate() {
            for (field, item, forbidden) in forbidden(rule) {
                let message = format_args!(
                    "webhook {:?} contains forbidden rule: admission webhook rules cannot reference {forbidden}",
                    webhook.generate_name
                );
                let path = draft.webhook_path(index, &steps!["rules", rule_index, field, item]);
                report
                    .tell(&WEBHOOK_RULE_FORBIDDEN, &draft.place, &path, message)
                    .hint("name the groups and resources that the webhook is about");
            }
        }
    }
}

/// What a rule must not name: the field, the item of it, and what is to be said.
fn forbidden(rule: &Value) -> Vec<(&'static str, usize, String)> {
    let texts = |field: &str| {
        let items = rule.get(field).and_then(Value::as_array);
        items.into_iter().flatten().map(|item| item.as_str().unwrap_or_default()).enumerate()
    };
    let groups = texts("apiGroups").filter(|(_, group)| FORBIDDEN_GROUPS.contains(group));
    let mut found: Vec<_> =
        groups.map(|(index, group)| ("apiGroups", index, format!("API group {group:?}"))).collect();
    if texts("apiGroups").any(|(_, group)| group == ADMISSION) {
        let resources = texts("resources").filter(|(_, resource)| {
            WEBHOOK_CONFIGURATIONS.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(resource))
        });
        found.extend(resources.map(|(index, resource)| {
            ("resources", index, format!("resource {resource:?} for API group {ADMISSION:?}"))
        }));
    }
    found
}
