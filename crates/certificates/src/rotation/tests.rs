//! Every state that a Secret can be in, and the way through all of them.

mod world;

use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::issue::issue_one;
use world::World;

const START: u64 = 1_700_000_000;

fn request() -> Request {
    Request {
        secret_name: "gadget-cert".into(),
        namespace: "gadgets".into(),
        dns_names: vec!["gadget.gadgets".into(), "gadget.gadgets.svc".into()],
    }
}

/// So many days after the start.
fn day(days: u64) -> Duration {
    Duration::from_secs(START) + Duration::from_hours(24 * days)
}

fn issued_on(days: u64) -> Issued {
    issue_one(&request(), day(days)).unwrap()
}

/// A certificate of the first day, and what was issued later: announced.
fn announced(next: Issued) -> Issued {
    let live = issued_on(0);
    let authorities = live.authorities.clone() + &next.authorities;
    let Issued { certificate, private_key, .. } = next;
    Issued { authorities, next: Some(Successor { certificate, private_key }), ..live }
}

/// A certificate of the first day that replaced another.
fn replaced() -> Issued {
    let live = issued_on(0);
    Issued { authorities: issued_on(0).authorities + &live.authorities, ..live }
}

/// What a step does, in words.
fn told(live: &Issued, step: &Step) -> String {
    let Step { now, then, good_for: _ } = step;
    let is_trusted = live.authorities.is_empty() || now.authorities.contains(live.authorities.as_str());
    let first = if now == live {
        "keep"
    } else if now.certificate == live.certificate && now.next.is_some() && now.next != live.next {
        "announce"
    } else if Some(&now.certificate) == live.next.as_ref().map(|next| &next.certificate) {
        "replace"
    } else if is_trusted {
        "anew"
    } else {
        "anew, without the old authority"
    };
    let second = match then {
        None => "",
        Some(then) if Some(&then.certificate) == now.next.as_ref().map(|next| &next.certificate) => {
            assert_eq!(then.authorities, now.authorities, "who trusts both trusts both");
            ", then replace"
        }
        Some(then) => {
            assert_eq!((&then.certificate, &then.next), (&now.certificate, &None));
            assert_eq!(then.authorities.matches("BEGIN").count(), 1);
            ", then settle"
        }
    };
    format!("{first}{second}")
}

#[rstest]
#[case::absent(left_in(None), 0, "anew")]
#[case::new(issued_on(0), 0, "keep")]
#[case::young(issued_on(0), 240, "keep")]
#[case::old(issued_on(0), 250, "announce, then replace")]
#[case::almost_expired(issued_on(0), 364, "announce, then replace")]
#[case::expired(issued_on(0), 366, "anew, without the old authority")]
#[case::of_the_future(issued_on(10), 0, "anew, then settle")]
#[case::announced(announced(issued_on(250)), 251, "keep, then replace")]
#[case::announced_long_ago(announced(issued_on(10)), 260, "announce, then replace")]
#[case::announced_and_expired(announced(issued_on(250)), 366, "replace, then settle")]
#[case::announced_and_damaged(Issued { private_key: "x".into(), ..announced(issued_on(250)) }, 260, "replace, then settle")]
#[case::announced_for_nothing(announced(issued_on(0)), 10, "keep, then settle")]
#[case::replaced(replaced(), 10, "keep, then settle")]
#[case::replaced_and_old(replaced(), 250, "announce, then replace")]
#[case::no_certificate(Issued { certificate: "x".into(), ..issued_on(0) }, 10, "anew, then settle")]
#[case::another_key(Issued { private_key: issued_on(0).private_key, ..issued_on(0) }, 10, "anew, then settle")]
#[case::no_authority(Issued { authorities: String::new(), ..issued_on(0) }, 10, "anew")]
#[case::another_authority(Issued { authorities: issued_on(0).authorities, ..issued_on(0) }, 10, "anew, then settle")]
fn state(#[case] live: Issued, #[case] days: u64, #[case] expected: &str) {
    let step = step(live.clone(), &request(), day(days)).unwrap();
    assert_eq!(told(&live, &step), expected);
}

