//! What would help where a bundle has objects of kinds that the cluster does not serve.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use rukpak_apply::probe::is_built_in;
use rukpak_apply::{Problem, few};

use super::hint;

/// Kinds of a group that are named.
const NAMED: usize = 5;

/// Writes a hint for each group of APIs that is missing. Whose it is nobody here knows.
pub(super) fn hints(out: &mut impl Write, problems: &[Problem]) -> io::Result<()> {
    let mut missing: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for gvk in problems.iter().filter_map(Problem::missing_api) {
        missing.entry((&gvk.group, &gvk.version)).or_default().insert(&gvk.kind);
    }
    for ((group, version), kinds) in missing {
        let kinds = few(kinds.into_iter(), NAMED);
        let text = if !group.contains('.') || is_built_in(group) {
            let of = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            format!("{kinds} of {of} is Kubernetes' own, and not of the version that this cluster runs")
        } else {
            format!(
                "the API {group}/{version} with {kinds} is missing: whatever provides it has to be installed first, such as the \
                 operator that has its CustomResourceDefinition"
            )
        };
        hint(out, &text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rukpak_manifest::{GroupVersionKind, ObjectKey};

    fn unserved(group: &str, version: &str, kind: &str, name: &str) -> Problem {
        let gvk = GroupVersionKind { group: group.into(), version: version.into(), kind: kind.into() };
        Problem::NotServed { object: ObjectKey { gvk, namespace: Some("a".into()), name: name.into() } }
    }

    #[test]
    fn each_api_that_is_missing_is_told_once() {
        let prometheus = |kind, name| unserved("monitoring.coreos.com", "v1", kind, name);
        let problems = [
            prometheus("ServiceMonitor", "one"),
            prometheus("ServiceMonitor", "two"),
            prometheus("PrometheusRule", "one"),
            unserved("policy", "v1beta1", "PodDisruptionBudget", "one"),
            Problem::NoName {
                object: ObjectKey {
                    gvk: GroupVersionKind {
                        group: String::new(),
                        version: "v1".into(),
                        kind: "Secret".into(),
                    },
                    namespace: None,
                    name: String::new(),
                },
            },
        ];
        let mut out = Vec::new();
        hints(&mut out, &problems).unwrap();
        let text = String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap();
        insta::assert_snapshot!(text, @r"
          hint: the API monitoring.coreos.com/v1 with PrometheusRule, ServiceMonitor is missing: whatever provides it has to be installed first, such as the operator that has its CustomResourceDefinition
          hint: PodDisruptionBudget of policy/v1beta1 is Kubernetes' own, and not of the version that this cluster runs
        ");
    }
}
