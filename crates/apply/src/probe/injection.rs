//! Certificates that another controller fills in: cert-manager's CA injector and OpenShift's service-ca.

use rukpak_manifest::Object;
use serde_json::Value;

use super::Health;
use super::health::Check;
use super::live::Live;

/// The annotations that ask for a CA, and whether they do so by the value `true` alone.
const ANNOTATIONS: [(&str, bool); 4] = [
    ("cert-manager.io/inject-ca-from", false),
    ("cert-manager.io/inject-ca-from-secret", false),
    ("cert-manager.io/inject-apiserver-ca", true),
    ("service.beta.openshift.io/inject-cabundle", true),
];

/// A line break in base64: what generators write where an injector is to put something.
const PLACEHOLDER: &str = "Cg==";

/// Every webhook of the configuration, or of the definition's conversion, has the CA that an annotation asks for. Before that, the
/// API server refuses to call it. Without an annotation, the CA is the manifest's matter.
pub(super) fn injected(live: Live<'_>) -> Check {
    let Some((key, value)) = asked_for(live) else { return Ok(()) };
    let conversion = live.get(&["spec", "conversion", "webhook"]);
    let webhooks: Vec<_> = live.list(&["webhooks"]).iter().chain(conversion).collect();
    let empty = webhooks.iter().filter(|webhook| !has_ca(webhook)).count();
    let what = match (empty, webhooks.len()) {
        (0, _) => return Ok(()),
        (_, 1) => "a CA is".to_owned(),
        (empty, all) => format!("the CA of {empty} of {all} webhooks is"),
    };
    Err(Health::in_progress(format_args!("{what} to be injected ({key}: {value})")))
}

/// Takes off what generators write where an injector is to put something: written again, it would take away what the injector has put
/// there meanwhile.
pub(crate) fn without_placeholders(object: &mut Object) {
    if asked_for(Live::of(object)).is_none() {
        return;
    }
    for (field, value) in object.fields_mut() {
        match (field.as_str(), value) {
            ("webhooks", Value::Array(webhooks)) => webhooks.iter_mut().for_each(take_placeholder),
            ("spec", spec) => spec.pointer_mut("/conversion/webhook").into_iter().for_each(take_placeholder),
            _ => {}
        }
    }
}

fn take_placeholder(webhook: &mut Value) {
    if !has_ca(webhook)
        && let Some(Value::Object(config)) = webhook.get_mut("clientConfig")
    {
        config.remove("caBundle");
    }
}

fn asked_for(live: Live<'_>) -> Option<(&'static str, &str)> {
    ANNOTATIONS.into_iter().find_map(|(key, is_switch)| {
        let value = live.annotation(key)?;
        (if is_switch { value == "true" } else { !value.is_empty() }).then_some((key, value))
    })
}

fn has_ca(webhook: &Value) -> bool {
    let bundle =
        webhook.get("clientConfig").and_then(|config| config.get("caBundle")).and_then(Value::as_str);
    bundle.is_some_and(|bundle| !bundle.is_empty() && bundle != PLACEHOLDER)
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::placeholder(json!({"caBundle": "Cg==", "url": "x"}), json!({"url": "x"}))]
    #[case::empty(json!({"caBundle": "", "url": "x"}), json!({"url": "x"}))]
    #[case::a_ca(json!({"caBundle": "Zm9v"}), json!({"caBundle": "Zm9v"}))]
    #[case::no_shape(json!("x"), json!("x"))]
    fn placeholders_are_taken_off_where_somebody_fills_them_in(
        #[case] before: Value,
        #[case] expected: Value,
    ) {
        let object = |config: &Value| {
            let conversion = json!({"conversion": {"webhook": {"clientConfig": config}}});
            Object::new("a/v1", "B", None, "c")
                .with("webhooks", json!([{"clientConfig": config}, 5]))
                .with("spec", conversion)
        };
        let mut nobody_asks = object(&before);
        without_placeholders(&mut nobody_asks);
        assert_eq!(nobody_asks, object(&before));
        let asked = |mut object: Object| {
            object.set_annotation("cert-manager.io/inject-ca-from", "n/c");
            object
        };
        let mut filled_in = asked(object(&before));
        without_placeholders(&mut filled_in);
        assert_eq!(filled_in, asked(object(&expected)));
    }

    #[rstest]
    #[case::nobody_asks("webhooks: [{clientConfig: {}}]", "Healthy")]
    #[case::nothing_to_fill("metadata: {annotations: {cert-manager.io/inject-ca-from: n/c}}", "Healthy")]
    #[case::empty(
        "{metadata: {annotations: {cert-manager.io/inject-ca-from: n/c}}, webhooks: [{clientConfig: {}}]}",
        "InProgress: a CA is to be injected (cert-manager.io/inject-ca-from: n/c)"
    )]
    #[case::some_empty(
        "{metadata: {annotations: {service.beta.openshift.io/inject-cabundle: 'true'}}, webhooks: \
         [{clientConfig: {caBundle: Zm9v}}, {clientConfig: {caBundle: Cg==}}, {clientConfig: {caBundle: ''}}, 5]}",
        "InProgress: the CA of 3 of 4 webhooks is to be injected (service.beta.openshift.io/inject-cabundle: true)"
    )]
    #[case::switched_off(
        "{metadata: {annotations: {service.beta.openshift.io/inject-cabundle: 'false'}}, webhooks: [{clientConfig: {}}]}",
        "Healthy"
    )]
    #[case::filled(
        "{metadata: {annotations: {cert-manager.io/inject-ca-from-secret: n/s}}, webhooks: [{clientConfig: {caBundle: Zm9v}}]}",
        "Healthy"
    )]
    fn configurations(
        #[values("Validating", "Mutating")] which: &str,
        #[case] body: &str,
        #[case] expected: &str,
    ) {
        let kind = format!("admissionregistration.k8s.io/v1 {which}WebhookConfiguration");
        assert_eq!(judged(&kind, body), expected);
    }
}
