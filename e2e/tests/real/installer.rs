//! The command line, and one operator that it installs.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use e2e::process::{Host, Run, run};
use e2e::provisioners::Place;
use serde_json::Value;

use crate::operators::Operator;

/// What of an object is in its ID besides the namespace.
fn part_of_id(object: &Value) -> String {
    let group = object["apiVersion"].as_str().unwrap().rsplit_once('/').map_or("", |(group, _)| group);
    format!("_{}_{group}_{}", object["metadata"]["name"].as_str().unwrap(), object["kind"].as_str().unwrap())
}

/// Of an object as reports name it the same.
fn part_of_named(object: &Value) -> String {
    let text = |field: &str| object[field].as_str().unwrap();
    format!("_{}_{}_{}", text("name"), text("group"), text("kind"))
}

/// Of the IDs of an inventory the same.
pub(crate) fn part(id: &str) -> String {
    format!("_{}", id.split_once('_').unwrap().1)
}

/// The command line, with an installation's name.
pub(crate) struct Installer<'a> {
    host: Host,
    place: &'a Place,
    pub(crate) operator: &'a Operator,
}

impl<'a> Installer<'a> {
    pub(crate) fn new(place: &'a Place, operator: &'a Operator) -> Self {
        Self { host: Host::new(), place, operator }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.host.rukpakctl(arguments);
        run(command.env("KUBECONFIG", self.place.cluster().kubeconfig()))
    }

    /// The same with a version.
    pub(crate) fn with(&self, verb: &[&str], version: usize, more: &[&str]) -> Run {
        let folder = self.operator.versions[version].to_str().unwrap();
        let namespace = ["--install-namespace", &self.operator.name];
        self.run(&[verb, &[folder], &namespace, more].concat())
    }

    pub(crate) fn objects(&self, version: usize) -> Vec<Value> {
        let rendered = self.with(&["render"], version, &["-o", "json"]).ok();
        let list: Value = serde_json::from_str(&rendered).unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// The objects of both versions.
    pub(crate) fn all_objects(&self) -> Vec<Value> {
        [0, 1].into_iter().flat_map(|version| self.objects(version)).collect()
    }

    /// The definitions of both versions.
    pub(crate) fn definitions(&self) -> BTreeSet<String> {
        let definitions =
            self.all_objects().into_iter().filter(|object| object["kind"] == "CustomResourceDefinition");
        definitions.map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether the cluster can have both versions. Says why not.
    pub(crate) fn can_be_installed(&self) -> bool {
        let refused = [0, 1]
            .into_iter()
            .map(|version| self.with(&["diff", &self.operator.name], version, &[]))
            .find(|run| run.code == Some(3));
        if let Some(run) = &refused {
            let _ = writeln!(io::stderr(), "not installed: {}, {}", self.operator.name, error(run));
        }
        refused.is_none()
    }

    /// Applies a version, and waits until it is healthy.
    pub(crate) fn apply(&self, version: usize, patience: &str, more: &[&str]) -> Run {
        let waits = ["--wait", "--timeout", patience];
        self.with(&["apply", &self.operator.name], version, &[&waits, more].concat())
    }

    /// Looks whether all of a version is there, and nothing else.
    pub(crate) fn assert_installed(&self, version: usize) {
        let name = self.operator.name.as_str();
        let diff = self.with(&["diff", name], version, &[]);
        assert_eq!(diff.code, Some(0), "{name}: {}{}", diff.stdout, diff.stderr);
        let shown: Value = serde_json::from_str(&self.run(&["get", name, "-o", "json"]).ok()).unwrap();
        let entries = shown["inventory"]["entries"].as_array().unwrap();
        let owned: BTreeSet<_> = entries.iter().map(|entry| part_of_named(&entry["object"])).collect();
        let objects = self.objects(version);
        assert_eq!(owned, objects.iter().map(part_of_id).collect(), "{name}");
        let tree = self.run(&["tree", name]).ok();
        for object in &objects {
            assert!(tree.contains(object["metadata"]["name"].as_str().unwrap()), "{name}: {tree}");
        }
    }

    /// Lets the next version break any rule for definitions: the versions are years apart.
    pub(crate) fn upgrade(&self, patience: &str) -> Run {
        let waivers: Vec<_> = self.definitions().iter().map(|name| format!("{name}:*:*")).collect();
        let waived = waivers.iter().flat_map(|waiver| ["--waive", waiver]);
        self.apply(1, patience, &["--force"].into_iter().chain(waived).collect::<Vec<_>>())
    }

    /// Removes it, and looks whether it is gone.
    pub(crate) async fn remove(&self) {
        let name = self.operator.name.as_str();
        self.run(&["delete", name, "--timeout", "1m"]).ok();
        self.assert_gone().await;
    }

    /// Whether anything of it is known to be there.
    pub(crate) fn is_there(&self) -> bool {
        self.run(&["get", &self.operator.name]).code == Some(0)
    }

    pub(crate) async fn assert_gone(&self) {
        assert!(!self.is_there());
        assert_gone(self.place, &self.definitions()).await;
    }
}

/// Why a run failed.
pub(crate) fn error(run: &Run) -> &str {
    run.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default()
}

pub(crate) async fn assert_gone(place: &Place, definitions: &BTreeSet<String>) {
    let all = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    for definition in definitions {
        assert!(!all.has(definition).await, "{definition}");
    }
}
