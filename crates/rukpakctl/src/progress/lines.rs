//! Lines, for logs.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use indicatif::HumanBytes;
use rukpak_unpacker::{Event, Progress};

use crate::printable::Printable;
use crate::report;

/// Says what was resolved and which layers have come.
#[derive(Default)]
pub(super) struct Lines {
    /// Bytes of the layers.
    sizes: Mutex<Vec<u64>>,
}

impl Progress for Lines {
    fn event(&self, event: Event<'_>) {
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Resolved(reference) => say(&format!("resolved to {reference}")),
            Event::Chosen(chosen) => say(&chosen.to_string()),
            Event::Layers(layers) => *sizes = layers.iter().map(|layer| layer.size).collect(),
            Event::Done { layer } => {
                let size = HumanBytes(sizes.get(layer).copied().unwrap_or_default());
                say(&format!("layer {} of {}: {size}", layer + 1, sizes.len()));
            }
            Event::Running(line) => say(line),
            Event::Warning(message) => report::warning(message),
            _ => {}
        }
    }
}

pub(super) fn say(line: &str) {
    // There is nowhere left to say that standard error cannot be written to.
    let _ = writeln!(anstream::stderr(), "{}", Printable(line));
}
