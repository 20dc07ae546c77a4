//! The sets that are installed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// A set of objects, as a plain bundle.
pub(crate) struct Set {
    /// Its name in the table.
    pub(crate) measured: &'static str,
    /// Its name in the cluster.
    pub(crate) name: &'static str,
    /// How often it is installed.
    pub(crate) rounds: u32,
    /// The part of kubectl's time that an install may take.
    pub(crate) goal: f64,
    /// How many `ConfigMaps` it is, where it is nothing else.
    pub(crate) maps: Option<usize>,
    /// Its objects, for a round and with a value that changes.
    content: fn(u32, char) -> String,
}

/// All of them.
pub(crate) const SETS: &[Set] = &[
    Set { measured: "apply, 15 objects", name: "small", rounds: 5, goal: 0.5, maps: None, content: small },
    Set {
        measured: "apply, 20 with definitions",
        name: "definitions",
        rounds: 3,
        goal: 0.3,
        maps: None,
        content: definitions,
    },
    Set {
        measured: "apply, 500 objects",
        name: "many",
        rounds: 3,
        goal: 0.3,
        maps: Some(MAPS),
        content: many,
    },
];

/// The `ConfigMaps` of the set that is nothing else.
const MAPS: usize = 500;

/// Bytes of one definition.
const DEFINITION: usize = 65_000;

impl Set {
    /// Writes it into a folder of its own.
    pub(crate) fn write(&self, folder: &Path, round: u32, value: char) -> Result<PathBuf> {
        let bundle = folder.join(format!("{}-{round}-{value}", self.name));
        fs::create_dir_all(bundle.join("manifests"))?;
        // One file, so that kubectl does not read many.
        fs::write(bundle.join("manifests/all.yaml"), (self.content)(round, value))?;
        Ok(bundle)
    }
}

/// A `ConfigMap` with one value.
pub(crate) fn config_map(name: &str, value: char) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  value: '{value}'\n")
}

fn many(_: u32, value: char) -> String {
    let maps =
        (0..MAPS).map(|number| config_map(&format!("map-{number}"), if number == 250 { value } else { '0' }));
    maps.collect::<Vec<_>>().join("---\n")
}

fn small(_: u32, value: char) -> String {
    let mut objects = Vec::new();
    for app in ["one", "two"] {
        objects.push(format!("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {app}\n"));
        objects.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {app}\nrules:\n- apiGroups: ['']\n  \
             resources: [configmaps]\n  verbs: [get]\n"
        ));
        objects.push(format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: {app}\nroleRef:\n  apiGroup: \
             rbac.authorization.k8s.io\n  kind: Role\n  name: {app}\nsubjects:\n- kind: ServiceAccount\n  name: {app}\n"
        ));
        objects.push(format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {app}\nspec:\n  selector:\n    app: {app}\n  ports:\n  - port: 80\n"
        ));
        objects.push(format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {app}\nspec:\n  replicas: 0\n  selector:\n    matchLabels:\n      \
             app: {app}\n  template:\n    metadata:\n      labels:\n        app: {app}\n    spec:\n      serviceAccountName: {app}\n      \
             containers:\n      - name: main\n        image: registry.k8s.io/pause:3.10\n"
        ));
    }
    objects.extend(
        (0..5).map(|number| config_map(&format!("map-{number}"), if number == 2 { value } else { '0' })),
    );
    objects.join("---\n")
}

fn definitions(round: u32, value: char) -> String {
    let mut objects: Vec<_> = (0..12).map(|number| definition(round, number)).collect();
    objects.extend(
        (0..8).map(|number| config_map(&format!("map-{number}"), if number == 2 { value } else { '0' })),
    );
    objects.join("---\n")
}

/// A definition with as many fields as those of large operators have, in groups of ten.
fn definition(round: u32, number: u32) -> String {
    let group = format!("round-{round}.bench.example.com");
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: gadgets{number}.{group}\nspec:\n  \
         group: {group}\n  scope: Namespaced\n  names:\n    kind: Gadget{number}\n    plural: gadgets{number}\n  versions:\n  - name: v1\n    \
         served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            \
         type: object\n            properties:\n"
    );
    for part in 0.. {
        if text.len() > DEFINITION {
            break;
        }
        let _ = write!(
            text,
            "              part{part}:\n                type: object\n                properties:\n"
        );
        for field in 0..10 {
            let _ = write!(
                text,
                "                  field{field}:\n                    type: string\n                    description: What the field {field} of \
                 the part {part} says, in a sentence as long as such sentences are.\n"
            );
        }
    }
    text
}
