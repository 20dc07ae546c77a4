//! Resources that are there when their definition changes: a server asks nothing more of what stays as it is.

use std::fmt::Write as _;

use e2e::controlplane::eventually;
use futures_util::{StreamExt as _, stream};
use rukpak_apply::cluster::{Address, Mode, Refusal};
use rukpak_apply::schema::Judge;
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::Kind;
use super::random::{Choices, schema, value};

const SCHEMAS: usize = 60;

const VALUES: usize = 10;

/// A resource, as it is and as it is wanted.
struct Change {
    field: usize,
    address: Address,
    live: Object,
    wanted: Object,
}

/// A value that has something of two others.
fn mixed(choices: &mut Choices, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one
            .iter()
            .map(|(name, value)| {
                let other = other.get(name).unwrap_or(value);
                (name.clone(), if choices.is(2) { value.clone() } else { mixed(choices, value, other) })
            })
            .chain(
                other
                    .iter()
                    .filter(|(name, _)| !one.contains_key(*name))
                    .map(|(a, b)| (a.clone(), b.clone())),
            )
            .collect(),
        _ if choices.is(3) => other.clone(),
        _ => one.clone(),
    }
}

#[tokio::test]
async fn changes_are_judged_as_by_the_server() {
    let mut choices = Choices::new();
    let mut schemas = vec![json!({"type": "integer"})];
    schemas.extend((0..SCHEMAS).map(|_| schema(&mut choices, 3)));
    let Some(kind) = Kind::planned("changes", &schemas).await else { return };
    let mut spec = kind.definition.get(&["spec"]).unwrap().clone();
    spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] =
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    kind.bench.put_object(&kind.definition.clone().with("spec", spec)).await;
    let mut samples = Vec::new();
    for (field, schema) in schemas.iter().enumerate().skip(1) {
        for number in 0..VALUES {
            let live = value(&mut choices, schema, 4);
            let wanted = value(&mut choices, schema, 4);
            let wanted = mixed(&mut choices, &live, &wanted);
            let sample = |value: &Value| {
                kind.sample(&format!("s{field}-{number}"), json!({format!("f{field}"): value, "f0": 1}))
            };
            samples.push((field, sample(&live), sample(&wanted)));
        }
    }
    let address = kind.bench.address(&samples[0].1).await;
    let cluster = &kind.bench.cluster;
    let made = stream::iter(samples).map(|(field, live, wanted)| {
        let mut address = address.clone();
        address.id.name = live.name().to_owned();
        async move {
            let live = cluster.apply(&address, &live, Mode::Write).await.unwrap();
            Change { field, address, live, wanted }
        }
    });
    let changes: Vec<_> = made.buffered(8).collect().await;

    let address = kind.bench.address(&kind.definition).await;
    cluster.merge(&address, &json!({"spec": kind.definition.fields()["spec"]})).await.unwrap();
    let wrong = kind.sample("wrong", json!({"f0": "a"}));
    let address = kind.bench.address(&wrong).await;
    let is_refused = || async { cluster.create(&address, &wrong, Mode::DryRun).await.is_err().then_some(()) };
    eventually("the definition to count", is_refused).await;

    let asked = stream::iter(changes).map(|change| async move {
        let server = match cluster.apply(&change.address, &change.wanted, Mode::DryRun).await {
            Ok(_) => None,
            Err(error) if error.refusal() == Refusal::Invalid => Some(error.to_string()),
            Err(error) => panic!("{error}"),
        };
        (change, server)
    });
    let (mut wrong, mut by_server, mut by_us) = (String::new(), 0, 0);
    for (Change { field, live, wanted, .. }, server) in asked.buffered(8).collect::<Vec<_>>().await {
        let ours = Judge::default().changed(&kind.definition, &live, &wanted);
        if server.is_none() && !ours.is_empty() {
            let [live, wanted] = [live, wanted].map(|object| object.fields()["spec"].to_string());
            let _ = writeln!(wrong, "{live} to {wanted} by {}\n  ours {ours:?}", schemas[field]);
        }
        by_server += usize::from(server.is_some());
        by_us += usize::from(!ours.is_empty());
    }
    println!("{by_server} changes are refused, {by_us} of them by us, too");
    assert!(wrong.is_empty(), "the server takes\n{wrong}");
    // The others are about mappings and lists.
    assert!(by_us > by_server / 3, "{by_us} of {by_server}");
}
