//! All operators at the same time, as `BundleDeployments`: each comes as far as its bundle lets it, and none keeps the others.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::Duration;

use e2e::provisioners::bundle::Files;
use e2e::provisioners::{Deployment, Place, Which};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::foreign::Foreign;
use crate::installer::Installer;
use crate::left::{assert_nothing_left, everything};
use crate::{bundle, known, operators};

/// How long all of them together may take for a step: a server that has a thousand definitions takes seconds for each new one.
const PATIENCE: Duration = Duration::from_mins(30);

/// How long nothing may change until it is taken for the end.
const STANDS: Duration = Duration::from_secs(20);

/// How often it is asked.
const TICK: Duration = Duration::from_secs(2);

/// One of them.
struct One<'a> {
    operator: &'a str,
    images: [String; 2],
    deployment: Deployment<'a>,
}

impl One<'_> {
    /// What it has come to, once that stands; `Ok` where all is well.
    async fn outcome(&self) -> Option<Result<(), String>> {
        let seen = self.deployment.see().await;
        let generation = Some(seen.generation());
        if seen.is_settled() {
            return Some(Ok(()));
        }
        let says = |kind: &str| Some(seen.says(kind)).filter(|_| seen.generation_of(kind) == generation);
        let has_failed = says("Reconciling").is_some_and(|says| says.ends_with("Failed"));
        let is_under_way = !has_failed && says("Installed").is_some_and(|says| says.ends_with("ing"));
        let failed = |(kind, status): (&str, &str)| {
            let says = says(kind).filter(|says| says.starts_with(status))?;
            Some(Err(format!("{kind} {says}: {}", seen.message(kind))))
        };
        let bad = [
            ("Stalled", "True"),
            ("Unpacked", "False"),
            ("Reconciling", "True/InstallFailed"),
            ("Reconciling", "True/UpgradeFailed"),
            ("Installed", "False"),
            ("Healthy", "False"),
        ];
        bad.into_iter().find_map(failed).filter(|_| !is_under_way)
    }
}

#[tokio::test]
#[ignore = "it takes minutes; `make corpus` runs it"]
async fn every_operator_is_deployed_upgraded_and_removed_beside_all_others() {
    let Some(operators) = operators::all() else { return };
    let Some(place) = Place::alone("beside").await else { return };
    let with_objects = operators.iter().map(|operator| {
        let installer = Installer::new(&place, operator);
        let objects = installer.all_objects();
        (operator, installer, objects)
    });
    let operators: Vec<_> =
        with_objects.filter(|(_, _, objects)| !objects.iter().any(is_asked_of_pods)).collect();
    let objects: Vec<_> = operators.iter().flat_map(|(_, _, objects)| objects.iter().cloned()).collect();
    let mut images = Vec::new();
    for (number, (_, installer, _)) in operators.iter().enumerate() {
        let which = Which::ALL[number % 2];
        let namespace = format!("{}-{number}", place.name());
        images.push([0, 1].map(|version| {
            let files: Files = bundle(installer, which, version, &namespace);
            place.push(&format!("{number}-v{version}"), &files)
        }));
    }
    let foreign = Foreign::of(&objects, &place).await;
    let before = everything(&place);
    let mut all = Vec::new();
    for (number, ((operator, ..), images)) in operators.iter().zip(images).enumerate() {
        let mut spec = place.spec(Which::ALL[number % 2], &images[0]);
        spec["installNamespace"] = format!("{}-{number}", place.name()).into();
        spec["preflight"] = json!({"crdUpgradeSafety": {"disabled": true}});
        spec["force"] = true.into();
        let deployment = place.create_other(&number.to_string(), spec).await;
        all.push(One { operator: &operator.name, images, deployment });
    }
    let installed = come_to(&all, "installed").await;
    for one in all.iter().filter(|one| installed[one.operator].is_ok()) {
        one.deployment.switch_to(&one.images[1]).await;
    }
    let upgraded = come_to(&all, "upgraded").await;
    for which in Which::ALL {
        let resident = place.provisioners().of(which).most_resident() / 1_000_000;
        let _ = writeln!(io::stderr(), "{}: {resident} MB resident", which.name());
    }
    for one in &all {
        one.deployment.delete().await;
    }
    for one in &all {
        one.deployment.until_gone_at_last().await;
    }
    // These stay, since others may have put something there.
    let namespaces = place.global("v1/Namespace");
    for number in 0..all.len() {
        namespaces.try_delete(&format!("{}-{number}", place.name())).await;
    }
    assert_nothing_left(&place, &before).await;
    foreign.remove().await;
    let outcomes = installed.into_iter().chain(upgraded);
    let unknown: Vec<_> = outcomes
        .filter_map(|(operator, outcome)| Some((operator, outcome.err()?)))
        .filter(|(_, why)| !known::of_any(why))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Whether it is a webhook that is asked of all Pods. Where it does not answer, and nobody does here, there are no more of those.
fn is_asked_of_pods(object: &Value) -> bool {
    let is_configuration = object["kind"].as_str().unwrap().ends_with("WebhookConfiguration");
    let webhooks = object["webhooks"].as_array().filter(|_| is_configuration);
    let rules =
        webhooks.into_iter().flatten().flat_map(|webhook| webhook["rules"].as_array().into_iter().flatten());
    rules
        .flat_map(|rule| rule["resources"].as_array().into_iter().flatten())
        .any(|resource| resource == "pods")
}

/// Waits until all have come to something, which stands for a while, and says so.
async fn come_to<'a>(all: &'a [One<'_>], what: &str) -> BTreeMap<&'a str, Result<(), String>> {
    let start = Instant::now();
    let mut outcomes = BTreeMap::new();
    let mut since = start;
    loop {
        let mut now = BTreeMap::new();
        for one in all {
            now.extend(one.outcome().await.map(|outcome| (one.operator, outcome)));
        }
        if now != outcomes {
            (outcomes, since) = (now, Instant::now());
        }
        let are_well = outcomes.values().filter(|outcome| outcome.is_ok()).count();
        if are_well == all.len() || outcomes.len() == all.len() && since.elapsed() > STANDS {
            let took = (since - start).as_secs();
            let _ = writeln!(io::stderr(), "{are_well} of {} {what} after {took} s", all.len());
            for (operator, outcome) in &outcomes {
                if let Err(why) = outcome {
                    let _ = writeln!(io::stderr(), "{operator}: not {what}: {why}");
                }
            }
            return outcomes;
        }
        let open = all.iter().map(|one| one.operator).filter(|name| !outcomes.contains_key(name));
        assert!(start.elapsed() < PATIENCE, "not {what}: {:?}, {outcomes:#?}", open.collect::<Vec<_>>());
        sleep(TICK).await;
    }
}
