//! The roles and bindings that give what is missing.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_manifest::{Object, digest};
use serde_json::{Value, json};

use super::{Actor, Permission, RBAC, Rule, Target};

/// Characters of a digest that a name ends in.
const DIGEST: usize = 10;

/// Roles and bindings that give an actor these permissions, each in a namespace or, where that is empty, in the whole cluster.
///
/// Their names follow from what is in them, so that those of a later report stand beside those of an earlier one and take
/// nothing away.
pub(super) fn of<'a>(
    permissions: impl Iterator<Item = (&'a str, &'a Permission)>,
    actor: &Actor,
) -> Vec<Object> {
    let mut places = BTreeMap::<&str, BTreeSet<Permission>>::new();
    for (namespace, permission) in permissions {
        // A Role has no URLs.
        let namespace = if matches!(permission.target, Target::Url(_)) { "" } else { namespace };
        places.entry(namespace).or_default().insert(permission.clone());
    }
    let everywhere = minimal(places.remove("").unwrap_or_default());
    let mut objects = role("", rules(&everywhere), actor);
    let everywhere: Vec<Rule> = everywhere.iter().map(Rule::from).collect();
    for (namespace, mut permissions) in places {
        permissions.retain(|one| !everywhere.iter().any(|rule| rule.covers(one)));
        objects.extend(role(namespace, rules(&minimal(permissions)), actor));
    }
    objects
}

/// Without what others among them cover.
fn minimal(mut permissions: BTreeSet<Permission>) -> BTreeSet<Permission> {
    for wide in permissions.iter().filter(|one| one.is_wide()).cloned().collect::<Vec<_>>() {
        // It may be gone with a wider one.
        if permissions.contains(&wide) {
            let rule = Rule::from(&wide);
            permissions.retain(|one| *one == wide || !rule.covers(one));
        }
    }
    let of_all: BTreeSet<_> = permissions.iter().filter(|one| **one == one.of_all()).cloned().collect();
    permissions.retain(|one| of_all.contains(one) || !of_all.contains(&one.of_all()));
    permissions
}

/// As few rules as give exactly these permissions: resources of a group are in one where their verbs and names are the same.
fn rules(permissions: &BTreeSet<Permission>) -> Vec<Value> {
    let mut urls = BTreeMap::<&str, BTreeSet<&str>>::new();
    let mut names = BTreeMap::<(&str, &str, &str), BTreeSet<Option<&str>>>::new();
    for Permission { target, verb } in permissions {
        match target {
            Target::Url(url) => drop(urls.entry(url).or_default().insert(verb)),
            Target::Resource { group, resource, name } => {
                names.entry((group, resource, verb)).or_default().insert(name.as_deref());
            }
        }
    }
    let mut verbs = BTreeMap::<_, BTreeSet<&str>>::new();
    for ((group, resource, verb), names) in names {
        verbs.entry((group, resource, names)).or_default().insert(verb);
    }
    let mut resources = BTreeMap::<_, BTreeSet<&str>>::new();
    for ((group, resource, names), verbs) in verbs {
        resources.entry((group, verbs, names)).or_default().insert(resource);
    }
    let mut rules: Vec<_> = resources
        .into_iter()
        .map(|((group, verbs, names), resources)| {
            let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
            let names: Vec<_> = names.into_iter().flatten().collect();
            if let (Value::Object(rule), false) = (&mut rule, names.is_empty()) {
                rule.insert("resourceNames".into(), json!(names));
            }
            rule
        })
        .collect();
    let mut of_verbs = BTreeMap::<_, BTreeSet<&str>>::new();
    for (url, verbs) in urls {
        of_verbs.entry(verbs).or_default().insert(url);
    }
    let of_urls = |(verbs, urls)| json!({"nonResourceURLs": urls, "verbs": verbs});
    rules.extend(of_verbs.into_iter().map(of_urls));
    rules
}

