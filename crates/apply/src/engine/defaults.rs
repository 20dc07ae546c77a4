//! What a server fills in by itself, for the kinds of which it takes no second object to show it: the name of a definition or an
//! `APIService` follows from what is in it.
//!
//! Sources: `SetDefaults_CustomResourceDefinitionSpec` and `SetDefaults_ServiceReference` of apiextensions-apiserver,
//! `SetDefaults_ServiceReference` of kube-aggregator.

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

/// An object as a server would have it.
pub(super) fn with_defaults(object: &Object) -> Object {
    let mut object = object.clone();
    match (object.group(), object.kind()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(&mut object),
        ("apiregistration.k8s.io", "APIService") => {
            if let Some(service) = at(object.fields_mut(), &["spec", "service"]) {
                fill(service, "port", json!(443));
            }
        }
        _ => {}
    }
    object
}

fn definition(object: &mut Object) {
    let Some(spec) = at(object.fields_mut(), &["spec"]) else { return };
    fill(spec, "conversion", json!({"strategy": "None"}));
    if let Some(service) = at(spec, &["conversion", "webhook", "clientConfig", "service"]) {
        fill(service, "port", json!(443));
    }
    let Some(names) = at(spec, &["names"]) else { return };
    let Some(kind) = names.get("kind").and_then(Value::as_str).map(str::to_owned) else { return };
    fill(names, "singular", kind.to_lowercase().into());
    fill(names, "listKind", format!("{kind}List").into());
}

fn at<'a>(fields: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    path.iter().try_fold(fields, |fields, field| fields.get_mut(*field)?.as_object_mut())
}

fn fill(fields: &mut Map<String, Value>, field: &str, value: Value) {
    let entry = fields.entry(field).or_insert(Value::Null);
    if entry.is_null() || entry == "" {
        *entry = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_stays() {
        let spec = json!({
            "names": {"kind": "Gadget", "plural": "gadgets", "singular": "thing"},
            "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "a"}}}},
        });
        let object =
            Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "gadgets.example.com");
        assert_eq!(
            with_defaults(&object.with("spec", spec)).get(&["spec"]),
            Some(&json!({
                "names": {"kind": "Gadget", "plural": "gadgets", "singular": "thing", "listKind": "GadgetList"},
                "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "a", "port": 443}}}},
            }))
        );
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
        let object =
            Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "gadgets.example.com");
        let filled = with_defaults(&object.with("spec", json!({"names": {"kind": "Gadget"}})));
        assert_eq!(filled.get(&["spec", "conversion"]), Some(&json!({"strategy": "None"})));
        assert_eq!(filled.get(&["spec", "names", "singular"]), Some(&json!("gadget")));
    }
}
