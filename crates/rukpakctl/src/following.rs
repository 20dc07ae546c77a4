//! What an engine does, told on standard error: a table of phases on a terminal, a line for each change elsewhere; and how many
//! objects that were, in the end.

mod lines;
mod table;

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use rukpak_apply::ObjectId;
use rukpak_apply::engine::{Done, Event, Observer};

use lines::Lines;
use table::Table;

/// An observer that remembers what was done, and hands on what is to be shown.
pub(crate) struct Following {
    shown: Box<dyn Observer>,
    acts: Mutex<Acts>,
}

/// What was done about which object, in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acts(pub(crate) Vec<(ObjectId, Done)>);

impl Following {
    /// What fits standard error; nothing where it is to be quiet.
    pub(crate) fn on_standard_error(quiet: bool) -> Self {
        let shown: Box<dyn Observer> = if quiet {
            Box::new(())
        } else if io::stderr().is_terminal() {
            Box::new(Table::default())
        } else {
            Box::new(Lines::default())
        };
        Self { shown, acts: Mutex::default() }
    }

    /// What was done. Nothing is shown any more.
    pub(crate) fn end(self) -> Acts {
        drop(self.shown);
        self.acts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Following {
    fn event(&self, event: Event<'_>) {
        if let Event::Object(id, done) = &event {
            let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
            acts.0.push(((*id).clone(), *done));
        }
        self.shown.event(event);
    }
}

/// `3 created, 12 unchanged`.
impl fmt::Display for Acts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = [
            Done::Created,
            Done::Configured,
            Done::Adopted,
            Done::Replaced,
            Done::Used,
            Done::Unchanged,
            Done::Deleted,
            Done::Released,
        ];
        let count = |wanted| self.0.iter().filter(|(_, done)| *done == wanted).count();
        let counts = order.map(|done| (count(done), word(done))).into_iter().filter(|(count, _)| *count > 0);
        let texts: Vec<_> = counts.map(|(count, word)| format!("{count} {word}")).collect();
        if texts.is_empty() { f.write_str("nothing to do") } else { f.write_str(&texts.join(", ")) }
    }
}

/// What was done, in a word.
fn word(done: Done) -> &'static str {
    match done {
        Done::Created => "created",
        Done::Configured => "configured",
        Done::Unchanged => "unchanged",
        Done::Used => "used as it is",
        Done::Adopted => "adopted",
        Done::Replaced => "replaced",
        Done::Deleted => "deleted",
        Done::Released => "released",
    }
}
