//! Certificates of webhooks that grow old, beside a provisioner.

use e2e::rotation::{Parts, bundle};

use super::Place;

#[test]
fn a_certificate_that_grows_old_is_replaced_without_a_gap() {
    let Some(place) = Place::new("rotation") else { return };
    let name = place.name();
    place.run(&["run", name, &bundle(), "--install-namespace", name]).ok();
    let parts = Parts::of(|| place.kubectl_in(name), name, name);
    let pause = |is_paused: bool| {
        let paused = format!("{{\"spec\": {{\"paused\": {is_paused}}}}}");
        place.kubectl(&["patch", "bundledeployment", name, "--type=merge", "-p", &paused]);
        place.until("the provisioner knows it", || {
            let both = "jsonpath={.metadata.generation} {.status.observedGeneration}";
            let both = place.kubectl(&["get", "bundledeployment", name, "-o", both]);
            both.split_once(' ').is_some_and(|(generation, observed)| generation == observed)
        });
    };

    // What is not as it should be is put right at once, unless it is paused.
    pause(true);
    let rotation = parts.age(250);
    pause(false);
    place.until("there is a new certificate", || parts.is_over(&rotation));
    rotation.check();
    assert_eq!(place.run(&["wait", name]).code, Some(0));
    place.kubectl(&["delete", "bundledeployment", name]);
}
