//! The custom resource definitions of the bundle, with their conversion webhooks wired up.

use std::collections::BTreeMap;

use rukpak_bundle::{Webhook, WebhookType};
use rukpak_manifest::Object;
use serde_json::json;

use super::webhooks::client_config;
use super::{Context, drop_leftovers};
use crate::pod_template::mapping;

/// The definitions as they are, except that one that a conversion webhook names converts by that webhook.
pub(super) fn generate(context: &Context<'_>, mut definitions: Vec<Object>) -> Vec<Object> {
    // A valid bundle names a definition in one webhook at most.
    let webhooks: BTreeMap<&str, &Webhook> = (context.csv.webhooks.iter())
        .filter(|webhook| webhook.kind == WebhookType::Conversion)
        .flat_map(|webhook| webhook.conversion_crds.iter().map(move |name| (name.as_str(), webhook)))
        .collect();
    for definition in &mut definitions {
        drop_leftovers(definition);
        if let Some(webhook) = webhooks.get(definition.name()) {
            convert_by(context, definition, webhook);
        }
    }
    definitions
}

/// Lets a definition convert its versions by a webhook.
fn convert_by(context: &Context<'_>, definition: &mut Object, webhook: &Webhook) {
    let names = context.certificate_names(&webhook.deployment_name);
    let mut config = client_config(&names, webhook, Some("/"));
    context.certificates.trust(&names, definition, &mut config);
    let conversion = json!({
        "strategy": "Webhook",
        "webhook": {"clientConfig": config, "conversionReviewVersions": webhook.admission_review_versions},
    });
    mapping(definition.fields_mut(), "spec").insert("conversion".into(), conversion);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::fixture::Fixture;
    use super::*;
    use crate::CertificateProvider;

    fn definition(name: &str, spec: Value) -> Object {
        Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, name).with("spec", spec)
    }

    fn converting(name: &'static str) -> Fixture {
        Fixture::new()
            .webhook(WebhookType::Conversion, "op", |webhook| webhook.conversion_crds = vec![name.into()])
    }

    #[test]
    fn others_stay_as_they_are() {
        let before = definition("a.example.org", json!({"conversion": {"strategy": "None"}}));
        let mut fixture = converting("b.example.org").certificates(CertificateProvider::CertManager);
        fixture = fixture.webhook(WebhookType::Validating, "op", |webhook| {
            webhook.conversion_crds = vec!["a.example.org".into()];
        });
        let after = fixture.run(|context| generate(context, vec![before.clone()]));
        assert_eq!(after, [before]);
    }

    #[test]
    fn one_that_a_webhook_names_converts_by_it() {
        let before = definition(
            "a.example.org",
            json!({"conversion": {"strategy": "None"}, "preserveUnknownFields": false}),
        );
        let fixture = converting("a.example.org").certificates(CertificateProvider::CertManager);
        let after = fixture.run(|context| generate(context, vec![before]));
        let conversion = json!({
            "strategy": "Webhook",
            "webhook": {
                "clientConfig": {"service": {"name": "op-service", "namespace": "install-ns", "path": "/", "port": 443}},
                "conversionReviewVersions": ["v1"],
            },
        });
        assert_eq!(after[0].get(&["spec", "conversion"]), Some(&conversion));
        assert_eq!(after[0].annotation("cert-manager.io/inject-ca-from"), Some("install-ns/op-service-cert"));
    }

    #[test]
    fn an_issued_authority_is_trusted() {
        let fixture = converting("a.example.org").issued("op-service-cert");
        let after = fixture.run(|context| generate(context, vec![definition("a.example.org", json!({}))]));
        let path = ["spec", "conversion", "webhook", "clientConfig", "caBundle"];
        assert_eq!(after[0].get(&path), Some(&json!("Y2E=")));
    }

    #[test]
    fn leftovers_go() {
        let mut before = definition("a.example.org", json!({})).with("status", json!({"conditions": null}));
        before.metadata_mut().insert("creationTimestamp".into(), Value::Null);
        let after = Fixture::new().run(|context| generate(context, vec![before]));
        assert_eq!(after, [definition("a.example.org", json!({}))]);
    }
}
