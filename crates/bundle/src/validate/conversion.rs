//! Conversion webhooks and the definitions that they convert.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::csv::read::Draft;
use crate::finding::{
    CONVERSION_DEFINITION_NOT_OWNED, CONVERSION_DEFINITION_SHARED, CONVERSION_INSTALL_MODES,
    CONVERSION_PRESERVES_UNKNOWN_FIELDS,
};
use crate::report::{Listed, Located, Report, steps};
use crate::{InstallMode, Webhook, WebhookType};

/// `CheckConversionWebhookSupport`: definitions are there for all namespaces, and so is an operator that converts them.
pub(super) fn install_modes(report: &mut Report<'_>, draft: &Draft<'_>) {
    let modes = &draft.csv.install_modes;
    let only_all = modes.len() == 1 && modes.contains(&InstallMode::AllNamespaces);
    if only_all {
        return;
    }
    let modes = modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(" ");
    for (index, webhook) in conversion_webhooks(draft) {
        let message = format_args!(
            "bundle contains conversion webhook {:?} and supports install modes [{modes}] - conversion webhooks are only \
             supported for bundles that only support AllNamespaces install mode",
            webhook.generate_name
        );
        let path = draft.webhook_path(index, &steps!["type"]);
        report
            .tell(&CONVERSION_INSTALL_MODES, &draft.place, &path, message)
            .hint("set supported: false for every install mode but AllNamespaces");
    }
}

/// `CheckConversionWebhookCRDReferenceUniqueness`: a definition is named by one conversion webhook, once.
pub(super) fn uniqueness(report: &mut Report<'_>, draft: &Draft<'_>) {
    let mut named: BTreeMap<&str, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for (index, webhook) in conversion_webhooks(draft) {
        for (item, name) in webhook.conversion_crds.iter().enumerate() {
            named.entry(name).or_default().push((index, item, &webhook.generate_name));
        }
    }
    for (name, places) in named {
        let [_, (index, item, _), ..] = places.as_slice() else { continue };
        let webhooks = Listed(places.iter().map(|(_, _, webhook)| webhook));
        let message = format_args!(
            "conversion webhooks [{webhooks}] reference same custom resource definition {name:?}"
        );
        let path = draft.webhook_path(*index, &steps!["conversionCRDs", *item]);
        report.tell(&CONVERSION_DEFINITION_SHARED, &draft.place, &path, message);
    }
}

/// `CheckConversionWebhooksReferenceOwnedCRDs`: a conversion webhook converts what the operator owns.
pub(super) fn ownership(report: &mut Report<'_>, draft: &Draft<'_>) {
    let owned: BTreeSet<&str> = draft.csv.owned_crds.iter().map(|owned| owned.name.as_str()).collect();
    for (index, webhook) in conversion_webhooks(draft) {
        for (item, name) in webhook.conversion_crds.iter().enumerate() {
            if owned.contains(name.as_str()) {
                continue;
            }
            let message = format_args!(
                "conversion webhook {:?} references custom resource definition {name:?} not owned by the bundle",
                webhook.generate_name
            );
            let path = draft.webhook_path(index, &steps!["conversionCRDs", item]);
            report
                .tell(&CONVERSION_DEFINITION_NOT_OWNED, &draft.place, &path, message)
                .hint("list the definition in spec.customresourcedefinitions.owned");
        }
    }
}

/// The API server calls a conversion webhook only for definitions that do not preserve unknown fields. The reference
/// refuses in its generator of definitions, `BundleCRDGenerator`.
pub(super) fn unknown_fields(report: &mut Report<'_>, draft: &Draft<'_>, definitions: &[Located<'_>]) {
    let converted: BTreeSet<&str> = conversion_webhooks(draft)
        .flat_map(|(_, webhook)| webhook.conversion_crds.iter().map(String::as_str))
        .collect();
    for located in definitions.iter().filter(|located| converted.contains(located.object.name())) {
        if located.object.get(&["spec", "preserveUnknownFields"]) == Some(&Value::Bool(true)) {
            let message = "must have .spec.preserveUnknownFields set to false to let API Server call webhook to do the \
                           conversion";
            let path = steps!["spec", "preserveUnknownFields"];
            report.tell(&CONVERSION_PRESERVES_UNKNOWN_FIELDS, &located.place(), &path, message);
        }
    }
}

/// The conversion webhooks, with the index of each in `csv.webhooks`.
fn conversion_webhooks<'d>(draft: &'d Draft<'_>) -> impl Iterator<Item = (usize, &'d Webhook)> {
    let webhooks = draft.csv.webhooks.iter().enumerate();
    webhooks.filter(|(_, webhook)| webhook.kind == WebhookType::Conversion)
}
