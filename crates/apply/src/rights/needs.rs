//! The rights that the requests of a plan need, and those of giving back what is owned.
//!
//! They follow from the plan or the inventory, whatever is in the cluster: what is not there may have to be made, what is there to be
//! changed, and either can be the case at the next look. Only what is used as another's has to be known.

use std::collections::{BTreeMap, BTreeSet};

use super::{Permission, Right};
use crate::engine::{DeletionPolicy, Options, is_kept};
use crate::{Inventory, ObjectId, Plan, Planned, Resource, ServedKinds};

/// Rights, and what each is needed for.
pub(crate) type Needs = BTreeMap<Right, BTreeSet<ObjectId>>;

/// What the requests of a plan need. `used`: the objects that are there as another's and stay so.
pub(crate) fn needs(
    plan: &Plan,
    served: &ServedKinds,
    options: &Options,
    used: &BTreeSet<ObjectId>,
) -> Needs {
    let mut needs = Needs::new();
    let mut need = |verbs: &[&str], id: &ObjectId, resource: &Resource| {
        for verb in verbs {
            needs.entry(right(verb, id, resource)).or_default().insert(id.clone());
        }
    };
    for planned in plan.objects() {
        let Planned { id, resource, .. } = planned;
        need(&["create", "get"], id, resource);
        if !used.contains(id) {
            need(&["patch"], id, resource);
            if options.force && !is_kept(id) {
                need(&["delete"], id, resource);
            }
        }
    }
    for (id, version) in plan.prune().iter() {
        // What nobody serves is not there.
        let Some((_, resource)) = served.find(&id.group, &id.kind, version) else { continue };
        let goes = if plan.releases(id) { "patch" } else { "delete" };
        need(&[goes, "get"], id, resource);
    }
    // What a definition that goes defines is counted, and goes first.
    let definitions = plan.prune().iter().map(|(id, _)| id).filter(|id| id.is_definition());
    needs_of_resources(&["delete", "list"], definitions, &mut needs);
    needs
}

/// What it needs to give back what an inventory has.
pub(crate) fn needs_to_give_back(
    inventory: &Inventory,
    served: &ServedKinds,
    policy: DeletionPolicy,
) -> Needs {
    let mut needs = Needs::new();
    let definitions = || inventory.iter().map(|(id, _)| id).filter(|id| id.is_definition());
    let defined: BTreeSet<&str> = definitions().map(|id| id.name.as_str()).collect();
    for (id, version) in inventory.iter() {
        // What nobody serves is not there.
        let Some((_, resource)) = served.find(&id.group, &id.kind, version) else { continue };
        let verbs: &[&str] = match policy {
            DeletionPolicy::Orphan => &["get", "patch"],
            _ if id.is_undeletable() => &["get", "patch"],
            // Definitions stay with what they define. A namespace does where something of that is in it, which the server judges.
            DeletionPolicy::KeepCRDs if id.is_definition() => &[],
            DeletionPolicy::KeepCRDs if defined.contains(&*format!("{}.{}", resource.plural, id.group)) => {
                &[]
            }
            DeletionPolicy::KeepCRDs | DeletionPolicy::Delete => &["delete", "get"],
        };
        for verb in verbs {
            needs.entry(right(verb, id, resource)).or_default().insert(id.clone());
        }
    }
    if policy == DeletionPolicy::Delete {
        // What they define goes before them.
        needs_of_resources(&["delete", "list"], definitions(), &mut needs);
    }
    needs
}

/// Verbs on what definitions define, wherever it is.
fn needs_of_resources<'a>(
    verbs: &[&str],
    definitions: impl Iterator<Item = &'a ObjectId>,
    needs: &mut Needs,
) {
    for id in definitions {
        // A definition has the name of what it defines.
        let Some((plural, group)) = id.name.split_once('.') else { continue };
        for verb in verbs {
            let permission = Permission::on(verb, group, plural, None);
            let all = Right { namespace: String::new(), permission };
            needs.entry(all).or_default().insert(id.clone());
        }
    }
}

