//! What an engine does, told on standard error: a table of phases on a terminal, a line for each change elsewhere; and how many
//! objects that were, in the end.

mod lines;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use rukpak_apply::engine::{Done, Event, Observer};

use lines::Lines;
use table::Table;

/// An observer that counts what was done, and hands on what is to be shown.
pub(crate) struct Following {
    shown: Box<dyn Observer>,
    counts: Mutex<Counts>,
}

/// How many objects something was done about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(BTreeMap<&'static str, usize>);

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
        Self { shown, counts: Mutex::default() }
    }

    /// What was done. Nothing is shown any more.
    pub(crate) fn end(self) -> Counts {
        drop(self.shown);
        self.counts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Following {
    fn event(&self, event: Event<'_>) {
        if let Event::Object(_, done) = &event {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.0.entry(word(*done)).or_default() += 1;
        }
        self.shown.event(event);
    }
}

/// `3 created, 12 unchanged`.
impl fmt::Display for Counts {
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
        let counts = order.map(word).into_iter().filter_map(|word| Some((word, self.0.get(word)?)));
        let texts: Vec<_> = counts.map(|(word, count)| format!("{count} {word}")).collect();
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
