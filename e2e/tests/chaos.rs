//! `kill -9` at any point of an installation: the next run puts everything right. No object is lost, duplicated or orphaned.
//!
//! `rukpakctl` installs, upgrades, downgrades and deletes bundles, and is ended on the way: after some time, when it makes some
//! request, or when a request is done that it does not know the answer of. Then it is run to its end, and everything with its
//! marks is looked at, whatever kind it is of.
//!
//! `CHAOS_ROUNDS` says how many runs are ended at random, `CHAOS_SEED` what chance begins with.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "chaos/bundles.rs"]
mod bundles;
#[path = "chaos/check.rs"]
mod check;
#[path = "chaos/kill.rs"]
mod kill;
#[path = "chaos/lane.rs"]
mod lane;
#[path = "chaos/lost.rs"]
mod lost;
#[path = "chaos/place.rs"]
mod place;

use std::io::{self, Write as _};
use std::thread;

use bundles::Bundle;
use e2e::random::{Random, rounds, seed};
use lane::{Lane, Tally};

#[test]
fn whatever_is_killed_the_next_run_puts_right() {
    let (rounds, seed) = (rounds(), seed());
    in_lanes(&format!("at random, CHAOS_SEED={seed}"), move |lane, number| {
        let lanes = Bundle::ALL.len();
        lane.random((rounds + number) / lanes, Random::new(seed, u64::try_from(number).unwrap()))
    });
}

#[test]
#[ignore = "it takes minutes; `make chaos` runs it"]
fn whatever_write_is_the_last_the_next_run_puts_it_right() {
    in_lanes("every write in turn", |lane, _| lane.systematic());
}

/// Does something with all bundles at the same time, and tells what came of it.
fn in_lanes(what: &str, work: impl Fn(Lane, usize) -> Tally + Send + Clone + 'static) {
    say(what);
    let lanes: Vec<_> = Bundle::ALL
        .into_iter()
        .enumerate()
        .map(|(number, bundle)| {
            let work = work.clone();
            thread::spawn(move || Some(work(Lane::new(bundle)?, number)))
        })
        .collect();
    let mut tally = Tally::default();
    for lane in lanes {
        let Some(Tally { kills, faults }) = lane.join().unwrap() else { return };
        tally.kills += kills;
        tally.faults.add(faults);
    }
    let Tally { kills, faults } = tally;
    let [lost, duplicated, orphaned] = [&faults.lost, &faults.duplicated, &faults.orphaned].map(Vec::len);
    say(&format!("{kills} kills: {lost} lost, {duplicated} duplicated, {orphaned} orphaned"));
    assert!(faults.is_none(), "{what}\n{faults}");
}

/// Not by a macro: the test harness would keep that to itself.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "chaos: {line}");
}
