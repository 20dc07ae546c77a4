//! Names that the API server takes.

use rukpak_manifest::name;

use crate::csv::read::Draft;
use crate::finding::OBJECT_NAME;
use crate::report::{Located, Report, steps};

/// An object has a name, and one that the API server takes for its kind. The reference leaves it to the server.
pub(super) fn objects<'a>(report: &mut Report<'_>, objects: impl Iterator<Item = &'a Located<'a>>) {
    for located in objects {
        let object = &located.object;
        let message = match object.name() {
            "" if object.get(&["metadata", "generateName"]).is_some() => {
                "has metadata.generateName and no metadata.name, so it cannot be applied twice".to_owned()
            }
            "" => "has no metadata.name".to_owned(),
            name => match problems(object.group(), object.kind(), name).as_slice() {
                [] => continue,
                problems => format!("invalid name {name:?}: {}", problems.join(", ")),
            },
        };
        report.tell(&OBJECT_NAME, &located.place(), &steps!["metadata", "name"], message);
    }
}

/// The `ClusterServiceVersion` has a name, of which those of roles are made.
pub(super) fn csv(report: &mut Report<'_>, draft: &Draft<'_>) {
    let message = match draft.csv.name.as_str() {
        "" => "has no metadata.name".to_owned(),
        name => match name::dns1123_subdomain(name).as_slice() {
            [] => return,
            problems => format!("invalid name {name:?}: {}", problems.join(", ")),
        },
    };
    report.tell(&OBJECT_NAME, &draft.place, &steps!["metadata", "name"], message);
}

/// What is wrong with the name of an object of a kind.
fn problems(group: &str, kind: &str, name: &str) -> Vec<String> {
    match (group, kind) {
        ("rbac.authorization.k8s.io", "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding") => {
            name::path_segment(name)
        }
        ("", "Namespace") => name::dns1123_label(name),
        ("", "Service") => service(name),
        _ => name::dns1123_subdomain(name),
    }
}

/// A Service's name became an RFC 1123 label by KEP-5311; before it had to begin with a letter.
fn service(name: &str) -> Vec<String> {
    let problems = name::dns1123_label(name);
    if problems.is_empty() && !name::dns1035_label(name).is_empty() {
        return vec!["older API servers take no name of a Service that begins with a digit".into()];
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RBAC: &str = "rbac.authorization.k8s.io";

    #[rstest]
    #[case::role(RBAC, "Role", "system:a b")]
    #[case::config_map("", "ConfigMap", "a.b")]
    #[case::namespace("", "Namespace", "a-b")]
    #[case::service("", "Service", "a-1")]
    fn taken(#[case] group: &str, #[case] kind: &str, #[case] name: &str) {
        assert_eq!(problems(group, kind, name), [""; 0]);
    }

    #[rstest]
    #[case::role(RBAC, "Role", "a/b", "may not contain '/'")]
    #[case::role_of_another_group("example.org", "Role", "a b", "subdomain")]
    #[case::config_map("", "ConfigMap", "a_b", "subdomain")]
    #[case::namespace("", "Namespace", "a.b", "must not contain dots")]
    #[case::service("", "Service", "1-a", "begins with a digit")]
    #[case::service_with_a_dot("", "Service", "a.b", "must not contain dots")]
    fn refused(#[case] group: &str, #[case] kind: &str, #[case] name: &str, #[case] problem: &str) {
        assert!(problems(group, kind, name).concat().contains(problem));
    }
}
