//! What a plan grants to others, which whoever writes it has to hold.

use std::collections::BTreeMap;

use rukpak_manifest::Object;
use serde_json::Value;

use super::{Permission, RBAC, Rule};
use crate::{ObjectId, Plan};

/// A role or a binding of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grant {
    /// The object.
    pub(crate) id: ObjectId,
    /// Where its rules will hold, and have to be held; empty is the whole cluster.
    pub(crate) namespace: String,
    /// What makes up for not holding them: `escalate` on a role, `bind` on a role that is bound.
    pub(crate) instead: Permission,
    /// Its rules.
    pub(crate) role: Role,
}

/// Where the rules of a grant stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Role {
    /// They are those of the role that is written.
    Written(Vec<Rule>),
    /// They are those of a role of the set that is bound.
    Bound(Vec<Rule>),
    /// They are those of a role that is bound, and is in the cluster.
    Elsewhere(ObjectId),
}

/// What a plan grants.
pub(crate) fn grants(plan: &Plan) -> Vec<Grant> {
    let of_rbac = || plan.objects().iter().filter(|planned| planned.id.group == RBAC);
    let of_the_set: BTreeMap<&ObjectId, &Object> =
        of_rbac().map(|planned| (&planned.id, &*planned.object)).collect();
    of_rbac()
        .filter_map(|planned| {
            let (id, namespace) = (planned.id.clone(), planned.id.namespace.clone());
            let (instead, role) = match id.kind.as_str() {
                "Role" | "ClusterRole" => {
                    // A role that is made has no name yet.
                    let name = plan.owned_before().contains(&id).then_some(id.name.as_str());
                    let instead = Permission::on("escalate", RBAC, &planned.resource.plural, name);
                    let mut rules = rules_of(&planned.object);
                    // It can gather anything (`pkg/registry/rbac/clusterrole/policybased`).
                    if is_aggregated(&planned.object) {
                        rules.extend(Rule::everything());
                    }
                    (instead, Role::Written(rules))
                }
                "RoleBinding" | "ClusterRoleBinding" => {
                    let role = referred(&planned.object)?;
                    let plural = if role.kind == "Role" { "roles" } else { "clusterroles" };
                    let instead = Permission::on("bind", RBAC, plural, Some(&role.name));
                    let role = match of_the_set.get(&role) {
                        Some(object) => Role::Bound(rules_of(object)),
                        None => Role::Elsewhere(role),
                    };
                    (instead, role)
                }
                _ => return None,
            };
            Some(Grant { id, namespace, instead, role })
        })
        .collect()
}

/// The rules of a role. Those that an aggregated one will gather are not known.
pub(crate) fn rules_of(role: &Object) -> Vec<Rule> {
    role.get(&["rules"]).and_then(Value::as_array).into_iter().flatten().map(Rule::of).collect()
}

/// Whether the rules of a role are gathered from other roles.
pub(crate) fn is_aggregated(role: &Object) -> bool {
    let selectors = role.get(&["aggregationRule", "clusterRoleSelectors"]).and_then(Value::as_array);
    selectors.is_some_and(|selectors| !selectors.is_empty())
}

