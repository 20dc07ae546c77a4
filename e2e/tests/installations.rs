//! The command line on a real cluster: what its commands print, what they leave alone, and how they end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "installations/certificates.rs"]
mod certificates;
#[path = "installations/packages.rs"]
mod packages;
#[path = "installations/place.rs"]
mod place;
#[path = "installations/refused.rs"]
mod refused;
#[path = "installations/rotation.rs"]
mod rotation;

use e2e::tunnel::Tunnel;
use place::{Place, Ran};
use rstest::rstest;
use serde_json::{Value, json};

/// A bundle of two `ConfigMap`s, and what stands in the first.
fn maps(value: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: one}}, data: {{value: '{value}'}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: two}}}}\n"
    )
}

const ONE: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {value: '1'}}";

#[test]
fn an_installation_from_its_beginning_to_its_end() {
    let Some(place) = Place::new("whole") else { return };
    let first = place.bundle("first", &maps("1"));
    let next = place.bundle("next", ONE);
    let ran = place.run(&["diff", "$NAME", &first]);
    assert_eq!((ran.code, ran.lines().len()), (1, 3), "{ran:?}");
    let ran = place.run(&["apply", "$NAME", &first]);
    assert!(ran.code == 0 && ran.stderr.ends_with(": 2 created\n"), "{ran:?}");
    assert_eq!(place.run(&["diff", "$NAME", &first]).code, 0);
    let ran = place.run(&["apply", "$NAME", &first, "--wait"]);
    assert!(ran.stderr.ends_with(": 2 unchanged; healthy\n"), "{ran:?}");
    let ran = place.run(&["diff", "$NAME", &next, "-o", "json"]);
    let changes: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(changes["changes"][0]["action"], "delete");
    assert_eq!(changes["changes"][0]["object"]["name"], "two");
    let ran = place.run(&["apply", "$NAME", &next, "--dry-run"]);
    assert!(ran.code == 0 && ran.stdout.contains("delete  ConfigMap"), "{ran:?}");
    assert!(place.has("configmap", "two"));
    let ran = place.run(&["apply", "$NAME", &next, "--wait"]);
    assert!(ran.code == 0 && !place.has("configmap", "two"), "{ran:?}");
    let ran = place.run(&["get", "$NAME", "-o", "json"]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["installNamespace"], place.namespace());
    let object = json!({"group": "", "kind": "ConfigMap", "namespace": place.namespace(), "name": "one"});
    assert_eq!(shown["inventory"]["entries"], json!([{"object": object, "version": "v1"}]));
    let ran = place.run(&["tree", "$NAME", "-o", "json"]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["objects"][0]["object"], object);
    assert_eq!(place.run(&["wait", "$NAME", "--timeout", "20s"]).code, 0);
    let ran = place.run(&["wait", "$NAME", "--for", "installed"]);
    assert!(ran.code == 1 && ran.stderr.contains("--for installed is for BundleDeployments only"), "{ran:?}");
    assert_eq!(place.run(&["events", "$NAME"]).code, 0);
    let ran = place.run(&["delete", "$NAME"]);
    assert!(ran.code == 0 && !place.has("configmap", "one"), "{ran:?}");
    assert_eq!(place.run(&["get", "$NAME"]).code, 1);
}

#[test]
fn a_cluster_behind_a_proxy() {
    let Some(place) = Place::new("proxy") else { return };
    let (proxy, bundle) = (Tunnel::start(), place.bundle("bundle", &maps("1")));
    let ran = place.run_through(&proxy.url(), &["apply", "$NAME", &bundle, "--wait"]);
    assert!(ran.code == 0 && place.has("configmap", "one"), "{ran:?}");
    let connections = proxy.connections();
    assert!(connections > 0);
    let ran = place.run_through(&proxy.url(), &["delete", "$NAME"]);
    assert!(ran.code == 0 && proxy.connections() > connections, "{ran:?}");
}

#[rstest]
#[case::at_once(false)]
#[case::behind_a_proxy(true)]
fn a_program_that_gives_the_token_is_run_once(#[case] is_behind: bool) {
    let Some(place) = Place::new("plugin") else { return };
    let (proxy, bundle) = (Tunnel::start(), place.bundle("bundle", &maps("1")));
    let url = is_behind.then(|| proxy.url());
    place.kubectl(&["create", "serviceaccount", "installer"]);
    let account = format!("{}/installer", place.namespace());
    place.kubectl(&[
        "create",
        "rolebinding",
        "installer",
        "--clusterrole=cluster-admin",
        &format!("--serviceaccount={}:installer", place.namespace()),
    ]);
    let apply = ["apply", "$NAME", &bundle, "--service-account", &account, "--wait"];
    for arguments in [&apply[..], &["tree", "$NAME"], &["wait", "$NAME"], &["delete", "$NAME"]] {
        let (ran, runs) = place.run_with_plugin(url.as_deref(), arguments);
        assert_eq!((ran.code, runs), (0, 1), "{arguments:?}: {ran:?}");
    }
    assert_eq!(proxy.connections() > 0, is_behind);
}

