//! Lines, for logs.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use rukpak_apply::Shown;
use rukpak_apply::engine::{Done, Event, Observer};

use super::word;
use crate::printable::Printable;

/// Says what changes, and what is waited for. A phase in which nothing changes is not worth a line.
#[derive(Default)]
pub(super) struct Lines {
    /// The phase that was begun, as long as nothing changed in it.
    begun: Mutex<Option<String>>,
}

impl Observer for Lines {
    fn event(&self, event: Event<'_>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match event {
            Event::Phase(phase, 1) => return *begun = Some(format!("phase {phase}: 1 object")),
            Event::Phase(phase, count) => return *begun = Some(format!("phase {phase}: {count} objects")),
            Event::Object(_, Done::Unchanged | Done::Used) => return,
            Event::Object(id, done) => {
                if matches!(done, Done::Deleted | Done::Released) {
                    // It belongs to no phase.
                    *begun = None;
                }
                format!("{} {}", word(done), Shown(id))
            }
            Event::Waiting(id, message) => format!("waiting for {}: {message}", Shown(id)),
            _ => return,
        };
        begun.take().into_iter().for_each(|phase| say(&phase));
        say(&line);
    }
}

fn say(line: &str) {
    // There is nowhere left to say that standard error cannot be written to.
    let _ = writeln!(anstream::stderr(), "{}", Printable(line));
}
