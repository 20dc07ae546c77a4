//! Real bundles on a real API server: installed, compared, upgraded to another version of themselves, and removed, by the command line
//! and by both provisioners.
//!
//! The bundles are not part of the project. They are looked for in the folder that `RUKPAK_CORPUS` names (from the root of the checkout),
//! or else in `../shared/corpus`: as `bundles/OPERATOR/VERSION`. Some of those with two versions are taken, from the smallest to the
//! largest. They are on a control plane of their own, since webhooks of theirs may be about anything.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use e2e::process::{Host, Run, below, files, run};
use e2e::programs;
use e2e::provisioners::bundle::Files;
use e2e::provisioners::{Place, Which};
use serde_json::{Value, json};

/// How many are taken.
const TAKEN: usize = 12;

/// An operator's oldest and newest version.
struct Operator {
    name: String,
    versions: [PathBuf; 2],
}

/// Some of them. `None`, and a line that says so, where there are none.
fn operators() -> Option<Vec<Operator>> {
    let mut all: Vec<_> =
        folders(&programs::real_bundles()).iter().filter_map(|folder| operator(folder)).collect();
    if all.is_empty() {
        programs::skipped("no real bundles to install, RUKPAK_CORPUS may name some");
        return None;
    }
    all.sort_by_cached_key(|operator| operator.versions.iter().map(|folder| bytes(folder)).sum::<u64>());
    let step = all.len().div_ceil(TAKEN);
    Some(all.into_iter().step_by(step).collect())
}