/// A verb on an object. One that is made has no name yet, and the name of a namespace is also where it is (apiserver,
/// `pkg/endpoints/request`).
fn right(verb: &str, id: &ObjectId, resource: &Resource) -> Right {
    let ObjectId { group, kind, namespace, name } = id;
    let is_named = verb != "create";
    let namespace =
        if is_named && (group.as_str(), kind.as_str()) == ("", "Namespace") { name } else { namespace };
    let permission = Permission::on(verb, group, &resource.plural, is_named.then_some(name));
    Right { namespace: namespace.clone(), permission }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd_upgrade::Enforcement;
    use crate::rights::tests::{object, planned};
    use rstest::rstest;

    /// `verb resource in NAMESPACE: objects`.
    fn shown(needs: &Needs) -> Vec<String> {
        let line = |(Right { namespace, permission }, ids): (&Right, &BTreeSet<ObjectId>)| {
            let ids: Vec<_> = ids.iter().map(|id| format!("{} {}", id.kind, id.name)).collect();
            format!("{} {} in {namespace:?}: {}", permission.verb, permission.target, ids.join(", "))
        };
        needs.iter().map(line).collect()
    }

    fn needs_of(set: &[&str], before: &[&str], options: &Options) -> Vec<String> {
        let (plan, served) = planned(set, before);
        shown(&needs(&plan, &served, options, &BTreeSet::new()))
    }

    #[test]
    fn what_is_made_has_no_name_and_what_is_there_has_one() {
        let told = needs_of(&["v1 ConfigMap a", "v1 ConfigMap b"], &[], &Options::default());
        assert_eq!(
            told,
            [
                "create configmaps in \"home\": ConfigMap a, ConfigMap b",
                "get configmaps \"a\" in \"home\": ConfigMap a",
                "patch configmaps \"a\" in \"home\": ConfigMap a",
                "get configmaps \"b\" in \"home\": ConfigMap b",
                "patch configmaps \"b\" in \"home\": ConfigMap b",
            ]
        );
    }

    #[test]
    fn a_namespace_is_where_it_is_named() {
        let told = needs_of(&["v1 Namespace new"], &[], &Options::default());
        assert_eq!(
            told,
            [
                "create namespaces in \"\": Namespace new",
                "get namespaces \"new\" in \"new\": Namespace new",
                "patch namespaces \"new\" in \"new\": Namespace new",
            ]
        );
    }

    #[rstest]
    #[case::may_be_deleted("apps/v1 Deployment a", true)]
    #[case::is_kept("v1 PersistentVolumeClaim a", false)]
    #[case::is_kept("v1 Namespace a", false)]
    fn what_may_be_made_anew_is_deleted(#[case] object: &str, #[case] deleted: bool) {
        let options = Options { force: true, ..Options::default() };
        let deletes = |told: Vec<String>| told.iter().any(|line| line.starts_with("delete "));
        assert_eq!(deletes(needs_of(&[object], &[], &options)), deleted);
        assert!(!deletes(needs_of(&[object], &[], &Options::default())));
    }

    #[rstest]
    #[case::made_by_us_or_to_be_made(&[], true)]
    #[case::made_by_others(&["a"], false)]
    fn what_is_used_as_it_is_is_not_changed(#[case] used: &[&str], #[case] patched: bool) {
        let (plan, served) = planned(&["v1 ServiceAccount a if-absent"], &[]);
        let ids = plan.objects().iter().map(|planned| planned.id.clone());
        let used = ids.filter(|id| used.contains(&&*id.name)).collect();
        let told = shown(&needs(&plan, &served, &Options::default(), &used));
        assert_eq!(told.iter().any(|line| line.starts_with("patch ")), patched, "{told:?}");
    }

    #[rstest]
    fn what_goes_is_deleted_and_what_it_defines_listed(
        #[values(Enforcement::Strict, Enforcement::None)] enforcement: Enforcement,
    ) {
        let before = [
            "v1 ConfigMap a",
            "v1 ConfigMap b",
            "apiextensions.k8s.io/v1 CustomResourceDefinition gadgets.example.com",
            "gone.example.com/v1 Gone x",
        ];
        let options = Options { enforcement, ..Options::default() };
        let told = needs_of(&["v1 ConfigMap a"], &before, &options);
        let of_b: Vec<_> = told.iter().filter(|line| line.ends_with("ConfigMap b")).collect();
        assert_eq!(
            of_b,
            [
                "delete configmaps \"b\" in \"home\": ConfigMap b",
                "get configmaps \"b\" in \"home\": ConfigMap b"
            ]
        );
        let lists: Vec<_> = told.iter().filter(|line| line.starts_with("list ")).collect();
        assert_eq!(lists, ["list gadgets.example.com in \"\": CustomResourceDefinition gadgets.example.com"]);
        assert!(!told.iter().any(|line| line.contains("Gone")), "{told:?}");
        assert!(told.iter().any(|line| line.starts_with("delete customresourcedefinitions")), "{told:?}");
    }

    #[test]
    fn a_namespace_that_is_released_is_changed() {
        let told =
            needs_of(&["v1 ConfigMap a"], &["v1 Namespace home", "v1 Namespace other"], &Options::default());
        let of = |name: &str| {
            told.iter()
                .filter(|line| line.ends_with(&format!("Namespace {name}")))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("home"),
            [
                "get namespaces \"home\" in \"home\": Namespace home",
                "patch namespaces \"home\" in \"home\": Namespace home",
            ]
        );
        assert_eq!(
            of("other"),
            [
                "delete namespaces \"other\" in \"other\": Namespace other",
                "get namespaces \"other\" in \"other\": Namespace other",
            ]
        );
    }

    #[rstest]
    #[case::all_goes(DeletionPolicy::Delete, &["delete", "get"], &["delete", "get"], &["delete", "get", "list"], &["delete", "get"])]
    #[case::definitions_stay(DeletionPolicy::KeepCRDs, &["delete", "get"], &["delete", "get"], &[], &[])]
    #[case::all_stays(DeletionPolicy::Orphan, &["get", "patch"], &["get", "patch"], &["get", "patch"], &["get", "patch"])]
    fn what_is_given_back(
        #[case] policy: DeletionPolicy,
        #[case] map: &[&str],
        #[case] namespace: &[&str],
        #[case] definition: &[&str],
        #[case] resource: &[&str],
    ) {
        let before = [
            "v1 ConfigMap a",
            "v1 Namespace home",
            "apiextensions.k8s.io/v1 CustomResourceDefinition gadgets.example.com",
            "example.com/v1 Gadget one",
            "gone.example.com/v1 Gone x",
        ];
        let (plan, served) = planned(&["v1 ConfigMap a"], &before);
        let told = shown(&needs_to_give_back(plan.owned_before(), &served, policy));
        for (object, verbs) in [
            ("ConfigMap a", map),
            ("Namespace home", namespace),
            ("CustomResourceDefinition gadgets.example.com", definition),
            ("Gadget one", resource),
            ("Gone x", &[]),
        ] {
            let of: Vec<_> = told.iter().filter(|line| line.ends_with(object)).collect();
            let of: BTreeSet<_> = of.iter().filter_map(|line| line.split(' ').next()).collect();
            assert_eq!(of, verbs.iter().copied().collect(), "{object}: {told:?}");
        }
    }

    #[test]
    fn what_a_definition_defines_is_deleted_wherever_it_is() {
        let before = ["apiextensions.k8s.io/v1 CustomResourceDefinition gadgets.example.com"];
        let (plan, served) = planned(&["v1 ConfigMap a"], &before);
        let told = shown(&needs_to_give_back(plan.owned_before(), &served, DeletionPolicy::Delete));
        for verb in ["delete", "list"] {
            let expected =
                format!("{verb} gadgets.example.com in \"\": CustomResourceDefinition gadgets.example.com");
            assert!(told.contains(&expected), "{told:?}");
        }
    }

    #[test]
    fn many_objects_need_one_right_to_be_made() {
        let names: Vec<_> = (0..500).map(|number| format!("v1 Secret s{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let (plan, served) = planned(&names, &[]);
        let needs = needs(&plan, &served, &Options::default(), &BTreeSet::new());
        assert_eq!(needs.len(), 1 + 2 * 500);
        let makes = object("v1 Secret x");
        let resource = Resource { plural: "secrets".into(), namespaced: true };
        let mut id = ObjectId::of(&makes);
        id.namespace = "home".into();
        assert_eq!(needs[&right("create", &id, &resource)].len(), 500);
    }
}
