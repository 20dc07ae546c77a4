//! Bars, for terminals.

use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use rukpak_oci::Descriptor;
use rukpak_unpacker::{Event, Progress};

use super::lines;
use crate::printable::Printable;
use crate::report;

/// How often they are drawn in a second.
const RATE: u8 = 15;

/// Hexadecimal digits of a digest that tell one layer from the other.
const DIGITS: usize = 12;

/// A bar for each layer. They go when all is there.
pub(super) struct Bars {
    all: MultiProgress,
    layers: Mutex<Vec<ProgressBar>>,
}

impl Default for Bars {
    fn default() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        Self { all, layers: Mutex::default() }
    }
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Layers(all) => *layers = all.iter().map(|layer| self.all.add(bar(layer))).collect(),
            Event::Received { layer, bytes } => {
                if let Some(bar) = layers.get(layer) {
                    bar.set_position(bytes);
                }
            }
            Event::Done { layer } => {
                if let Some(bar) = layers.get(layer) {
                    bar.finish_and_clear();
                }
            }
            Event::Chosen(chosen) => self.all.suspend(|| lines::say(&chosen.to_string())),
            Event::Warning(message) => self.all.suspend(|| report::warning(message)),
            Event::Running(line) => {
                let line = Printable(line).to_string();
                match layers.first() {
                    Some(bar) => bar.set_message(line),
                    None => layers.push(self.all.add(ProgressBar::new_spinner().with_message(line))),
                }
            }
            _ => {}
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let _ = self.all.clear();
    }
}

fn bar(layer: &Descriptor) -> ProgressBar {
    let digits = layer.digest.hex().chars().take(DIGITS).collect::<String>();
    let style =
        ProgressStyle::with_template("{prefix} [{bar:30}] {bytes:>10} of {total_bytes:10} {bytes_per_sec}");
    let bar = ProgressBar::new(layer.size).with_prefix(digits);
    match style {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
