//! Lines, for logs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rukpak_apply::Shown;
use rukpak_apply::engine::{Done, Event, Observer};

use super::word;
use crate::printable::Printable;

/// How long what is waited for is not said again: whoever reads along is to see that it still is, and no more.
const AGAIN: Duration = Duration::from_secs(30);

/// Says what changes, and what is waited for. A phase in which nothing changes is not worth a line.
#[derive(Default)]
pub(super) struct Lines(Mutex<Said>);

#[derive(Default)]
struct Said {
    /// The phase that was begun, as long as nothing changed in it.
    begun: Option<String>,
    /// What was said to be waited for, and when.
    waits: BTreeMap<String, Instant>,
}

impl Said {
    /// The lines that an event is worth.
    fn lines(&mut self, event: &Event<'_>, now: Instant) -> Vec<String> {
        let line = match event {
            Event::Phase(phase, count) => {
                let objects = if *count == 1 { "object" } else { "objects" };
                self.begun = Some(format!("phase {phase}: {count} {objects}"));
                return Vec::new();
            }
            Event::Object(_, Done::Unchanged | Done::Used) => return Vec::new(),
            Event::Object(id, done) => {
                if matches!(done, Done::Deleted | Done::Released) {
                    // It belongs to no phase.
                    self.begun = None;
                }
                format!("{} {}", word(*done), Shown(id))
            }
            Event::Waiting(id, message) => {
                let line = format!("waiting for {}: {message}", Shown(id));
                self.waits.retain(|_, said| now.duration_since(*said) < AGAIN);
                if self.waits.contains_key(&line) {
                    return Vec::new();
                }
                self.waits.insert(line.clone(), now);
                line
            }
            _ => return Vec::new(),
        };
        self.begun.take().into_iter().chain([line]).collect()
    }
}

impl Observer for Lines {
    fn event(&self, event: Event<'_>) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.lines(&event, Instant::now()).iter().for_each(|line| say(line));
    }
}

fn say(line: &str) {
    // There is nowhere left to say that standard error cannot be written to.
    let _ = writeln!(anstream::stderr(), "{}", Printable(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    use rukpak_manifest::Phase;

    #[test]
    fn what_is_waited_for_is_said_once_in_a_while() {
        let [a, b] = ["a_one_apps_Deployment", "a_two_apps_Deployment"].map(|id| id.parse().unwrap());
        let (mut said, start) = (Said::default(), Instant::now());
        let mut at = |second, id, message| {
            said.lines(&Event::Waiting(id, message), start + Duration::from_secs(second)).len()
        };
        assert_eq!(at(0, &a, "0 of 1 pods"), 1);
        assert_eq!(at(1, &a, "0 of 1 pods"), 0);
        assert_eq!(at(2, &b, "0 of 1 pods"), 1);
        assert_eq!(at(3, &a, "0 of 1 pods"), 0);
        assert_eq!(at(4, &a, "its image cannot be pulled"), 1);
        assert_eq!(at(29, &a, "0 of 1 pods"), 0);
        assert_eq!(at(30, &a, "0 of 1 pods"), 1);
        assert_eq!(at(31, &a, "0 of 1 pods"), 0);
    }

    #[test]
    fn a_phase_is_said_when_something_changes_in_it() {
        let id = "a_one__ConfigMap".parse().unwrap();
        let (mut said, now) = (Said::default(), Instant::now());
        let mut lines = |event: Event<'_>| said.lines(&event, now);
        assert!(lines(Event::Phase(Phase::Namespaces, 2)).is_empty());
        assert!(lines(Event::Phase(Phase::Configuration, 1)).is_empty());
        assert!(lines(Event::Object(&id, Done::Unchanged)).is_empty());
        let expected = ["phase configuration: 1 object", "created ConfigMap a/one"];
        assert_eq!(lines(Event::Object(&id, Done::Created)), expected);
        assert_eq!(lines(Event::Object(&id, Done::Created)), ["created ConfigMap a/one"]);
    }
}
