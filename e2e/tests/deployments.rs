//! The command line beside the provisioners: what it shows of `BundleDeployment`s, how it waits for them, and how it hands bundles
//! over.
//!
//! On a control plane of its own, since its definition would be noticed by others.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "deployments/content.rs"]
mod content;
#[path = "deployments/kubelet.rs"]
mod kubelet;
#[path = "deployments/place.rs"]
mod place;
#[path = "deployments/rotation.rs"]
mod rotation;
#[path = "deployments/run.rs"]
mod run;

use place::Place;
use rstest::rstest;
use serde_json::Value;

/// A class that nobody takes care of.
const FOREIGN: &str = "somebody-else";

fn deployment(name: &str, class: &str, image: &str) -> String {
    format!(
        "{{apiVersion: core.rukpak.io/v1alpha2, kind: BundleDeployment, metadata: {{name: {name}}}, spec: {{\
         provisionerClassName: {class}, source: {{type: image, image: {{ref: '{image}'}}}}}}}}"
    )
}

#[test]
fn what_is_shown_of_one_that_runs() {
    let Some(place) = Place::new("shown") else { return };
    let name = place.name();
    place.run(&["run", name, &place.operator("1"), "--install-namespace", name]).ok();
    let listed = place.run(&["get"]).ok();
    let row = listed.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(listed.starts_with("NAME"), "{listed}");
    for cell in ["BundleDeployment", "InstallationSucceeded", "True", "ConfigMaps"] {
        assert!(row.contains(cell), "{row}");
    }
    assert_eq!(place.run(&["get", name, "-o", "name"]).ok(), format!("bundledeployment/{name}\n"));
    let shown = place.run(&["get", name]).ok();
    for line in
        ["Class:              core-rukpak-io-registry", "Generation:         1\n", "  Stalled         False"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    let value: Value = serde_json::from_str(&place.run(&["get", name, "-o", "json"]).ok()).unwrap();
    assert_eq!((&value["kind"], &value["installNamespace"]), (&"BundleDeployment".into(), &name.into()));
    let as_yaml = place.run(&["get", name, "-o", "yaml"]).ok();
    assert!(as_yaml.contains(&format!("\ninstallNamespace: {name}\n")), "{as_yaml}");
    let objects = value["inventory"]["entries"].as_array().unwrap().len();
    let tree = place.run(&["tree", name]).ok();
    assert!(tree.starts_with(&format!("{name}: {objects} of {objects} objects are healthy\n")), "{tree}");
    assert!(tree.contains(&format!("Pod {name}/")), "what the objects made: {tree}");
    let events = place.run(&["events", &format!("bd/{name}")]).ok();
    let about_itself = format!("BundleDeployment.core.rukpak.io {name}");
    assert!(
        events.lines().any(|line| line.contains("InstallationSucceeded") && line.contains(&about_itself)),
        "{events}"
    );
    assert!(events.contains("SuccessfulCreate"), "events about the objects: {events}");
    let waited = place.run(&["wait", name]);
    assert_eq!(waited.code, Some(0), "{}", waited.stderr);
}

#[test]
fn waiting_for_the_end() {
    let Some(place) = Place::new("ends") else { return };
    let name = place.name();
    place.run(&["run", name, &place.operator("1"), "--install-namespace", name]).ok();
    let maps = || {
        place.kubectl(&[
            "get",
            "configmaps",
            "-n",
            "rukpak-system",
            "-l",
            &format!("core.rukpak.io/content-of={name}"),
            "-o",
            "name",
        ])
    };
    assert_ne!(maps(), "");
    let waited = place.run(&["wait", name, "--for", "deleted", "--timeout", "1s"]);
    assert!(waited.refused().contains("is not deleted after 1 s: nobody has deleted it"));
    place.kubectl(&["delete", "bundledeployment", name, "--wait=false"]);
    place.run(&["wait", name, "--for", "deleted"]).ok();
    place.run(&["wait", name, "--for", "deleted"]).ok();
    place.until("the content goes with it", || maps().is_empty());
    let gone = place.run(&["get", name]).refused();
    assert!(gone.contains("neither a BundleDeployment of this name nor an inventory"), "{gone}");
}

#[test]
fn what_will_never_be_is_told_at_once() {
    let Some(place) = Place::new("stalled") else { return };
    let name = place.name();
    let image = place.push(&place.plain("1"), "plain:v1");
    let source = format!("docker://{image}");
    // Said to be an operator's, so that nobody but the provisioner finds out.
    let ran = place.run(&["run", name, &source, "--class", "core-rukpak-io-registry"]);
    let error = ran.refused();
    assert!(
        error.contains("will not be healthy: ") && error.contains("HasValidBundle False BundleLoadFailed"),
        "{error}"
    );
    let waited = place.run(&["wait", name]).refused();
    assert!(waited.contains("will not be healthy: "), "{waited}");
    let shown = place.run(&["get", name]).ok();
    assert!(shown.contains("  Stalled         True"), "{shown}");
}

#[test]
fn what_is_missing_is_told_when_the_time_is_over() {
    let Some(place) = Place::new("foreign") else { return };
    let name = place.name();
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let waited = place.run(&["wait", name, "--timeout", "1s"]).refused();
    let expected = format!(
        "BundleDeployment {name} is not healthy after 1 s: no provisioner of the class {FOREIGN} has looked at it yet"
    );
    assert!(waited.contains(&expected), "{waited}");
    let shown = place.run(&["get", name]).ok();
    assert!(shown.contains("1, of which nothing is reported yet"), "{shown}");
}

#[test]
fn a_deployment_and_an_inventory_of_one_name() {
    let Some(place) = Place::new("both") else { return };
    let name = place.name();
    let bundle = place.plain("1");
    place.run(&["apply", name, &bundle, "--install-namespace", name, "--wait"]).ok();
    let refused = place.run(&["run", name, &bundle, "--install-namespace", name]).refused();
    assert!(refused.contains("there is an installation"), "{refused}");
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let refused = place.run(&["apply", name, &bundle]).refused();
    assert!(refused.contains("which a controller installs"), "{refused}");
    let names = place.run(&["get", name, "-o", "name"]).ok();
    assert_eq!(names, format!("bundledeployment/{name}\ninventory/{name}\n"));
    for command in ["tree", "events", "wait"] {
        let refused = place.run(&[command, name]).refused();
        assert!(refused.contains(&format!("say bundledeployment/{name} or inventory/{name}")), "{refused}");
    }
    place.run(&["wait", &format!("inventory/{name}")]).ok();
    let tree = place.run(&["tree", &format!("inventory/{name}")]).ok();
    assert!(tree.contains("1 of 1 objects"), "{tree}");
    let tree = place.run(&["tree", &format!("bundledeployment/{name}")]).ok();
    assert!(tree.contains("0 of 0 objects"), "{tree}");
    place.run(&["delete", name]).ok();
}

#[test]
fn whoever_may_see_bundledeployments_alone_sees_them() {
    let Some(place) = Place::new("viewer") else { return };
    let name = place.name();
    place.kubectl(&["create", "namespace", name]);
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let as_account = |role: &str| {
        let account = format!("--serviceaccount={name}:{role}");
        place.kubectl(&["create", "serviceaccount", role, "-n", name]);
        let cluster_role = format!("--clusterrole=rukpak-bundledeployments-{role}");
        place.kubectl(&["create", "clusterrolebinding", &format!("{name}-{role}"), &cluster_role, &account]);
        place.kubeconfig_for(name, role)
    };
    let viewer = as_account("viewer");
    for command in [&["get", name][..], &["tree", name], &["wait", name, "--timeout", "1s"]] {
        let ran = place.run(&[command, &["--kubeconfig", &viewer]].concat());
        assert!(!ran.stderr.contains("forbidden"), "{command:?}: {}", ran.stderr);
        assert_eq!(ran.code, Some(i32::from(command[0] == "wait")), "{command:?}: {}", ran.stderr);
    }
    let all = place.run(&["get", "--kubeconfig", &viewer]);
    assert!(all.code == Some(0) && all.stdout.contains(name), "{}", all.stderr);
    assert!(all.stderr.contains("warning: it is not known what `apply` installed: "), "{}", all.stderr);
    let quiet = place.run(&["get", "--quiet", "--kubeconfig", &viewer]);
    assert_eq!(quiet.stderr, "");
    let absent = place.run(&["get", "nobody-has-this", "--kubeconfig", &viewer]).refused();
    assert!(absent.contains("neither a BundleDeployment of this name"), "{absent}");
    place.run(&["wait", "nobody-has-this", "--for", "deleted", "--kubeconfig", &viewer]).ok();
    let refused = place.run(&["get", "inventory/a", "--kubeconfig", &viewer]).refused();
    assert!(refused.contains("forbidden"), "{refused}");

    let editor = as_account("editor");
    let arguments =
        ["run", &format!("{name}-new"), "docker://example.com/a:v1", "--class", FOREIGN, "--wait=false"];
    let ran = place.run(&[&arguments[..], &["--kubeconfig", &editor]].concat());
    assert!(ran.code == Some(0) && ran.stderr.contains(": created"), "{}", ran.stderr);
    let again = place.run(&[&arguments[..], &["--kubeconfig", &editor]].concat());
    assert!(again.code == Some(0) && again.stderr.ends_with(": unchanged\n"), "{}", again.stderr);
}

#[test]
fn what_a_controller_installs_is_deleted_otherwise() {
    let Some(place) = Place::new("otherwise") else { return };
    let name = place.name();
    place.apply(&deployment(name, FOREIGN, "example.com/a:v1"));
    let listed = place.run(&["get", &format!("bundledeployment.core.rukpak.io/{name}"), "-o", "name"]).ok();
    for typed in [name, listed.trim()] {
        let refused = place.run(&["delete", typed]).refused();
        assert!(refused.contains(&format!("kubectl delete bundledeployment {name}")), "{refused}");
        let refused = place.run(&["content", typed]).refused();
        assert!(refused.contains("url is not available"), "{refused}");
        let ran =
            place.run(&["run", typed, "docker://example.com/a:v1", "--class", FOREIGN, "--dry-run"]).ok();
        assert!(ran.contains(&format!("name: {name}\n")), "{ran}");
    }
}

#[rstest]
#[case("get")]
#[case("tree")]
#[case("events")]
#[case("wait")]
fn a_name_that_nobody_has(#[case] command: &str) {
    let Some(place) = Place::new("nobody") else { return };
    let refused = place.run(&[command, "bd/nobody-has-this"]).refused();
    assert!(refused.contains("bundledeployments.core.rukpak.io \"nobody-has-this\" not found"), "{refused}");
}
