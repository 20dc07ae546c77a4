//! Certificates of webhooks that grow old.

use e2e::rotation::{Parts, SECRET};

use super::certificates::operator;
use super::place::Place;

#[test]
fn a_certificate_that_grows_old_is_replaced_without_a_gap() {
    let Some(place) = Place::new("rotation") else { return };
    let (bundle, _alone) = operator();
    let ran = place.run(&["apply", "$NAME", &bundle, "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let parts = Parts::of(|| place.kubectl_command(), place.namespace(), place.name());

    // All at once.
    let rotation = parts.age(250);
    let ran = place.run(&["apply", "$NAME", &bundle, "--wait"]);
    assert_eq!((ran.code, ran.stderr.matches("the next step follows").count()), (0, 2), "{ran:?}");
    rotation.check();
    let ran = place.run(&["apply", "$NAME", &bundle]);
    assert!(ran.stderr.ends_with(": 9 unchanged\n"), "{ran:?}");

    // Step by step, each of which `diff` tells before.
    let rotation = parts.age(250);
    for goes_on in [true, true, false] {
        let ran = place.run(&["diff", "$NAME", &bundle]);
        assert!(ran.code == 1 && ran.stdout.contains(SECRET), "{ran:?}");
        let ran = place.run(&["apply", "$NAME", &bundle]);
        assert_eq!(
            (ran.code, ran.stderr.contains("run this again for the next step")),
            (0, goes_on),
            "{ran:?}"
        );
        parts.roll_out();
    }
    rotation.check();
    assert_eq!(place.run(&["diff", "$NAME", &bundle]).code, 0);
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}