fn operator(folder: &Path) -> Option<Operator> {
    let mut versions = folders(folder);
    versions.sort_by_cached_key(|version| numbers(&name(version)));
    Some(Operator { name: name(folder), versions: versions.try_into().ok()? })
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn bytes(folder: &Path) -> u64 {
    below(folder).iter().map(|path| path.metadata().unwrap().len()).sum()
}

/// The order of versions that have three numbers, whatever follows.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// What of an object is in its ID besides the namespace.
fn part_of_id(object: &Value) -> String {
    let group = object["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
    format!("_{}_{group}_{}", object["metadata"]["name"].as_str().unwrap(), object["kind"].as_str().unwrap())
}

/// Of the IDs of an inventory the same.
fn part(id: &str) -> String {
    format!("_{}", id.split_once('_').unwrap().1)
}

/// The command line, with an installation's name.
struct Installer<'a> {
    host: Host,
    place: &'a Place,
    operator: &'a Operator,
}

impl Installer<'_> {
    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.host.rukpakctl(arguments);
        run(command.env("KUBECONFIG", self.place.cluster().kubeconfig()))
    }

    /// The same with a version.
    fn with(&self, verb: &[&str], version: usize, more: &[&str]) -> Run {
        let folder = self.operator.versions[version].to_str().unwrap();
        let namespace = ["--install-namespace", &self.operator.name];
        self.run(&[verb, &[folder], &namespace, more].concat())
    }

    fn objects(&self, version: usize) -> Vec<Value> {
        let rendered = self.with(&["render"], version, &["-o", "json"]).ok();
        let list: Value = serde_json::from_str(&rendered).unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// Whether the cluster can have both versions. Says why not.
    fn can_be_installed(&self) -> bool {
        let refused = [0, 1]
            .into_iter()
            .map(|version| self.with(&["diff", &self.operator.name], version, &[]))
            .find(|run| run.code == Some(3));
        if let Some(run) = &refused {
            let why = run.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
            let _ = writeln!(io::stderr(), "not installed: {}, {why}", self.operator.name);
        }
        refused.is_none()
    }

    /// Applies a version, and looks whether all of it is there.
    fn apply(&self, version: usize, more: &[&str]) {
        let name = self.operator.name.as_str();
        self.with(&["apply", name], version, &[&["--wait", "--timeout", "1m"], more].concat()).ok();
        let diff = self.with(&["diff", name], version, &[]);
        assert_eq!(diff.code, Some(0), "{name}: {}{}", diff.stdout, diff.stderr);
        let shown: Value = serde_json::from_str(&self.run(&["get", name, "-o", "json"]).ok()).unwrap();
        let entries = shown["inventory"]["entries"].as_array().unwrap();
        let owned: BTreeSet<_> = entries.iter().map(|entry| part(entry["id"].as_str().unwrap())).collect();
        let objects = self.objects(version);
        assert_eq!(owned, objects.iter().map(part_of_id).collect(), "{name}");
        let tree = self.run(&["tree", name]).ok();
        for object in &objects {
            assert!(tree.contains(object["metadata"]["name"].as_str().unwrap()), "{name}: {tree}");
        }
    }

    /// The definitions of both versions.
    fn definitions(&self) -> BTreeSet<String> {
        let objects = [0, 1].into_iter().flat_map(|version| self.objects(version));
        let definitions = objects.filter(|object| object["kind"] == "CustomResourceDefinition");
        definitions.map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// From its installation to its end.
    async fn whole_life(&self) {
        let name = self.operator.name.as_str();
        self.apply(0, &[]);
        let definitions = self.definitions();
        // The versions are years apart.
        let waivers: Vec<_> = definitions.iter().map(|name| format!("{name}:*:*")).collect();
        let waived = waivers.iter().flat_map(|waiver| ["--waive", waiver]);
        self.apply(1, &["--force"].into_iter().chain(waived).collect::<Vec<_>>());
        self.run(&["delete", name, "--timeout", "1m"]).ok();
        assert_eq!(self.run(&["get", name]).code, Some(1));
        assert_gone(self.place, &definitions).await;
    }
}

async fn assert_gone(place: &Place, definitions: &BTreeSet<String>) {
    let all = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    for definition in definitions {
        assert!(!all.has(definition).await, "{definition}");
    }
}

#[tokio::test]
async fn real_bundles_are_installed_upgraded_and_removed() {
    let Some(operators) = operators() else { return };
    let Some(place) = Place::new("real").await else { return };
    let (all, mut done) = (operators.len(), 0);
    for operator in &operators {
        let installer = Installer { host: Host::new(), place: &place, operator };
        if installer.can_be_installed() {
            installer.whole_life().await;
            done += 1;
        }
    }
    assert!(done * 2 >= all, "{done} of {all} bundles were installed");
}

/// Installs a bundle as a `BundleDeployment`, then the next one, and removes it.
async fn deploy(place: &Place, which: Which, bundles: [Files; 2], definitions: &BTreeSet<String>) {
    let [first, next] = [("v1", &bundles[0]), ("v2", &bundles[1])]
        .map(|(version, files)| place.push(&format!("{}-{version}", which.name()), files));
    let mut spec = place.spec(which, &first);
    spec["preflight"] = json!({"crdUpgradeSafety": {"disabled": true}});
    spec["force"] = true.into();
    let deployment = place.create(spec).await;
    let seen = deployment.until_settled().await;
    assert!(!seen.inventory().is_empty(), "{seen}");
    deployment.switch_to(&next).await;
    let seen = deployment.until_settled().await;
    let there: BTreeSet<_> = seen.inventory().iter().map(|id| part(id)).collect();
    assert!(definitions.iter().any(|name| there.iter().any(|id| id.contains(name))), "{seen}");
    deployment.delete().await;
    deployment.until_gone().await;
    assert_gone(place, definitions).await;
}

#[tokio::test]
async fn a_real_bundle_is_installed_upgraded_and_removed_by_both_provisioners() {
    let Some(operators) = operators() else { return };
    // Its definitions are in the other test, too.
    let Some(place) = Place::alone("real-bd").await else { return };
    let installer = |operator| Installer { host: Host::new(), place: &place, operator };
    let mut all = operators.iter().map(installer);
    let installer =
        all.find(|one| !one.definitions().is_empty() && one.can_be_installed()).expect("a bundle to install");
    let definitions = installer.definitions();
    let text = |(path, content)| (path, String::from_utf8(content).unwrap());
    let of_folder = |folder: &PathBuf| files(folder).into_iter().map(text).collect();
    deploy(&place, Which::RegistryV1, installer.operator.versions.each_ref().map(of_folder), &definitions)
        .await;
    // The same, as plain manifests, which name the namespace.
    let of_folder = |folder: &PathBuf| {
        let (folder, namespace) = (folder.to_str().unwrap(), ["--install-namespace", place.name()]);
        let arguments = [&["render", folder, "--generate-certificates"], &namespace[..]].concat();
        vec![("manifests/all.yaml".to_owned(), installer.run(&arguments).ok())]
    };
    deploy(&place, Which::Plain, installer.operator.versions.each_ref().map(of_folder), &definitions).await;
}
