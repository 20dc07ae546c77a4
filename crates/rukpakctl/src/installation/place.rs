//! Where an installation is, and stays. Pure.

use std::collections::BTreeMap;

use anyhow::bail;
use rukpak_apply::{Inventory, ObjectId};
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;

/// The namespace to install into, as far as somebody chose one or objects are in it: an installation stays in its own.
pub(super) fn same_namespace<'a>(
    name: &str,
    now: Option<&'a Namespace>,
    before: Option<&'a Namespace>,
) -> anyhow::Result<Option<&'a Namespace>> {
    match (before, now) {
        (Some(before), Some(now)) if before != now => bail!(
            "{name} is installed into the namespace {before}, and cannot move to {now}; \
             `rukpakctl delete {name}` removes it, or another name installs it once more"
        ),
        _ => Ok(now.or(before)),
    }
}

/// The namespace that objects which name none were put into, by an inventory that does not say it: the one that has most of them.
pub(super) fn in_use(objects: &[Object], inventory: &Inventory) -> Option<Namespace> {
    let is_same = |object: &Object, id: &ObjectId| {
        (object.group(), object.kind(), object.name()) == (&id.group, &id.kind, &id.name)
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, _) in inventory.iter().filter(|(id, _)| !id.namespace.is_empty()) {
        let mut same = objects.iter().filter(|object| is_same(object, id)).peekable();
        if same.peek().is_some() && same.all(|object| object.namespace().is_none()) {
            *counts.entry(&id.namespace).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count)?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rukpak_apply::Entry;

    #[rstest]
    #[case::nothing_is_installed(&[], &["a"], None)]
    #[case::as_it_was(&["web_a__ConfigMap"], &["a"], Some("web"))]
    #[case::another_object(&["web_b__ConfigMap"], &["a"], None)]
    #[case::another_kind(&["web_a__Secret"], &["a"], None)]
    #[case::of_the_cluster(&["_a__ConfigMap"], &["a"], None)]
    #[case::that_says_itself_where_it_goes(&["web_a__ConfigMap"], &["web/a"], None)]
    #[case::beside_one_that_says_so(&["else_b__ConfigMap", "web_a__ConfigMap"], &["a", "else/b"], Some("web"))]
    #[case::most_of_them(
        &["else_a__ConfigMap", "web_b__ConfigMap", "web_c__ConfigMap"],
        &["a", "b", "c"],
        Some("web")
    )]
    fn namespaces_in_use(#[case] owned: &[&str], #[case] set: &[&str], #[case] expected: Option<&str>) {
        let object = |name: &&str| match name.split_once('/') {
            Some((namespace, name)) => Object::new("v1", "ConfigMap", Some(namespace), name),
            None => Object::new("v1", "ConfigMap", None, name),
        };
        let objects: Vec<_> = set.iter().map(object).collect();
        let entry = |id: &&str| Entry { id: id.parse().unwrap(), version: "v1".into() };
        let inventory = Inventory::from_entries(owned.iter().map(entry));
        let found = in_use(&objects, &inventory).map(|namespace| namespace.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case::nobody_says(None, None, Ok(None))]
    #[case::for_the_first_time(Some("a"), None, Ok(Some("a")))]
    #[case::as_before(None, Some("a"), Ok(Some("a")))]
    #[case::the_same(Some("a"), Some("a"), Ok(Some("a")))]
    #[case::another(
        Some("b"),
        Some("a"),
        Err("web is installed into the namespace a, and cannot move to b; ")
    )]
    fn it_stays_where_it_is(
        #[case] now: Option<&str>,
        #[case] before: Option<&str>,
        #[case] expected: Result<Option<&str>, &str>,
    ) {
        let [now, before] = [now, before].map(|name| name.map(|name| name.parse::<Namespace>().unwrap()));
        let chosen = same_namespace("web", now.as_ref(), before.as_ref());
        match (chosen, expected) {
            (Ok(chosen), Ok(expected)) => {
                assert_eq!(chosen.map(ToString::to_string).as_deref(), expected);
            }
            (Err(error), Err(expected)) => assert!(error.to_string().starts_with(expected), "{error}"),
            (chosen, expected) => panic!("got {chosen:?}, expected {expected:?}"),
        }
    }
}
