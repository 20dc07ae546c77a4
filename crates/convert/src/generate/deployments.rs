//! The deployments that the operator consists of.

mod certificate_volumes;

use rukpak_bundle::StrategyDeployment;
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::{Context, operator_condition};
use crate::certificates::CERTIFICATE_DIGEST;
use crate::pod_template::PodTemplate;

pub(super) fn generate(context: &Context<'_>) -> Vec<Object> {
    context.csv.deployments.iter().map(|deployment| generate_one(context, deployment)).collect()
}

fn generate_one(context: &Context<'_>, deployment: &StrategyDeployment) -> Object {
    let mut spec = deployment.spec.clone();
    spec.insert("revisionHistoryLimit".into(), 1.into());
    let mut template = PodTemplate::of(&mut spec);
    annotate(context, &mut template);
    // Created where it is missing, as Go writes it.
    template.spec();
    if context.operator_condition {
        operator_condition::inject(context, &mut template);
    }
    if context.certificates.are_mounted() && context.serving.contains(deployment.name.as_str()) {
        let names = context.certificate_names(&deployment.name);
        certificate_volumes::mount(&mut template, &names.certificate);
        if let Some(issued) = context.certificates.issued(&names) {
            template.annotations().insert(CERTIFICATE_DIGEST.into(), issued.digest().to_string().into());
        }
    }

    let namespace = Some(context.install_namespace.as_str());
    let mut object = Object::new("apps/v1", "Deployment", namespace, &deployment.name).with("spec", spec);
    if !deployment.labels.is_empty() {
        object.metadata_mut().insert("labels".into(), json!(deployment.labels));
    }
    context.deployment_config.apply(&mut object);
    object
}

/// The pods carry the annotations of the `ClusterServiceVersion` below their own, and learn from two more what to
/// watch and where they are, which operators read through the downward API.
fn annotate(context: &Context<'_>, template: &mut PodTemplate<'_>) {
    let annotations = template.annotations();
    for (key, value) in &context.csv.annotations {
        annotations.entry(key).or_insert_with(|| Value::from(value.as_str()));
    }
    annotations.insert("olm.targetNamespaces".into(), context.targets.annotation().into());
    annotations.insert("olm.operatorNamespace".into(), context.install_namespace.as_str().into());
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rukpak_bundle::WebhookType;

    use super::super::fixture::Fixture;
    use super::*;
    use crate::CertificateProvider;

    fn fixture() -> Fixture {
        let template = json!({"metadata": {"annotations": {"own": "template"}}, "spec": {"containers": [{"name": "c"}]}});
        let mut fixture =
            Fixture::new().deployment("op", json!({"revisionHistoryLimit": 5, "template": template}));
        let annotations = [("own", "csv"), ("olm.targetNamespaces", "csv"), ("other", "csv")];
        fixture.csv.annotations = annotations.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        fixture
    }

    fn only(fixture: &Fixture) -> Object {
        fixture.run(generate).remove(0)
    }

    #[rstest]
    #[case::all(fixture(), "")]
    #[case::listed(fixture().watching(&["watch-b", "watch-a"]), "watch-a,watch-b")]
    fn annotations(#[case] fixture: Fixture, #[case] targets: &str) {
        let deployment = only(&fixture);
        assert_eq!(
            deployment.get(&["spec", "template", "metadata", "annotations"]),
            Some(&json!({
                "own": "template",
                "other": "csv",
                "olm.targetNamespaces": targets,
                "olm.operatorNamespace": "install-ns",
            }))
        );
        assert_eq!(deployment.get(&["metadata"]), Some(&json!({"name": "op", "namespace": "install-ns"})));
        assert_eq!(deployment.get(&["spec", "revisionHistoryLimit"]), Some(&json!(1)));
    }

    #[test]
    fn labels_are_those_of_the_deployment() {
        let mut fixture = fixture();
        fixture.csv.deployments[0].labels.insert("a".into(), "b".into());
        assert_eq!(only(&fixture).get(&["metadata", "labels"]), Some(&json!({"a": "b"})));
    }

    #[rstest]
    #[case::served(fixture().webhook(WebhookType::Validating, "op", |_| ()), CertificateProvider::SelfSigned, true)]
    #[case::by_another(fixture().webhook(WebhookType::Validating, "other", |_| ()), CertificateProvider::SelfSigned, false)]
    #[case::without_certificates(fixture().webhook(WebhookType::Validating, "op", |_| ()), CertificateProvider::None, false)]
    fn certificates_are_mounted(
        #[case] fixture: Fixture,
        #[case] provider: CertificateProvider,
        #[case] expected: bool,
    ) {
        let deployment = only(&fixture.certificates(provider));
        assert_eq!(deployment.get(&["spec", "template", "spec", "volumes"]).is_some(), expected);
    }

    #[test]
    fn a_deployment_without_a_pod_spec_has_an_empty_one() {
        let fixture = Fixture::new().deployment("op", json!({}));
        assert_eq!(only(&fixture).get(&["spec", "template", "spec"]), Some(&json!({})));
    }

    #[test]
    fn a_new_certificate_changes_the_pods() {
        let fixture = fixture().webhook(WebhookType::Validating, "op", |_| ()).issued("op-service-cert");
        let deployment = only(&fixture);
        assert_eq!(
            deployment.get(&["spec", "template", "metadata", "annotations", CERTIFICATE_DIGEST]),
            Some(&json!("sha256:06298432e8066b29e2223bcc23aa9504b56ae508fabf3435508869b9c3190e22"))
        );
    }

    #[rstest]
    #[case::served(true, Some(json!([{"name": "OPERATOR_CONDITION_NAME", "value": "gadgets.v1.0.0"}])))]
    #[case::not_served(false, None)]
    fn operator_condition_name(#[case] served: bool, #[case] expected: Option<Value>) {
        let mut fixture = fixture();
        fixture.operator_condition = served;
        let deployment = only(&fixture);
        let containers = deployment.get(&["spec", "template", "spec", "containers"]).unwrap();
        assert_eq!(containers[0].get("env"), expected.as_ref());
    }
}