/// A role and its binding; none where there are no rules.
fn role(namespace: &str, rules: Vec<Value>, actor: &Actor) -> Vec<Object> {
    if rules.is_empty() {
        return vec![];
    }
    let (role, binding, namespace) = match namespace {
        "" => ("ClusterRole", "ClusterRoleBinding", None),
        namespace => ("Role", "RoleBinding", Some(namespace)),
    };
    let (rules, subject) = (Value::from(rules), actor.subject());
    let digest = digest(&json!([rules, subject])).to_string();
    let hexadecimal = digest.rsplit(':').next().unwrap_or_default();
    let name = format!("rukpak-rights-{}", hexadecimal.get(..DIGEST).unwrap_or(hexadecimal));
    let api_version = format!("{RBAC}/v1");
    let reference = json!({"apiGroup": RBAC, "kind": role, "name": name});
    let binding = subject.map(|subject| {
        Object::new(&api_version, binding, namespace, &name)
            .with("roleRef", reference)
            .with("subjects", json!([subject]))
    });
    let role = Object::new(&api_version, role, namespace, &name).with("rules", rules);
    [role].into_iter().chain(binding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn rules_of(permissions: &[Permission]) -> Value {
        rules(&minimal(permissions.iter().cloned().collect())).into()
    }

    fn url(verb: &str, url: &str) -> Permission {
        Permission { target: Target::Url(url.into()), verb: verb.into() }
    }

    #[rstest]
    #[case::none(&[], json!([]))]
    #[case::verbs(
        &[Permission::on("list", "", "pods", None), Permission::on("get", "", "pods", None)],
        json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
    )]
    #[case::resources(
        &[Permission::on("get", "", "pods/log", None), Permission::on("get", "", "pods", None)],
        json!([{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get"]}])
    )]
    #[case::names(
        &[
            Permission::on("get", "", "secrets", Some("b")), Permission::on("get", "", "secrets", Some("a")),
            Permission::on("create", "", "secrets", None),
        ],
        json!([
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get"]},
        ])
    )]
    #[case::all_are_those_with_names(
        &[Permission::on("get", "", "secrets", Some("b")), Permission::on("get", "", "secrets", None)],
        json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}])
    )]
    #[case::groups_stay_apart(
        &[Permission::on("get", "apps", "deployments", None), Permission::on("get", "", "pods", None)],
        json!([
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
        ])
    )]
    #[case::any_verb(
        &[Permission::on("*", "", "pods", None), Permission::on("get", "", "pods", Some("a"))],
        json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}])
    )]
    #[case::everything(
        &[
            Permission::on("*", "*", "*", None), Permission::on("*", "apps", "*", None),
            Permission::on("get", "", "pods", None), url("*", "*"), url("get", "/metrics"), url("get", "/*"),
        ],
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}])
    )]
    #[case::one_stays_of_two_that_are_the_same(
        &[url("get", "/a*"), url("get", "/a**")],
        json!([{"nonResourceURLs": ["/a*"], "verbs": ["get"]}])
    )]
    #[case::urls(
        &[url("get", "/b"), url("get", "/a"), url("post", "/c")],
        json!([{"nonResourceURLs": ["/a", "/b"], "verbs": ["get"]}, {"nonResourceURLs": ["/c"], "verbs": ["post"]}])
    )]
    fn rules_are_few_and_give_no_more(#[case] permissions: &[Permission], #[case] expected: Value) {
        assert_eq!(rules_of(permissions), expected);
        let rules: Vec<Rule> = expected.as_array().unwrap().iter().map(Rule::of).collect();
        assert!(permissions.iter().all(|one| rules.iter().any(|rule| rule.covers(one))));
        let given: BTreeSet<_> = rules.iter().flat_map(Rule::permissions).collect();
        assert!(given.iter().all(|one| permissions.contains(one)), "{given:?}");
    }

    #[test]
    fn what_holds_everywhere_is_in_no_role() {
        let (pods, secrets) =
            (Permission::on("get", "", "pods", None), Permission::on("get", "", "secrets", None));
        let actor = Actor::ServiceAccount("web/installer".parse().unwrap());
        let metrics = url("get", "/metrics");
        let rights = [("a", &pods), ("", &pods), ("a", &secrets), ("b", &pods), ("b", &metrics)];
        let objects = of(rights.into_iter(), &actor);
        let shown: Vec<_> = objects.iter().map(|object| (object.kind(), object.namespace())).collect();
        assert_eq!(
            shown,
            [
                ("ClusterRole", None),
                ("ClusterRoleBinding", None),
                ("Role", Some("a")),
                ("RoleBinding", Some("a"))
            ]
        );
        assert_eq!(objects[2].get(&["rules"]).unwrap()[0]["resources"], json!(["secrets"]));
        assert_eq!(objects[3].get(&["roleRef", "name"]), Some(&json!(objects[2].name())));
        assert_eq!(
            objects[3].get(&["subjects"]),
            Some(&json!([{"kind": "ServiceAccount", "namespace": "web", "name": "installer"}]))
        );
    }

    #[test]
    fn later_ones_stand_beside_earlier_ones() {
        let named = |verb: &str, actor: &Actor| {
            let permission = Permission::on(verb, "", "pods", None);
            of([("a", &permission)].into_iter(), actor)[0].name().to_owned()
        };
        let (alice, bob) = (Actor::of_user("alice"), Actor::of_user("bob"));
        assert_eq!(named("get", &alice), named("get", &alice));
        assert_ne!(named("get", &alice), named("list", &alice));
        assert_ne!(named("get", &alice), named("get", &bob));
    }

    #[rstest]
    #[case::user(Actor::of_user("alice"), &["Role", "RoleBinding"])]
    #[case::unknown(Actor::Unknown, &["Role"])]
    fn whoever_is_not_known_is_bound_by_others(#[case] actor: Actor, #[case] kinds: &[&str]) {
        let permission = Permission::on("get", "", "pods", None);
        let objects = of([("a", &permission)].into_iter(), &actor);
        assert_eq!(objects.iter().map(Object::kind).collect::<Vec<_>>(), kinds);
    }
}
