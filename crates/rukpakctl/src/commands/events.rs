//! `rukpakctl events`: what happened to an installation, to its objects, and to those that they made.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use jiff::Timestamp;
use kube::{Resource as _, ResourceExt as _};
use rukpak_api::BundleDeployment;
use rukpak_apply::{ObjectId, Shown};
use rukpak_manifest::Object;
use serde::Serialize;
use serde_json::Value;

use crate::cli::{Events, ReportOutput};
use crate::cluster::Connection;
use crate::descendants::{self, Node};
use crate::difference::object;
use crate::installed::Installed;
use crate::{fetch, output, table};

/// Where the events of objects without a namespace are.
const DEFAULT: &str = "default";

/// One event. Times stand as the cluster has them, with fractions of seconds or without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Happened {
    last_seen: String,
    #[serde(rename = "type")]
    kind: String,
    reason: String,
    #[serde(serialize_with = "object")]
    object: ObjectId,
    message: String,
    count: u64,
}

/// By time. As texts, one with a fraction would stand before one without of the same second.
fn sort(events: &mut [Happened]) {
    events.sort_by_cached_key(|event| (event.last_seen.parse::<Timestamp>().ok(), event.clone()));
}

pub(crate) fn run(args: &Events, quiet: bool) -> anyhow::Result<ExitCode> {
    let mut events = fetch::block_on(async {
        let connection = Connection::open(&args.installed.cluster, quiet).await?;
        let installed = Installed::one(&connection, &args.installed.chosen).await?;
        let itself = itself(&installed);
        let nodes = Box::pin(descendants::of(&connection, &installed.inventory()?)).await?;
        let known: BTreeMap<&str, &ObjectId> = nodes
            .iter()
            .flat_map(Node::all)
            .map(|node| (node.uid.as_str(), &node.id))
            .chain(itself.as_ref().map(|(uid, id)| (uid.as_str(), id)))
            .collect();
        let namespaces: BTreeSet<&str> = known.values().map(|id| namespace(id)).collect();
        let mut events = Vec::new();
        for namespace in namespaces {
            let kind = ["", "v1", "Event", "events"];
            let all = connection.cluster.list_known(kind, Some(namespace), None).await?;
            events.extend(all.iter().filter_map(|event| happened(event, &known)));
        }
        Ok(events)
    })?;
    sort(&mut events);
    match args.output {
        ReportOutput::Text => output::text(|out| {
            let header = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
            let rows = events.iter().map(|event| {
                let Happened { last_seen, kind, reason, object, message, count: _ } = event.clone();
                [last_seen, kind, reason, Shown(&object).to_string(), message]
            });
            table::rows(out, "", header, rows)
        })?,
        ReportOutput::Json => output::json(&events)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The `BundleDeployment` itself, by its UID.
fn itself(installed: &Installed) -> Option<(String, ObjectId)> {
    let Installed::Deployment(deployment) = installed else { return None };
    let id = ObjectId {
        group: BundleDeployment::group(&()).into(),
        kind: BundleDeployment::kind(&()).into(),
        namespace: String::new(),
        name: deployment.name_any(),
    };
    Some((deployment.uid()?, id))
}

fn namespace(id: &ObjectId) -> &str {
    if id.namespace.is_empty() { DEFAULT } else { &id.namespace }
}

/// An event, if it is about one of these objects.
fn happened(event: &Object, known: &BTreeMap<&str, &ObjectId>) -> Option<Happened> {
    let text = |path: &[&str]| event.get(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = known.get(text(&["involvedObject", "uid"])?)?;
    let last_seen = text(&["series", "lastObservedTime"])
        .or_else(|| text(&["lastTimestamp"]))
        .or_else(|| text(&["eventTime"]))
        .or_else(|| text(&["metadata", "creationTimestamp"]));
    let owned = |path: &[&str]| text(path).unwrap_or_default().to_owned();
    Some(Happened {
        last_seen: last_seen.unwrap_or_default().to_owned(),
        kind: owned(&["type"]),
        reason: owned(&["reason"]),
        object: (*id).clone(),
        message: owned(&["message"]).trim().to_owned(),
        count: event.get(&["count"]).and_then(Value::as_u64).unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_latest_is_the_last_whatever_way_its_time_is_written() {
        let id = "a_b__Pod".parse().unwrap();
        let known = BTreeMap::from([("1", &id)]);
        let event = |field: &str, time: &str| {
            let event = json!({
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": "a"},
                "involvedObject": {"uid": "1"}, field: time,
            });
            happened(&Object::from_value(event).unwrap(), &known).unwrap()
        };
        let mut events = [
            event("eventTime", "2026-01-01T22:55:24.679000Z"),
            event("lastTimestamp", "2026-01-01T22:55:25Z"),
            event("lastTimestamp", "2026-01-01T22:55:24Z"),
        ];
        sort(&mut events);
        let object = json!({"group": "", "kind": "Pod", "namespace": "a", "name": "b"});
        assert_eq!(serde_json::to_value(&events[0]).unwrap()["object"], object);
        let times = events.map(|event| event.last_seen);
        assert_eq!(times, ["2026-01-01T22:55:24Z", "2026-01-01T22:55:24.679000Z", "2026-01-01T22:55:25Z"]);
    }
}