#[rstest]
#[case::delete("delete")]
#[case::tree("tree")]
#[case::events("events")]
#[case::wait("wait")]
#[case::get("get")]
fn what_is_not_installed(#[case] command: &str) {
    let Some(place) = Place::new("absent") else { return };
    let Ran { code, stdout, stderr } = place.run(&[command, "$NAME"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("is not installed: there is no inventory of it in the namespace "), "{stderr}");
}

#[test]
fn that_nothing_is_there_is_told_with_where_it_was_looked_for() {
    let Some(place) = Place::new("nothing") else { return };
    let nothing = |namespace: &str| {
        format!("nothing is installed: there are no inventories in the namespace {namespace}\n")
    };
    let here = ["get", "--system-namespace", place.namespace()];
    let ran = place.run(&here);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (0, "", nothing(place.namespace())));
    for more in [["-o", "json"], ["-o", "yaml"]] {
        let ran = place.run(&[&here[..], &more].concat());
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "[]\n", ""));
    }
    let mistyped = format!("{}-typo", place.namespace());
    let ran = place.run(&["get", "--system-namespace", &mistyped]);
    let told = format!("warning: there is no namespace {mistyped}, ");
    assert!(ran.code == 0 && ran.stderr.starts_with(&told), "{ran:?}");
    assert!(ran.stderr.ends_with(&nothing(&mistyped)), "{ran:?}");
    assert_eq!(place.run(&["get", "-q", "--system-namespace", &mistyped]).stderr, "");
    let gone = ["wait", "$NAME", "--for", "deleted", "--system-namespace"];
    let ran = place.run(&[&gone[..], &[&mistyped]].concat());
    assert!(ran.code == 0 && ran.stderr.starts_with(&told), "{ran:?}");
    let ran = place.run(&[&gone[..], &[place.namespace()]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn what_a_set_lacks_is_all_told_and_nothing_is_written() {
    let Some(place) = Place::new("lacks") else { return };
    let kinds =
        |name| format!("{{apiVersion: example.com/v1, kind: Nothing, metadata: {{name: {name}}}}}\n---\n");
    let bundle = place.bundle("bundle", &format!("{}{}{}", kinds("a"), kinds("b"), maps("1")));
    let ran = place.run(&["apply", "$NAME", &bundle]);
    assert_eq!(
        (ran.code, ran.stderr.matches("the server does not serve Nothing").count()),
        (1, 2),
        "{ran:?}"
    );
    let hint = "  hint: the API example.com/v1 with Nothing is missing: whatever provides it has to be installed first";
    assert_eq!(ran.stderr.matches(hint).count(), 1, "{ran:?}");
    assert!(!place.has("configmap", "one"));
    assert_eq!(place.run(&["get", "$NAME"]).code, 1, "nothing is remembered");
    assert_eq!(place.run(&["diff", "$NAME", &bundle]).code, 3);
}

#[test]
fn what_is_there_is_taken_over_where_that_is_asked_for() {
    let Some(place) = Place::new("collides") else { return };
    place.kubectl(&["create", "configmap", "one"]);
    let bundle = place.bundle("bundle", &maps("1"));
    let ran = place.run(&["apply", "$NAME", &bundle]);
    assert!(ran.code == 1 && ran.stderr.contains("collision protection is Prevent"), "{ran:?}");
    assert!(!place.has("configmap", "two"));
    let ran = place.run(&["apply", "$NAME", &bundle, "--collision-protection", "IfNoController"]);
    assert!(ran.stderr.contains(": 1 created, 1 adopted"), "{ran:?}");
    let other = place.other("other").run(&["apply", "$NAME", &bundle]);
    assert!(other.code == 1 && other.stderr.contains("it belongs to Inventory"), "{other:?}");
}

#[test]
fn what_was_said_about_deletion_is_remembered() {
    let Some(place) = Place::new("orphans") else { return };
    let bundle = place.bundle("bundle", &maps("1"));
    assert_eq!(place.run(&["apply", "$NAME", &bundle, "--deletion-policy", "Orphan"]).code, 0);
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0);
    let ran = place.run(&["delete", "$NAME"]);
    assert!(ran.code == 0 && ran.stderr.ends_with(": 2 released\n"), "{ran:?}");
    assert!(place.has("configmap", "one") && place.has("configmap", "two"));
}

/// Whoever goes on with a deletion need not know what it was begun with.
#[test]
fn what_a_deletion_was_begun_with_is_remembered() {
    let Some(place) = Place::new("begun") else { return };
    let group = format!("{}.example.com", place.name());
    let set = format!(
        "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: as.{group}}}, spec: {{\
         group: {group}, scope: Namespaced, names: {{plural: as, kind: A}}, versions: [{{name: v1, served: true, storage: true, \
         schema: {{openAPIV3Schema: {{type: object}}}}}}]}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: held, finalizers: [example.com/wait]}}}}\n"
    );
    let (bundle, kind) = (place.bundle("bundle", &set), format!("as.{group}"));
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0);
    let ran = place.run(&["delete", "$NAME", "--deletion-policy", "KeepCRDs", "--timeout", "1s"]);
    assert!(ran.code == 1 && ran.stderr.contains("still there"), "{ran:?}");
    place.kubectl(&["patch", "configmap", "held", "-p", r#"{"metadata": {"finalizers": null}}"#]);
    let ran = place.run(&["delete", "$NAME"]);
    assert!(ran.code == 0 && place.has("customresourcedefinition", &kind), "{ran:?}");
    // Who says something else is obeyed.
    assert_eq!(place.run(&["apply", "$NAME", &bundle, "--deletion-policy", "KeepCRDs"]).code, 0);
    place.kubectl(&["patch", "configmap", "held", "-p", r#"{"metadata": {"finalizers": null}}"#]);
    let ran = place.run(&["delete", "$NAME", "--deletion-policy", "Delete"]);
    assert!(ran.code == 0 && !place.has("customresourcedefinition", &kind), "{ran:?}");
}

#[test]
fn of_a_damaged_inventory_nobody_says_that_all_is_well() {
    let Some(place) = Place::new("damaged") else { return };
    let bundle = place.bundle("bundle", &maps("1"));
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0);
    let inventory = format!("rukpak-inventory-{}", place.name());
    let damage =
        ["patch", "configmap", &inventory, "-n", "rukpak-system", "-p", r#"{"data": {"entries": "xx"}}"#];
    place.kubectl(&damage);
    place.kubectl(&["delete", "configmap", "one"]);
    for command in ["wait", "tree", "events", "get"] {
        let ran = place.run(&[command, "$NAME"]);
        let expected = format!("the inventory of {} is damaged", place.name());
        assert!(ran.code == 1 && ran.stderr.contains(&expected), "{command}: {ran:?}");
    }
    let ran = place.run(&["get"]);
    assert!(ran.code == 0 && ran.stderr.contains("is damaged"), "{ran:?}");
    let ran = place.run(&["apply", "$NAME", &bundle, "--wait"]);
    assert!(ran.stderr.ends_with(": 1 created, 1 unchanged; healthy\n"), "{ran:?}");
    assert_eq!(place.run(&["tree", "$NAME"]).code, 0);
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}

#[test]
fn what_is_deleted_is_counted_once() {
    let Some(place) = Place::new("counted") else { return };
    let group = format!("{}.example.com", place.name());
    let set = format!(
        "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: as.{group}}}, spec: {{\
         group: {group}, scope: Namespaced, names: {{plural: as, kind: A}}, versions: [{{name: v1, served: true, storage: true, \
         schema: {{openAPIV3Schema: {{type: object}}}}}}]}}}}\n---\n\
         {{apiVersion: {group}/v1, kind: A, metadata: {{name: a}}}}\n---\n{ONE}\n"
    );
    let bundle = place.bundle("bundle", &set);
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0);
    let ran = place.run(&["delete", "$NAME"]);
    assert!(ran.code == 0 && ran.stderr.ends_with(": 3 deleted\n"), "{ran:?}");
}

#[test]
fn an_installation_stays_in_its_namespace() {
    let Some(place) = Place::new("stays") else { return };
    let bundle = place.bundle("bundle", &maps("1"));
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0);
    let ran = place.run_in("elsewhere", &["apply", "$NAME", &bundle]);
    assert!(ran.code == 1 && ran.stderr.contains("and cannot move to elsewhere"), "{ran:?}");
}

#[test]
fn another_context_moves_nothing() {
    let Some(place) = Place::new("context") else { return };
    let (here, elsewhere) = (place.namespace(), "kube-public");
    let (first, next) = (place.bundle("first", &maps("1")), place.bundle("next", &maps("2")));
    let ran = place.run_at(here, &["apply", "$NAME", &first]);
    assert!(ran.code == 0 && place.has("configmap", "one"), "{ran:?}");
    let ran = place.run_at(elsewhere, &["diff", "$NAME", &first]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = place.run_at(elsewhere, &["apply", "$NAME", &next, "--wait"]);
    assert!(ran.stderr.ends_with(": 1 configured, 1 unchanged; healthy\n"), "{ran:?}");
    let ran = place.run_in(elsewhere, &["apply", "$NAME", &next]);
    assert!(
        ran.code == 1 && ran.stderr.contains(&format!("{here}, and cannot move to {elsewhere}")),
        "{ran:?}"
    );
    // As earlier versions left it.
    let inventory = format!("rukpak-inventory-{}", place.name());
    let forget = [
        "patch",
        "configmap",
        &inventory,
        "-n",
        "rukpak-system",
        "-p",
        r#"{"data": {"installNamespace": null}}"#,
    ];
    place.kubectl(&forget);
    let ran = place.run_in(elsewhere, &["apply", "$NAME", &next]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot move to"), "{ran:?}");
    let ran = place.run_at(elsewhere, &["apply", "$NAME", &first, "--wait"]);
    assert!(ran.stderr.ends_with(": 1 configured, 1 unchanged; healthy\n"), "{ran:?}");
    assert!(place.run(&["get", "$NAME", "-o", "json"]).stdout.contains(here));
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}

#[test]
fn a_field_that_is_set_for_good_is_changed_by_force_alone() {
    let Some(place) = Place::new("force") else { return };
    let deployment = |app: &str| {
        place.bundle(
            app,
            &format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 0, selector: {{matchLabels: \
                 {{app: {app}}}}}, template: {{metadata: {{labels: {{app: {app}}}}}, spec: {{containers: [{{name: a, image: a}}]}}}}}}}}"
            ),
        )
    };
    let (first, next) = (deployment("first"), deployment("next"));
    assert_eq!(place.run(&["apply", "$NAME", &first]).code, 0);
    let ran = place.run(&["apply", "$NAME", &next]);
    assert!(ran.code == 1 && ran.stderr.contains("would have to be made anew"), "{ran:?}");
    assert!(ran.stderr.ends_with("  hint: to accept it: --force\n"), "{ran:?}");
    let ran = place.run(&["apply", "$NAME", &next, "--force"]);
    assert!(ran.code == 0 && ran.stderr.contains(": 1 replaced"), "{ran:?}");
}

