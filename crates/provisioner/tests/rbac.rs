//! The rights of the provisioners, in `manifests/` and in the chart, are those of the crate. `GENERATE=1` writes them anew, with the copies
//! of other files that kustomize and Helm need in their folders.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rukpak_bundle::{Bundle, Format, RegistryV1};
use rukpak_convert::{CertificateProvider, Options, WatchNamespaces, convert};
use rukpak_manifest::{GroupVersionKind, yaml};
use rukpak_provisioner::rbac::{self, Rights, Role};
use rukpak_tree::{FileTree, Keep, Limits};
use serde_json::json;

/// What the files begin with.
const HEADER: &str = "# Written by `make generate`.\n";
const HEADER_OF_TEMPLATE: &str = "{{- /* Written by `make generate`. */ -}}\n";

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../manifests")
}

/// Every file that is generated, and what is in it.
fn files() -> Vec<(&'static str, String)> {
    let (own, people, act_as) = (rbac::own(), rbac::people(), [rbac::act_as()]);
    let (cluster_wide, tenant) = (rbac::targets(Rights::ClusterWide), rbac::targets(Rights::Tenant));
    let when = |rights: &str| format!("eq .Values.rights \"{rights}\"");
    let chart = |roles: &[Role]| rbac::template(roles, None);
    vec![
        ("base/rbac/provisioner.yaml", rbac::manifest(&own)),
        ("base/rbac/act-as.yaml", rbac::manifest(&act_as)),
        ("base/rbac/people.yaml", rbac::manifest(&people)),
        ("overlays/cluster-wide/rbac.yaml", rbac::manifest(&cluster_wide)),
        ("overlays/tenant/rbac.yaml", rbac::manifest(&tenant)),
        ("base/crds.yaml", definitions()),
        ("charts/rukpak/templates/rbac/provisioner.yaml", chart(&own)),
        ("charts/rukpak/templates/rbac/act-as.yaml", chart(&act_as)),
        ("charts/rukpak/templates/rbac/people.yaml", chart(&people)),
        (
            "charts/rukpak/templates/rbac/cluster-wide.yaml",
            rbac::template(&cluster_wide, Some(&when("cluster-wide"))),
        ),
        ("charts/rukpak/templates/rbac/tenant.yaml", rbac::template(&tenant, Some(&when("tenant")))),
        ("charts/rukpak/templates/crds.yaml", definitions_of_chart()),
        ("charts/rukpak/templates/policy.yaml", policy_of_chart(&when("tenant"))),
        ("charts/rukpak/files/prometheus-rule.yaml", source("monitoring/prometheus-rule.yaml")),
        ("charts/rukpak/files/dashboard.json", source("monitoring/dashboard.json")),
    ]
}

/// The definitions, since a kustomization reads no files beside its folder.
fn definitions() -> String {
    let documents =
        rukpak_api::definitions().into_iter().map(|one| format!("---\n{}", yaml::to_string(&one)));
    HEADER.to_owned() + &documents.collect::<String>()
}

/// The definitions as templates: so they are upgraded, which those of a chart's folder `crds` never are. They stay when the chart goes,
/// or every `BundleDeployment` would go with them.
fn definitions_of_chart() -> String {
    let documents = rukpak_api::definitions().into_iter().map(|mut one| {
        one["metadata"]["annotations"]["helm.sh/resource-policy"] = json!("keep");
        let text = yaml::to_string(&one);
        assert!(!text.contains("{{"), "a template would read {text}");
        format!("---\n{text}")
    });
    format!(
        "{HEADER_OF_TEMPLATE}{{{{- if .Values.crds.install }}}}\n{}{{{{- end }}}}\n",
        documents.collect::<String>()
    )
}

/// The policy of the overlay for tenants.
fn policy_of_chart(condition: &str) -> String {
    let text = source("overlays/tenant/policy.yaml");
    assert!(!text.contains("{{"), "a template would read {text}");
    format!("{HEADER_OF_TEMPLATE}{{{{- if {condition} }}}}\n---\n{text}{{{{- end }}}}\n")
}

/// A file that is written by hand, and that a chart has a copy of, since it reads none beside its folder.
fn source(name: &str) -> String {
    fs::read_to_string(manifests().join(name)).unwrap()
}

