//! Webhook configurations, one object per admission webhook.

use rukpak_bundle::{Webhook, WebhookType};
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;
use serde_json::{Map, Value, json};

use super::{Context, services::port};
use crate::TargetNamespaces;
use crate::certificates::Names;

/// The configurations of the webhooks of one type, [`WebhookType::Validating`] or [`WebhookType::Mutating`]; a
/// conversion webhook has none.
pub(super) fn generate(context: &Context<'_>, kind: WebhookType) -> Vec<Object> {
    let object_kind = match kind {
        WebhookType::Validating => "ValidatingWebhookConfiguration",
        WebhookType::Mutating => "MutatingWebhookConfiguration",
        WebhookType::Conversion => return Vec::new(),
    };
    let webhooks = context.csv.webhooks.iter().filter(|webhook| webhook.kind == kind);
    webhooks.map(|webhook| configuration(context, object_kind, webhook)).collect()
}

fn configuration(context: &Context<'_>, kind: &str, webhook: &Webhook) -> Object {
    // Made for `metadata.generateName`, which ends in a dash; the reference takes one dash off and uses it as the name.
    let name = webhook.generate_name.strip_suffix('-').unwrap_or(&webhook.generate_name);
    let mut object = Object::new("admissionregistration.k8s.io/v1", kind, None, name);

    let names = context.certificate_names(&webhook.deployment_name);
    let mut config = client_config(&names, webhook, None);
    context.certificates.trust(&names, &mut object, &mut config);

    let mut entry = webhook.fields.clone();
    entry.insert("name".into(), name.into());
    entry.insert("clientConfig".into(), config.into());
    entry.insert("admissionReviewVersions".into(), webhook.admission_review_versions.clone().into());
    if let Some(selector) = namespace_selector(context.targets) {
        entry.insert("namespaceSelector".into(), selector);
    }
    object.with("webhooks", vec![Value::Object(entry)])
}

/// How the API server reaches a webhook: through the Service in front of its deployment.
pub(super) fn client_config(
    names: &Names<'_>,
    webhook: &Webhook,
    default_path: Option<&str>,
) -> Map<String, Value> {
    let mut service = json!({
        "name": names.service,
        "namespace": names.namespace.as_str(),
        "port": port(webhook),
    });
    if let (Some(path), Some(fields)) = (webhook.path.as_deref().or(default_path), service.as_object_mut()) {
        fields.insert("path".into(), path.into());
    }
    Map::from_iter([("service".to_owned(), service)])
}

/// Only what happens in a watched namespace is the operator's business.
fn namespace_selector(targets: &TargetNamespaces) -> Option<Value> {
    match targets {
        TargetNamespaces::All => None,
        TargetNamespaces::Listed(namespaces) => {
            let values: Vec<_> = namespaces.iter().map(Namespace::as_str).collect();
            let expression =
                json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": values});
            Some(json!({"matchExpressions": [expression]}))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::fixture::{Fixture, keys};
    use super::*;
    use crate::CertificateProvider;

    #[rstest]
    #[case::validating(WebhookType::Validating, &["ValidatingWebhookConfiguration.admissionregistration.k8s.io v.example.org"])]
    #[case::mutating(WebhookType::Mutating, &["MutatingWebhookConfiguration.admissionregistration.k8s.io m.example.org"])]
    #[case::conversion(WebhookType::Conversion, &[])]
    fn one_object_per_webhook_of_a_type(#[case] kind: WebhookType, #[case] expected: &[&str]) {
        let fixture = Fixture::new()
            .webhook(WebhookType::Validating, "op", |webhook| webhook.generate_name = "v.example.org".into())
            .webhook(WebhookType::Mutating, "op", |webhook| webhook.generate_name = "m.example.org".into())
            .webhook(WebhookType::Conversion, "op", |webhook| webhook.generate_name = "c.example.org".into());
        assert_eq!(keys(&fixture.run(|context| generate(context, kind))), expected);
    }

    #[rstest]
    #[case::as_written("a.example.org", "a.example.org")]
    #[case::one_dash_goes("a.example.org--", "a.example.org-")]
    fn names(#[case] generate_name: &str, #[case] expected: &str) {
        let object = validating(|webhook| webhook.generate_name = generate_name.into(), Fixture::new());
        assert_eq!(object.name(), expected);
        assert_eq!(entry(&object)["name"], expected);
    }

    #[test]
    fn every_field() {
        let object = validating(
            |webhook| {
                webhook.container_port = Some(9443);
                webhook.path = Some("/check".into());
                webhook.admission_review_versions = vec!["v1".into(), "v1beta1".into()];
                webhook.fields = Map::from_iter([("failurePolicy".to_owned(), json!("Fail"))]);
            },
            Fixture::new().watching(&["watch-a", "watch-b"]).issued("my-op-service-cert"),
        );
        let service =
            json!({"name": "my-op-service", "namespace": "install-ns", "path": "/check", "port": 9443});
        let expression =
            json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["watch-a", "watch-b"]});
        assert_eq!(
            entry(&object),
            json!({
                "name": "check.example.org",
                "clientConfig": {"service": service, "caBundle": "Y2E="},
                "admissionReviewVersions": ["v1", "v1beta1"],
                "failurePolicy": "Fail",
                "namespaceSelector": {"matchExpressions": [expression]},
            })
        );
        assert_eq!(object.namespace(), None);
    }

    #[test]
    fn defaults() {
        let object = validating(|_| (), Fixture::new());
        let service = json!({"name": "my-op-service", "namespace": "install-ns", "port": 443});
        assert_eq!(
            entry(&object),
            json!({
                "name": "check.example.org",
                "clientConfig": {"service": service},
                "admissionReviewVersions": ["v1"],
            })
        );
    }

    #[rstest]
    #[case::cert_manager(
        CertificateProvider::CertManager,
        json!({"cert-manager.io/inject-ca-from": "install-ns/my-op-service-cert"})
    )]
    #[case::service_ca(CertificateProvider::ServiceCa, json!({"service.beta.openshift.io/inject-cabundle": "true"}))]
    #[case::pending(CertificateProvider::SelfSigned, Value::Null)]
    #[case::none(CertificateProvider::None, Value::Null)]
    fn trust(#[case] provider: CertificateProvider, #[case] annotations: Value) {
        let object = validating(|_| (), Fixture::new().certificates(provider));
        assert_eq!(object.get(&["metadata", "annotations"]).cloned().unwrap_or_default(), annotations);
        assert_eq!(entry(&object)["clientConfig"].get("caBundle"), None);
    }

    fn validating(change: impl FnOnce(&mut Webhook), fixture: Fixture) -> Object {
        let fixture = fixture.webhook(WebhookType::Validating, "my.op", change);
        fixture.run(|context| generate(context, WebhookType::Validating)).remove(0)
    }

    fn entry(object: &Object) -> Value {
        object.get(&["webhooks"]).unwrap()[0].clone()
    }
}
