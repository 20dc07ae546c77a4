//! Every operator, one after the other: what a server takes must come out right, and what it does not take must leave nothing.

use std::fmt;
use std::io::{self, Write as _};

use e2e::process::run_with;
use e2e::provisioners::Place;
use rukpak_apply::diff;
use rukpak_manifest::Object;
use serde_json::Value;

use crate::foreign::Foreign;
use crate::installer::{Installer, error};
use crate::left::{assert_nothing_left, everything};
use crate::{known, operators};

/// How long an operator may take to be healthy, whose Pods are none.
const PATIENCE: &str = "20s";

/// How far an operator came.
enum Outcome {
    Fine,
    /// Why it cannot be.
    NotInstalled(String),
    /// The same, of the next version of what was installed.
    NotUpgraded(String),
    /// What an upgrade has left otherwise than an installation has it.
    Different(Vec<String>),
}

impl Outcome {
    /// Whether it is no mistake of ours.
    fn is_known(&self) -> bool {
        match self {
            Self::NotInstalled(why) => known::of_install(why),
            Self::NotUpgraded(why) => known::of_upgrade(why),
            Self::Fine | Self::Different(_) => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("fine"),
            Self::NotInstalled(why) => write!(f, "not installed: {why}"),
            Self::NotUpgraded(why) => write!(f, "not upgraded: {why}"),
            Self::Different(differences) => write!(f, "not the same: {}", differences.join(", ")),
        }
    }
}

#[tokio::test]
#[ignore = "it takes minutes; `make corpus` runs it"]
async fn every_operator_is_installed_upgraded_and_removed() {
    let Some(operators) = operators::all() else { return };
    let Some(place) = Place::new("every").await else { return };
    let namespaces = place.global("v1/Namespace");
    let before = everything(&place);
    let mut fine = 0;
    let mut unknown = Vec::new();
    for operator in &operators {
        let installer = Installer::new(&place, operator);
        let foreign = Foreign::of(&installer.all_objects(), &place).await;
        let outcome = life(&installer, &place);
        if installer.is_there() {
            installer.remove().await;
        } else {
            installer.assert_gone().await;
        }
        // It stays, since others may have put something there.
        namespaces.try_delete(&operator.name).await;
        foreign.remove().await;
        let line = format!("{}: {outcome}", operator.name);
        let _ = writeln!(io::stderr(), "{line}");
        match outcome {
            Outcome::Fine => fine += 1,
            outcome if outcome.is_known() => (),
            _ => unknown.push(line),
        }
    }
    let _ = writeln!(io::stderr(), "{fine} of {} operators are fine", operators.len());
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert_nothing_left(&place, &before).await;
}

/// From its installation to what an upgrade has made of it, compared with what the new version is by itself.
fn life(installer: &Installer<'_>, place: &Place) -> Outcome {
    let first = installer.apply(0, PATIENCE, &[]);
    if first.code != Some(0) {
        return Outcome::NotInstalled(error(&first).to_owned());
    }
    installer.assert_installed(0);
    let upgraded = installer.upgrade(PATIENCE);
    if upgraded.code != Some(0) {
        return Outcome::NotUpgraded(error(&upgraded).to_owned());
    }
    installer.assert_installed(1);
    let became = live(installer, place);
    installer.run(&["delete", &installer.operator.name, "--timeout", "1m"]).ok();
    let fresh = installer.apply(1, PATIENCE, &[]);
    if fresh.code != Some(0) {
        return Outcome::NotInstalled(error(&fresh).to_owned());
    }
    let differences = differences(&became, &live(installer, place));
    if differences.is_empty() { Outcome::Fine } else { Outcome::Different(differences) }
}

/// The objects of the new version as they are on the server.
fn live(installer: &Installer<'_>, place: &Place) -> Vec<Value> {
    let rendered = installer.with(&["render"], 1, &["-o", "json"]).ok();
    let mut kubectl = place.cluster().kubectl().unwrap();
    kubectl.args(["get", "-o", "json", "-f", "-"]);
    let list: Value = serde_json::from_str(&run_with(&mut kubectl, rendered.as_bytes()).ok()).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// What is another one each time.
const NEW_EACH_TIME: [&str; 3] = ["owner-uid", "planned-digest", "certificate-digest"];

fn is_new_each_time(kind: &str, path: &str) -> bool {
    let of_kind: &[&str] = match kind {
        // The token's, too.
        "Secret" => &["data"],
        // A policy is changed by who asks for one only.
        "Service" => &["spec.clusterIP", "nodePort", "spec.ipFamilyPolicy"],
        _ => &["caBundle", "deployment.kubernetes.io/revision"],
    };
    NEW_EACH_TIME.iter().chain(of_kind).any(|part| path.contains(part))
}

/// What an upgrade has left otherwise, as `Kind name: path`.
fn differences(became: &[Value], fresh: &[Value]) -> Vec<String> {
    let mut all = Vec::new();
    for (became, fresh) in became.iter().zip(fresh) {
        let [became, fresh] = [became, fresh].map(|object| Object::from_value(object.clone()).unwrap());
        let changes = diff(&became, &fresh).into_iter();
        let changes = changes.filter(|change| !is_new_each_time(fresh.kind(), &change.path));
        all.extend(changes.map(|change| format!("{} {}: {change:?}", fresh.kind(), fresh.name())));
    }
    all
}
