//! A Service in front of each deployment that serves a webhook of any type.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_bundle::{StrategyDeployment, Webhook};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::Context;

/// The port at which the API server calls a webhook that names none.
const DEFAULT_PORT: i32 = 443;

/// The Service's port for a webhook: its `containerPort`, or 443.
pub(super) fn port(webhook: &Webhook) -> i32 {
    webhook.container_port.unwrap_or(DEFAULT_PORT)
}

pub(super) fn generate(context: &Context<'_>) -> Vec<Object> {
    let mut ports: BTreeMap<&str, BTreeSet<Port>> = BTreeMap::new();
    for webhook in &context.csv.webhooks {
        ports.entry(&webhook.deployment_name).or_default().insert(Port::of(webhook));
    }
    let deployments = context.csv.deployments.iter();
    let served =
        deployments.filter_map(|deployment| Some((deployment, ports.get(deployment.name.as_str())?)));
    served.map(|(deployment, ports)| service(context, deployment, ports)).collect()
}

fn service(context: &Context<'_>, deployment: &StrategyDeployment, ports: &BTreeSet<Port>) -> Object {
    let mut spec = json!({"ports": ports.iter().map(Port::to_value).collect::<Vec<_>>()});
    let selector = deployment.spec.get("selector").and_then(|selector| selector.get("matchLabels"));
    if let (Some(selector), Some(fields)) = (selector, spec.as_object_mut()) {
        fields.insert("selector".into(), selector.clone());
    }
    let names = context.certificate_names(&deployment.name);
    let namespace = Some(names.namespace.as_str());
    let mut service = Object::new("v1", "Service", namespace, &names.service).with("spec", spec);
    context.certificates.annotate_service(&names, &mut service);
    service
}

/// A port of the Service. The order is the reference's: by port, then by the number of the target, which is 0 for the
/// name of a port.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Port {
    number: i32,
    target_number: i64,
    /// The target where it is a name (or, if someone writes that, a number as a string).
    target_name: Option<String>,
}

impl Port {
    fn of(webhook: &Webhook) -> Self {
        let port = port(webhook);
        let (target_number, target_name) = match &webhook.target_port {
            Some(Value::String(name)) => (name.parse().unwrap_or(0), Some(name.clone())),
            Some(number) => (number.as_i64().unwrap_or_else(|| port.into()), None),
            None => (port.into(), None),
        };
        Self { number: port, target_number, target_name }
    }

    fn to_value(&self) -> Value {
        let target = match &self.target_name {
            Some(name) => name.as_str().into(),
            None => Value::from(self.target_number),
        };
        json!({"name": self.number.to_string(), "port": self.number, "targetPort": target})
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rukpak_bundle::WebhookType;

    use super::super::fixture::{Fixture, keys};
    use super::*;
    use crate::CertificateProvider;

    /// Deployments `a.b` and `c`, and webhooks of the first with these ports.
    fn fixture(ports: &[(Option<i32>, Option<Value>)]) -> Fixture {
        let selector = json!({"selector": {"matchLabels": {"app": "a"}}});
        let fixture = Fixture::new().deployment("a.b", selector).deployment("c", json!({}));
        ports.iter().fold(fixture, |fixture, (port, target)| {
            fixture.webhook(WebhookType::Conversion, "a.b", |webhook| {
                webhook.container_port = *port;
                webhook.target_port.clone_from(target);
            })
        })
    }

    #[rstest]
    #[case::defaults(&[(None, None)], json!([{"name": "443", "port": 443, "targetPort": 443}]))]
    #[case::port_alone(&[(Some(9443), None)], json!([{"name": "9443", "port": 9443, "targetPort": 9443}]))]
    #[case::target_alone(&[(None, Some(json!(4343)))], json!([{"name": "443", "port": 443, "targetPort": 4343}]))]
    #[case::named_target(&[(None, Some(json!("https")))], json!([{"name": "443", "port": 443, "targetPort": "https"}]))]
    #[case::equal_ones_once(&[(Some(443), None), (None, Some(json!(443)))], json!([{"name": "443", "port": 443, "targetPort": 443}]))]
    #[case::sorted_by_port_then_target(
        &[(Some(9), Some(json!(2))), (Some(8), Some(json!(3))), (Some(9), Some(json!("10"))), (Some(9), Some(json!("n")))],
        json!([
            {"name": "8", "port": 8, "targetPort": 3},
            {"name": "9", "port": 9, "targetPort": "n"},
            {"name": "9", "port": 9, "targetPort": 2},
            {"name": "9", "port": 9, "targetPort": "10"},
        ])
    )]
    fn ports(#[case] webhooks: &[(Option<i32>, Option<Value>)], #[case] expected: Value) {
        let services = fixture(webhooks).run(generate);
        assert_eq!(keys(&services), ["Service install-ns/a-b-service"]);
        assert_eq!(services[0].get(&["spec"]), Some(&json!({"ports": expected, "selector": {"app": "a"}})));
    }

    #[test]
    fn none_where_no_webhook_is_served() {
        assert_eq!(fixture(&[]).run(generate), []);
    }

    #[rstest]
    #[case::service_ca(CertificateProvider::ServiceCa, Some("a-b-service-cert"))]
    #[case::cert_manager(CertificateProvider::CertManager, None)]
    fn annotation(#[case] provider: CertificateProvider, #[case] expected: Option<&str>) {
        let services = fixture(&[(None, None)]).certificates(provider).run(generate);
        assert_eq!(services[0].annotation("service.beta.openshift.io/serving-cert-secret-name"), expected);
    }
}
