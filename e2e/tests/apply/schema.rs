//! Custom resources that are judged without the server: what is said of them is what the server says.

#[path = "schema/cases.rs"]
mod cases;
#[path = "schema/changes.rs"]
mod changes;
#[path = "schema/random.rs"]
mod random;
#[path = "schema/sets.rs"]
mod sets;

use std::fmt::Write as _;

use futures_util::{StreamExt as _, stream};
use rukpak_apply::cluster::{Mode, Refusal};
use rukpak_apply::schema::{Judge, Violation};
use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::bench::Bench;

/// A kind whose resources have a field for each schema, `f0` and so on.
struct Kind {
    bench: Bench,
    definition: Object,
}

/// What was said of a value.
struct Answers {
    ours: Vec<Violation>,
    /// What the server says; `None` where it takes the value.
    server: Option<String>,
}

impl Kind {
    /// Makes the kind. `None` where there is no cluster.
    async fn new(name: &str, schemas: &[Value]) -> Option<Self> {
        let kind = Self::planned(name, schemas).await?;
        kind.bench.put_object(&kind.definition).await;
        Some(kind)
    }

    /// The kind, which is not made yet.
    async fn planned(name: &str, schemas: &[Value]) -> Option<Self> {
        let bench = Bench::new(name).await?;
        let fields: Map<_, _> = (0..).map(|index| format!("f{index}")).zip(schemas.iter().cloned()).collect();
        let root =
            json!({"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}});
        let group = format!("{name}.{}.example.com", bench.namespace);
        let spec = json!({
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Sample", "plural": "samples", "singular": "sample", "listKind": "SampleList"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "subresources": {"scale": {"specReplicasPath": ".spec.f0", "statusReplicasPath": ".status.n"}},
                "schema": {"openAPIV3Schema": root},
            }],
        });
        let definition = Object::new(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            None,
            &format!("samples.{group}"),
        );
        Some(Self { definition: definition.with("spec", spec), bench })
    }

    fn sample(&self, name: &str, spec: Value) -> Object {
        let group = self.definition.get(&["spec", "group"]).and_then(Value::as_str).unwrap();
        Object::new(&format!("{group}/v1"), "Sample", Some(&self.bench.namespace), name).with("spec", spec)
    }

    /// Asks us and the server about each value of a field.
    async fn ask(&self, values: Vec<(usize, Value)>) -> Vec<Answers> {
        let address = self.bench.address(&self.sample("one", json!({}))).await;
        let samples =
            values.into_iter().map(|(index, value)| self.sample("one", json!({format!("f{index}"): value})));
        let asked = stream::iter(samples).map(|sample| {
            let address = &address;
            async move {
                let ours = Judge::default().created(&self.definition, &sample);
                let server = match self.bench.cluster.create(address, &sample, Mode::DryRun).await {
                    Ok(_) => None,
                    Err(error) if error.refusal() == Refusal::Invalid => Some(error.to_string()),
                    Err(error) => panic!("{error}"),
                };
                Answers { ours, server }
            }
        });
        asked.buffered(8).collect().await
    }
}

impl Answers {
    /// What is not as it should be. `is_late`: the server refuses what is left to it.
    fn complaint(&self, is_late: bool) -> Option<String> {
        let mut text = String::new();
        match (&self.server, self.ours.is_empty(), is_late) {
            (None, true, false) | (Some(_), true, true) => {}
            // What is told of a long answer is cut.
            (Some(server), false, false) if server.ends_with("...") => {}
            (Some(server), false, false) => {
                for one in self.ours.iter().filter(|one| !is_told(server, one)) {
                    let _ = write!(text, "  ours {one}\n  server {server}\n");
                }
            }
            (server, ..) => {
                let _ = write!(text, "  ours {:?}\n  server {server:?}\n", self.ours);
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Whether the server says so, too. Where conditions fail, it does not say where but in the message, and it has two ways to
/// write the entry of a mapping.
fn is_told(server: &str, Violation { path, message }: &Violation) -> bool {
    let is_replicas =
        |words: &str| message.ends_with(words) && server.contains(&format!(".{path} accessor error"));
    let is_elsewhere =
        ["Invalid value: \"\": \"", "Duplicate value"].iter().any(|words| message.starts_with(words));
    server.contains(&format!("{path}: {message}"))
        || is_elsewhere && server.contains(message)
        || is_replicas("should be an integer")
}
