//! What a run that is refused, or interrupted, leaves behind: nothing.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;

use super::{Place, maps};

/// What belongs to nobody, and so cannot be taken.
const KEPT: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}";

#[test]
fn a_namespace_that_was_made_goes_again_when_the_rest_is_refused() {
    let Some(place) = Place::new("fresh") else { return };
    place.kubectl(&["create", "serviceaccount", "weak"]);
    let (bundle, fresh) = (place.bundle("bundle", &maps("1")), format!("{}-fresh", place.namespace()));
    let account = format!("{}/weak", place.namespace());
    let ran = place.run_in(&fresh, &["apply", "$NAME", &bundle, "--service-account", &account]);
    assert!(ran.code == 1 && ran.stderr.contains("and nothing was written"), "{ran:?}");
    assert!(!ran.stderr.contains("still there") && !place.has("namespace", &fresh), "{ran:?}");
    // Something else that is refused, by the server.
    let taken = place.bundle("taken", &format!("{}---\n{KEPT}\n", maps("1")));
    let ran = place.run_in(&fresh, &["apply", "$NAME", &taken]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot be taken"), "{ran:?}");
    assert!(!place.has("namespace", &fresh), "{ran:?}");
    assert_eq!(place.run(&["get", "$NAME"]).code, 1, "nothing is remembered");
    // And the next one makes it anew.
    assert_eq!(place.run_in(&fresh, &["apply", "$NAME", &bundle]).code, 0);
    assert!(place.has("namespace", &fresh));
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
    place.kubectl(&["delete", "namespace", &fresh, "--wait=false"]);
}

#[test]
fn a_namespace_that_was_there_stays() {
    let Some(place) = Place::new("there") else { return };
    place.kubectl(&["create", "serviceaccount", "weak"]);
    let bundle = place.bundle("bundle", &maps("1"));
    let account = format!("{}/weak", place.namespace());
    let ran = place.run(&["apply", "$NAME", &bundle, "--service-account", &account]);
    assert!(ran.code == 1 && place.has("namespace", place.namespace()), "{ran:?}");
}

/// The dry runs of many objects take their time. What somebody else has put into it meanwhile is not lost.
#[rstest]
#[case::empty("empty", false)]
#[case::in_use("in-use", true)]
fn a_namespace_that_was_made_goes_again_when_the_run_is_interrupted(
    #[case] name: &str,
    #[case] is_used: bool,
) {
    let Some(place) = Place::new(&format!("interrupted-{name}")) else { return };
    let fresh = format!("{}-fresh", place.namespace());
    let map = |at| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m-{at}}}}}\n");
    let many = (0..3000).map(map).collect::<Vec<_>>().join("---\n");
    let bundle = place.bundle("bundle", &many);
    let mut command = place.command(&["apply", place.name(), &bundle, "--install-namespace", &fresh]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !place.has("namespace", &fresh) {
        assert!(start.elapsed() < Duration::from_mins(1), "the namespace is not made");
        thread::sleep(Duration::from_millis(20));
    }
    if is_used {
        place.kubectl(&["create", "configmap", "theirs", "-n", &fresh]);
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(killed.success() && told.ends_with("error: interrupted\n"), "{told}");
    assert_eq!(place.has("namespace", &fresh), is_used, "{told}");
    let stays =
        format!("warning: the namespace {fresh}, which was made to install into, is still there: ConfigMap ");
    assert_eq!(told.contains(&stays), is_used, "{told}");
    assert_eq!(place.run(&["get", "$NAME"]).code, 1, "nothing is remembered");
    if is_used {
        place.kubectl(&["delete", "namespace", &fresh, "--wait=false"]);
    }
}
