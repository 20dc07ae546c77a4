//! The `OperatorCondition` by which an operator says whether it may be upgraded.
//!
//! Operators that use it fail to start without the variable `OPERATOR_CONDITION_NAME`, and to report without the
//! object and the right to write it. Legacy OLM, which serves the API, reconciles the object too: it would put the
//! variable into `spec.deployments` and bind a role of the object's own name to `spec.serviceAccounts`. Both lists
//! are empty, so that it touches nothing here, and the role has a name that it does not use.

use std::collections::BTreeSet;

use rukpak_manifest::Object;
use serde_json::json;

use super::{Context, permissions, service_accounts};
use crate::pod_template::{PodTemplate, list, put_named};

const API_GROUP: &str = "operators.coreos.com";

/// Tells every container which object is the operator's.
pub(super) fn inject(context: &Context<'_>, template: &mut PodTemplate<'_>) {
    let variable = json!({"name": "OPERATOR_CONDITION_NAME", "value": name(context)});
    for container in template.containers() {
        put_named(list(container, "env"), std::slice::from_ref(&variable));
    }
}

/// The object, and the right of the operator's accounts to write it.
pub(super) fn generate(context: &Context<'_>) -> Vec<Object> {
    let namespace = Some(context.install_namespace.as_str());
    let condition = Object::new("operators.coreos.com/v2", "OperatorCondition", namespace, name(context))
        .with("spec", json!({"deployments": [], "serviceAccounts": []}));
    let write = |resource: &str| {
        json!({
            "apiGroups": [API_GROUP],
            "resources": [resource],
            "resourceNames": [name(context)],
            "verbs": ["get", "update", "patch"],
        })
    };
    let rules = vec![write("operatorconditions"), write("operatorconditions/status")];
    let accounts: BTreeSet<&str> =
        context.csv.deployments.iter().map(service_accounts::of_deployment).collect();
    let accounts = Vec::from_iter(accounts);
    let role_name = format!("{}-operator-condition", name(context));
    let [role, binding] = permissions::pair(context, namespace, &role_name, Some(rules), &accounts);
    vec![condition, role, binding]
}

/// The object is called as the `ClusterServiceVersion` is.
fn name<'a>(context: &Context<'a>) -> &'a str {
    &context.csv.name
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::fixture::{Fixture, keys, running_as};
    use super::*;

    #[test]
    fn the_object_and_the_right_to_write_it() {
        let fixture = Fixture::new().deployment("a", running_as("sa")).deployment("b", json!({}));
        let objects = fixture.run(generate);
        assert_eq!(
            keys(&objects),
            [
                "OperatorCondition.operators.coreos.com install-ns/gadgets.v1.0.0",
                "Role.rbac.authorization.k8s.io install-ns/gadgets.v1.0.0-operator-condition",
                "RoleBinding.rbac.authorization.k8s.io install-ns/gadgets.v1.0.0-operator-condition",
            ]
        );
        let names = objects[1].get(&["rules"]).and_then(|rules| rules[0].get("resourceNames"));
        assert_eq!(names, Some(&json!(["gadgets.v1.0.0"])));
        let subjects = objects[2].get(&["subjects"]).and_then(Value::as_array).unwrap();
        let accounts: Vec<_> = subjects.iter().map(|subject| subject["name"].as_str().unwrap()).collect();
        assert_eq!(accounts, ["default", "sa"]);
    }

    #[test]
    fn the_name_replaces_one_in_the_bundle() {
        let variable = json!({"name": "OPERATOR_CONDITION_NAME", "value": "old"});
        let Value::Object(mut spec) = json!({"template": {"spec": {"containers": [{"env": [variable]}]}}})
        else {
            unreachable!()
        };
        Fixture::new().run(|context| inject(context, &mut PodTemplate::of(&mut spec)));
        let env = &spec["template"]["spec"]["containers"][0]["env"];
        assert_eq!(env, &json!([{"name": "OPERATOR_CONDITION_NAME", "value": "gadgets.v1.0.0"}]));
    }
}
