//! A table of phases, for terminals.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use rukpak_apply::Shown;
use rukpak_apply::engine::{Done, Event, Observer};

use super::word;
use crate::printable::Printable;

/// How often it is drawn in a second.
const RATE: u8 = 15;

/// How often what is waited for turns.
const TURN: Duration = Duration::from_millis(120);

/// What the row of deletions is called.
const DELETION: &str = "deletion";

/// What the row is called where nothing is written and something is waited for.
const HEALTH: &str = "health";

/// A row for each phase that was begun. The last one says what is done or waited for.
pub(super) struct Table {
    all: MultiProgress,
    rows: Mutex<Vec<ProgressBar>>,
}

impl Default for Table {
    fn default() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        Self { all, rows: Mutex::default() }
    }
}

impl Table {
    /// A new last row.
    fn begin(&self, rows: &mut Vec<ProgressBar>, name: &str, count: usize) {
        end_last(rows);
        let row = self.all.add(row(count as u64, name));
        row.enable_steady_tick(TURN);
        rows.push(row);
    }
}

impl Observer for Table {
    fn event(&self, event: Event<'_>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Phase(phase, count) => self.begin(&mut rows, &phase.to_string(), count),
            Event::Object(id, done) => {
                if matches!(done, Done::Deleted | Done::Released) {
                    // Deletions have no phases: their row grows.
                    if rows.last().is_none_or(|row| row.prefix() != DELETION) {
                        self.begin(&mut rows, DELETION, 0);
                    }
                    rows.iter().last().inspect(|row| row.inc_length(1));
                }
                if let Some(row) = rows.last() {
                    row.inc(1);
                    row.set_message(Printable(&format!("{} {}", word(done), Shown(id))).to_string());
                }
            }
            Event::Waiting(id, message) => {
                if rows.is_empty() {
                    self.begin(&mut rows, HEALTH, 0);
                }
                if let Some(row) = rows.last() {
                    row.set_message(Printable(&format!("waiting for {}: {message}", Shown(id))).to_string());
                }
            }
            _ => {}
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        end_last(&self.rows.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The last row stays as it is.
fn end_last(rows: &[ProgressBar]) {
    if let Some(row) = rows.last() {
        row.set_message("");
        row.abandon();
    }
}

fn row(count: u64, name: &str) -> ProgressBar {
    let row = ProgressBar::new(count).with_prefix(name.to_owned());
    match ProgressStyle::with_template("{spinner} {prefix:14} {pos:>4} of {len:4} {wide_msg}") {
        Ok(style) => row.with_style(style),
        Err(_) => row,
    }
}