#[test]
fn the_manifests_and_the_chart_are_those_of_the_rules() {
    let mut stale = Vec::new();
    for (name, expected) in files() {
        let path = manifests().join(name);
        if env::var_os("GENERATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &expected).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != expected {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; make generate writes them");
}

fn all_roles() -> Vec<Role> {
    let targets = [Rights::ClusterWide, Rights::Tenant].into_iter().flat_map(rbac::targets);
    let others = rbac::own().into_iter().chain([rbac::act_as()]).chain(rbac::people());
    others.chain(targets).collect()
}

#[test]
fn every_rule_has_a_reason_above_it() {
    for role in all_roles() {
        let text = rbac::manifest(std::slice::from_ref(&role));
        let lines: Vec<&str> = text.lines().collect();
        let begins: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with("- apiGroups:") || line.starts_with("- nonResourceURLs:"))
            .map(|(number, _)| number)
            .collect();
        assert_eq!(begins.len(), role.rules.len(), "{}", role.name);
        for (rule, begin) in role.rules.iter().zip(begins) {
            assert!(rule.reason.ends_with('.') && rule.reason.contains(' '), "{}: {rule:?}", role.name);
            assert!(lines[begin - 1].starts_with("# "), "{}: {rule:?}", role.name);
        }
    }
}

#[test]
fn a_tenants_provisioner_writes_nothing_of_a_bundle() {
    let reads = BTreeSet::from(["get", "list", "watch"]);
    for role in rbac::targets(Rights::Tenant) {
        for rule in &role.rules {
            let value = rule.to_value();
            let verbs = value["verbs"].as_array().unwrap().iter().map(|verb| verb.as_str().unwrap());
            assert!(verbs.collect::<BTreeSet<_>>().is_subset(&reads), "{}: {value}", role.name);
        }
    }
}

#[test]
fn the_roles_of_both_overlays_have_the_same_names() {
    let names = |rights| rbac::targets(rights).map(|role| (role.name, role.holders));
    assert_eq!(names(Rights::ClusterWide), names(Rights::Tenant));
}

/// A bundle of the tests of conversion, which have all that it makes something of.
fn bundle(name: &str) -> RegistryV1 {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../convert/tests/bundles").join(name);
    let tree = FileTree::from_directory(&root, &Keep::everything(), &Limits::default()).unwrap();
    match rukpak_bundle::read(&tree, Format::RegistryV1).unwrap() {
        (Bundle::RegistryV1(bundle), _) => bundle,
        (Bundle::Plain(_), _) => unreachable!("read as registry+v1"),
    }
}

/// Group and kind of everything that is made of a bundle, by every certificate provider, for all namespaces and for its own.
fn converted(name: &str) -> BTreeSet<(String, String)> {
    let condition = GroupVersionKind {
        group: "operators.coreos.com".into(),
        version: "v2".into(),
        kind: "OperatorCondition".into(),
    };
    let own = WatchNamespaces::Listed(BTreeSet::from(["home".parse().unwrap()]));
    let mut made = BTreeSet::new();
    for certificate_provider in CertificateProvider::ALL {
        for watch_namespaces in [WatchNamespaces::All, own.clone()] {
            let mut options = Options::new("home".parse().unwrap());
            options.certificate_provider = certificate_provider;
            options.watch_namespaces = watch_namespaces;
            options.capabilities.served = Some(BTreeSet::from([condition.clone()]));
            // Not every bundle can watch its own alone.
            let Ok(converted) = convert(bundle(name), &options) else { continue };
            made.extend(
                converted.manifests.iter().map(|object| (object.group().into(), object.kind().into())),
            );
        }
    }
    made
}

#[test]
fn what_conversion_makes_is_what_may_be_written() {
    let mut made = converted("gadgets");
    made.extend(converted("webhooks"));
    let is_carried = |kind: &(String, String)| ["ConfigMap", "PriorityClass"].contains(&kind.1.as_str());
    made.retain(|kind| !is_carried(kind));
    let known = rbac::GENERATED_KINDS.iter().map(|(group, kind)| ((*group).to_owned(), (*kind).to_owned()));
    assert_eq!(made, known.collect());
}