/// The role that a binding refers to.
fn referred(binding: &Object) -> Option<ObjectId> {
    let text = |field| binding.get(&["roleRef", field]).and_then(Value::as_str);
    let kind = text("kind").filter(|kind| matches!(*kind, "Role" | "ClusterRole"))?;
    let namespace = if kind == "Role" { binding.namespace().unwrap_or_default() } else { "" };
    let name = text("name")?.to_owned();
    Some(ObjectId { group: RBAC.into(), kind: kind.into(), namespace: namespace.into(), name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::tests::{object, planned_of};
    use rstest::rstest;
    use serde_json::json;

    fn rules(resource: &str) -> Value {
        json!([{"verbs": ["get"], "apiGroups": [""], "resources": [resource]}])
    }

    fn role(kind: &str, name: &str) -> Object {
        object(&format!("{RBAC}/v1 {kind} {name}")).with("rules", rules("pods"))
    }

    fn binding(kind: &str, role: &str) -> Object {
        let (of, name) = role.split_once(' ').unwrap();
        object(&format!("{RBAC}/v1 {kind} b"))
            .with("roleRef", json!({"apiGroup": RBAC, "kind": of, "name": name}))
    }

    fn of(objects: Vec<Object>) -> Vec<Grant> {
        grants(&planned_of(objects, &[]).0)
    }

    #[rstest]
    #[case("Role", "home", "roles")]
    #[case("ClusterRole", "", "clusterroles")]
    fn a_role_holds_where_it_is(#[case] kind: &str, #[case] namespace: &str, #[case] plural: &str) {
        let grants = of(vec![role(kind, "r")]);
        let [grant] = grants.as_slice() else { panic!("{grants:?}") };
        assert_eq!(grant.namespace, namespace);
        assert_eq!(grant.instead, Permission::on("escalate", RBAC, plural, None));
        assert_eq!(grant.role, Role::Written(vec![Rule::of(&rules("pods")[0])]));
        let (plan, _) = planned_of(vec![role(kind, "r")], &[&format!("{RBAC}/v1 {kind} r")]);
        assert_eq!(super::grants(&plan)[0].instead, Permission::on("escalate", RBAC, plural, Some("r")));
    }

    #[rstest]
    #[case::of_the_set("RoleBinding", "Role r", "home", "roles", true)]
    #[case::of_the_set_everywhere("RoleBinding", "ClusterRole r", "home", "clusterroles", true)]
    #[case::everywhere("ClusterRoleBinding", "ClusterRole r", "", "clusterroles", true)]
    #[case::elsewhere("RoleBinding", "Role other", "home", "roles", false)]
    #[case::elsewhere("ClusterRoleBinding", "ClusterRole admin", "", "clusterroles", false)]
    fn a_binding_holds_where_it_is(
        #[case] kind: &str,
        #[case] refers: &str,
        #[case] namespace: &str,
        #[case] plural: &str,
        #[case] of_the_set: bool,
    ) {
        let grants = of(vec![role("Role", "r"), role("ClusterRole", "r"), binding(kind, refers)]);
        let grant = grants.iter().find(|grant| grant.id.kind == kind).unwrap();
        let (_, name) = refers.split_once(' ').unwrap();
        assert_eq!(grant.namespace, namespace);
        assert_eq!(grant.instead, Permission::on("bind", RBAC, plural, Some(name)));
        assert_eq!(matches!(&grant.role, Role::Bound(rules) if rules.len() == 1), of_the_set);
        assert_eq!(matches!(&grant.role, Role::Elsewhere(role) if role.name == name), !of_the_set);
    }

    #[rstest]
    #[case::selects(json!({"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}), true)]
    #[case::selects_nothing(json!({"clusterRoleSelectors": []}), false)]
    #[case::nothing(json!(null), false)]
    fn what_gathers_anything_needs_everything(#[case] rule: Value, #[case] everything: bool) {
        let grants = of(vec![role("ClusterRole", "r").with("aggregationRule", rule)]);
        let Role::Written(rules) = &grants[0].role else { panic!("{grants:?}") };
        let everywhere = |one: &Rule| Rule::everything().contains(one);
        assert_eq!(rules.iter().filter(|rule| everywhere(rule)).count(), if everything { 2 } else { 0 });
    }

    #[rstest]
    #[case::no_reference(json!(null))]
    #[case::of_a_kind_that_is_no_role(json!({"kind": "User", "name": "r"}))]
    #[case::no_name(json!({"kind": "Role"}))]
    fn odd_bindings_are_for_the_server_to_refuse(#[case] reference: Value) {
        assert_eq!(of(vec![object(&format!("{RBAC}/v1 RoleBinding b")).with("roleRef", reference)]), []);
    }
}