#[test]
fn what_does_not_become_healthy_is_named() {
    let Some(place) = Place::new("pends") else { return };
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {storageClassName: none-such, \
                 accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}";
    let bundle = place.bundle("bundle", claim);
    assert_eq!(place.run(&["apply", "$NAME", &bundle]).code, 0, "it holds nothing up");
    for ran in [
        place.run(&["wait", "$NAME", "--timeout", "1s"]),
        place.run(&["apply", "$NAME", &bundle, "--wait", "--timeout", "1s"]),
    ] {
        assert!(ran.code == 1 && ran.stderr.contains("is not ready after"), "{ran:?}");
        assert!(ran.stderr.contains("PersistentVolumeClaim"), "{ran:?}");
    }
    let tree: Value = serde_json::from_str(&place.run(&["tree", "$NAME", "-o", "json"]).stdout).unwrap();
    assert_eq!(tree["objects"][0]["status"], "InProgress");
}

#[test]
fn a_service_account_needs_rights_of_its_own() {
    let Some(place) = Place::new("account") else { return };
    place.kubectl(&["create", "serviceaccount", "installer"]);
    let bundle = place.bundle("bundle", &maps("1"));
    let account = format!("{}/installer", place.namespace());
    let ran = place.run(&["apply", "$NAME", &bundle, "--service-account", &account]);
    assert!(ran.code == 1 && ran.stderr.contains("create, get, patch configmaps"), "{ran:?}");
    assert!(!place.has("configmap", "one"));
    let printed = ["apply", "diff"].map(|command| {
        let ran = place.run(&[command, "$NAME", &bundle, "--service-account", &account, "-o", "json"]);
        assert_eq!(ran.code, if command == "diff" { 3 } else { 1 }, "{ran:?}");
        ran.stdout
    });
    assert_eq!(printed[0], printed[1]);
    let roles: Value = serde_json::from_str(&printed[0]).unwrap();
    assert_eq!(roles["kind"], "List");
    assert_eq!(roles["items"][0]["kind"], "Role");
    assert_eq!(roles["items"].as_array().unwrap().len(), ran.stdout.matches("\nkind: Role").count());
    place.write("rights.yaml", &ran.stdout);
    place.kubectl(&["apply", "-f", &place.path("rights.yaml")]);
    let ran = place.run(&["apply", "$NAME", &bundle, "--service-account", &account]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let nobody = format!("{}/nobody", place.namespace());
    let ran = place.run(&["apply", "$NAME", &bundle, "--service-account", &nobody]);
    assert!(ran.code == 1 && ran.stderr.contains("does not exist"), "{ran:?}");
}

#[test]
fn what_a_definition_takes_away_is_accepted_by_the_flag_that_is_told() {
    let Some(place) = Place::new("waived") else { return };
    let group = format!("{}.example.com", place.name());
    let definition = |name: &str, fields: &str| {
        let schema =
            format!("{{type: object, properties: {{spec: {{type: object, properties: {{{fields}}}}}}}}}");
        let yaml = format!(
            "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: as.{group}}}, spec: {{\
             group: {group}, scope: Namespaced, names: {{plural: as, kind: A}}, \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]}}}}"
        );
        place.bundle(name, &yaml)
    };
    let [before, after] = [("before", "a: {type: string}, b: {type: string}"), ("after", "")]
        .map(|(name, fields)| definition(name, fields));
    assert_eq!(place.run(&["apply", "$NAME", &before]).code, 0);
    let refused = place.run(&["apply", "$NAME", &after]);
    let told =
        refused.stderr.lines().find_map(|line| line.trim().strip_prefix("hint: to accept it: ")).unwrap();
    let told: Vec<&str> = told.split(' ').collect();
    assert_eq!((refused.code, told.len()), (1, 4), "{refused:?}");
    let dry = place.run(&[&["apply", "$NAME", &after, "--dry-run"], &told[..]].concat());
    assert_eq!(dry.code, 0, "{dry:?}");
    // As the findings show it.
    let shown = told.iter().map(|word| word.replace(":^", ":v1.^")).collect::<Vec<_>>();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let ran = place.run(&[&["apply", "$NAME", &after], &shown[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}

#[test]
fn what_was_done_is_told_to_programs() {
    let Some(place) = Place::new("programs") else { return };
    let applied = |bundle: &str, more: &[&str]| {
        let ran = place.run(&[&["apply", "$NAME", bundle, "-o", "json"], more].concat());
        (ran.code, serde_json::from_str::<Value>(&ran.stdout).unwrap_or_default())
    };
    let (one, both) =
        (place.bundle("one", &maps("1")), place.bundle("bad", "{apiVersion: v1, kind: Nothing}"));
    let (code, would) = applied(&one, &["--dry-run"]);
    assert_eq!((code, &would["changes"][0]["action"]), (0, &"create".into()), "{would}");
    let (code, done) = applied(&one, &["--wait"]);
    let total = done["objects"].as_array().unwrap().len();
    assert!(code == 0 && total > 0, "{done}");
    for object in done["objects"].as_array().unwrap() {
        assert_eq!((&object["action"], &object["object"]["kind"]), (&"created".into(), &"ConfigMap".into()));
    }
    assert_eq!((&done["health"]["healthy"], &done["remaining"]), (&total.into(), &0.into()), "{done}");
    let (code, again) = applied(&one, &[]);
    assert_eq!(
        (code, &again["objects"][0]["action"], &again["health"]),
        (0, &"unchanged".into(), &Value::Null)
    );
    assert_eq!(applied(&both, &[]), (1, Value::Null), "nothing was begun");
    // A claim that nobody fulfils.
    let bad = "{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}\n---\n\
               {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: never}, spec: {storageClassName: none-such, \
               accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}\n";
    let bad = place.bundle("never", bad);
    let (code, failed) = applied(&bad, &["--wait", "--timeout", "1s"]);
    assert!(code == 1 && failed["error"].as_str().is_some_and(|error| error.contains("never")), "{failed}");
    assert!(failed["objects"].as_array().unwrap().len() > 1, "{failed}");
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}

#[test]
fn a_cluster_that_is_not_there() {
    let Some(place) = Place::new("nowhere") else { return };
    let kubeconfig = "{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: 'http://127.0.0.1:9'}}], \
                      contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {token: very-secret}}]}";
    place.write("kubeconfig", kubeconfig);
    let ran = place.run(&["get", "--kubeconfig", "/nonexistent"]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot use /nonexistent"), "{ran:?}");
    let ran = place.run(&["get", "--kubeconfig", &place.path("kubeconfig"), "--context", "b"]);
    assert!(ran.code == 1 && !ran.stderr.contains("very-secret"), "{ran:?}");
}
