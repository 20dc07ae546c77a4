//! Installing, upgrading, downgrading and deleting, over and over, while it is killed.

use e2e::random::Random;
use std::time::{Duration, Instant};

use e2e::controlplane::Cluster;
use tokio::runtime::Runtime;

use crate::bundles::Bundle;
use crate::check::{Faults, check};
use crate::kill::{Kill, When};
use crate::place::{Operation, Place};

/// What was done, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: usize,
    pub(crate) faults: Faults,
}

/// A bundle that is installed in one place after the other.
pub(crate) struct Lane {
    runtime: Runtime,
    current: Cluster,
    bundle: Bundle,
    tally: Tally,
}

/// What a run takes that nobody ends: requests, and time.
type Measured = (usize, Duration);

impl Lane {
    pub(crate) fn new(bundle: Bundle) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let current = runtime.block_on(Cluster::current())?;
        Some(Self { runtime, current, bundle, tally: Tally::default() })
    }

    /// Until so many runs were ended: each operation is ended once or a few times, and then run to its end.
    pub(crate) fn random(mut self, kills: usize, mut random: Random) -> Tally {
        let place = self.place();
        let measured = Operation::CYCLE.map(|operation| self.measure(&place, operation));
        while self.tally.kills < kills {
            let place = self.place();
            for (operation, measured) in Operation::CYCLE.into_iter().zip(measured) {
                let left = kills.saturating_sub(self.tally.kills);
                let said = if left > 1 && random.percent(25) {
                    self.two(&place, operation, measured, &mut random)
                } else {
                    self.one(&place, operation, measured, left.min(3), &mut random)
                };
                self.complete(&place, operation, &said);
            }
            self.leave(&place);
        }
        self.leave(&place);
        self.tally
    }

    /// Every write of every operation, in turn: killed when it is made, and then gone on with; and killed when it is done, and
    /// then gone back on first. Requests that change nothing leave what the write before them left.
    pub(crate) fn systematic(mut self) -> Tally {
        for at in 1.. {
            let before = self.tally.kills;
            for when in [When::Writing(at), When::Written(at)] {
                let kill = Kill { when, is_interrupt: false };
                let place = self.place();
                for operation in Operation::CYCLE {
                    self.kill(&place, operation, kill);
                    let said = format!("{operation:?}, {kill}");
                    if matches!(when, When::Written(_)) {
                        self.complete(&place, operation.back(), &format!("{said}, then back"));
                    }
                    self.complete(&place, operation, &said);
                }
                self.leave(&place);
            }
            if self.tally.kills == before {
                break;
            }
        }
        self.tally
    }

    fn place(&self) -> Place {
        let _runtime = self.runtime.enter();
        Place::new(&self.current, self.bundle)
    }

    fn measure(&mut self, place: &Place, operation: Operation) -> Measured {
        let start = Instant::now();
        let (run, asked) = place.complete(place.command(operation, 0));
        let time = start.elapsed();
        run.ok();
        self.find(place, operation, &format!("{operation:?}, not killed"));
        (asked.len(), time)
    }

    /// Runs it once or a few times, and ends it each time; or something else first, as whoever comes to think better of it.
    fn one(
        &mut self,
        place: &Place,
        operation: Operation,
        measured: Measured,
        most: usize,
        random: &mut Random,
    ) -> String {
        let mut said = Vec::new();
        for _ in 0..most.min(1 + random.below(3)) {
            let any = if random.percent(30) { Operation::CYCLE[random.below(4)] } else { operation };
            let kill = any_kill(measured, random);
            said.push(format!("{any:?}, {kill}"));
            self.kill(place, any, kill);
        }
        format!("{}, then {operation:?}", said.join(", "))
    }

    /// Runs it twice at the same time, or something else beside it, and ends one or both.
    fn two(
        &mut self,
        place: &Place,
        operation: Operation,
        measured: Measured,
        random: &mut Random,
    ) -> String {
        let operations = [operation, Operation::CYCLE[random.below(4)]];
        let kills = [(); 2].map(|()| any_kill(measured, random));
        let said = format!("{:?}, {} beside {:?}, {}", operations[0], kills[0], operations[1], kills[1]);
        let command = |way: usize| place.command(operations[way], way);
        let [first, second] = [0, 1].map(|way| kills[way].start(place, way, command(way)));
        let ends = std::thread::scope(|scope| {
            let second = scope.spawn(|| second.end());
            [first.end(), second.join().unwrap()]
        });
        for killed in ends {
            self.tally.kills += usize::from(killed.in_time);
            self.tally.faults.wrong.extend(killed.wrong.map(|what| format!("{said}: {what}")));
        }
        said
    }

    /// Runs it, and ends it.
    fn kill(&mut self, place: &Place, operation: Operation, kill: Kill) {
        let killed = kill.start(place, 0, place.command(operation, 0)).end();
        self.tally.kills += usize::from(killed.in_time);
        self.tally.faults.wrong.extend(killed.wrong.map(|what| format!("{operation:?} {kill}: {what}")));
    }

    /// Runs it to its end, and looks at what is there.
    fn complete(&mut self, place: &Place, operation: Operation, said: &str) {
        let (run, _) = place.complete(place.command(operation, 0));
        let is_deleted = operation == Operation::Delete && run.stderr.contains("is not installed");
        if run.code != Some(0) && !is_deleted {
            let wrong = vec![format!("{said}: run to its end, it fails: {}", run.stderr)];
            self.tally.faults.add(Faults { wrong, ..Faults::default() });
        }
        self.find(place, operation, said);
    }

    fn find(&mut self, place: &Place, operation: Operation, said: &str) {
        let faults = self.runtime.block_on(check(place, operation));
        self.tally.faults.add(faults.at(&format!("{:?} {} {said}", self.bundle, place.name)));
    }

    /// Leaves nothing of what is cluster-scoped.
    fn leave(&self, place: &Place) {
        let _ = place.complete(place.command(Operation::Delete, 0));
        self.runtime.block_on(place.leave());
    }
}

/// Some time, or some request.
fn any_kill((requests, time): Measured, random: &mut Random) -> Kill {
    let is_interrupt = random.percent(20);
    let at = 1 + random.below(requests);
    let when = match random.below(4) {
        0 => When::After(time.mul_f64(1.2) * u32::try_from(random.below(1000)).unwrap() / 1000),
        1 => When::Asking(at),
        _ => When::Asked(at),
    };
    Kill { when, is_interrupt }
}