#[rstest]
#[case::key(|next: &mut Issued| next.private_key = issued_on(250).private_key)]
#[case::authority(|next: &mut Issued| next.authorities = issued_on(250).authorities)]
#[case::certificate(|next: &mut Issued| next.certificate = "x".into())]
fn what_comes_next_is_announced_anew_where_it_is_damaged(#[case] damage: fn(&mut Issued)) {
    let mut next = issued_on(250);
    damage(&mut next);
    let live = announced(next);
    let step = step(live.clone(), &request(), day(251)).unwrap();
    assert_eq!(told(&live, &step), "announce, then replace");
}

#[test]
fn other_names_need_another_certificate() {
    let live = issued_on(0);
    let other = Request { dns_names: vec!["gadget.elsewhere.svc".into()], ..request() };
    assert_eq!(told(&live, &step(live.clone(), &other, day(10)).unwrap()), "anew, then settle");
}

#[rstest]
#[case::young(issued_on(0), 200, 43)]
#[case::announced(announced(issued_on(250)), 251, 114)]
#[case::to_be_announced(issued_on(0), 300, 65)]
fn how_long_nobody_has_to_look(#[case] live: Issued, #[case] days: u64, #[case] expected: u64) {
    let step = step(live, &request(), day(days)).unwrap();
    assert_eq!(step.good_for / (24 * 60 * 60), expected);
}

#[test]
fn a_secret_that_is_damaged_again_and_again_does_not_grow() {
    let mut live = issued_on(0);
    for _ in 0..30 {
        live.private_key.clear();
        live = step(live, &request(), day(250)).unwrap().now;
    }
    for _ in 0..30 {
        live.next = None;
        live = step(live, &request(), day(500)).unwrap().now;
    }
    assert!(live.authorities.matches("BEGIN").count() <= 10);
}

#[test]
fn several_in_different_states_go_on_together() {
    let [young, old] = [issued_on(0), announced(issued_on(250))];
    let step = |live: &Issued, days| step(live.clone(), &request(), day(days)).unwrap();
    let both = |days| together(vec![("a".into(), step(&young, days)), ("b".into(), step(&old, days))]);
    let alone = together(vec![("a".into(), step(&young, 200))]);
    assert_eq!((alone.then, alone.good_for), (None, Some(step(&young, 200).good_for)));
    let Rotation { certificates, then, good_for } = both(251);
    let then = then.unwrap();
    assert_eq!(certificates["b"], old);
    assert_eq!(then["b"].certificate, old.next.as_ref().unwrap().certificate);
    // The one has only just grown old, and is announced; what the other is waiting for does not change that.
    assert_eq!(certificates["a"].certificate, young.certificate);
    assert_eq!(Some(&then["a"].certificate), certificates["a"].next.as_ref().map(|next| &next.certificate));
    assert_eq!(good_for, Some(step(&old, 251).good_for));
    let Rotation { certificates, then, .. } = both(200);
    assert_eq!(certificates["a"], young);
    assert_eq!(then.unwrap()["a"], young, "what has no next step stays");
}

#[test]
fn no_certificates() {
    assert_eq!(together(vec![]), Rotation::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever is killed wherever, goes on to the same end; and nobody is refused on the way.
    #[test]
    fn at_no_moment_is_something_served_that_is_not_trusted(
        chances in prop::collection::vec((0..=4u64, any::<bool>(), 0..=4usize), 0..24),
    ) {
        let mut world = World::new(issued_on(0), day(238));
        for chance in chances {
            world.live_through(chance);
        }
        world.pass_to(day(356));
        for look in 0.. {
            world.roll_out();
            if !world.look(usize::MAX) {
                break;
            }
            prop_assert!(look < 4, "there is always something to do");
        }
        let end = step(world.secret.clone(), &request(), day(356)).unwrap();
        prop_assert_eq!(told(&world.secret, &end), "keep");
    }
}
