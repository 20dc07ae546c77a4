//! Progress on standard error: a bar for each layer on a terminal, a line now and then elsewhere.

mod bars;
mod lines;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use rukpak_unpacker::Progress;

use bars::Bars;
use lines::Lines;

/// What fits standard error; nothing where it is to be quiet.
pub(crate) fn on_standard_error(quiet: bool) -> Arc<dyn Progress> {
    if quiet {
        Arc::new(())
    } else if io::stderr().is_terminal() {
        Arc::new(Bars::default())
    } else {
        Arc::new(Lines::default())
    }
}
