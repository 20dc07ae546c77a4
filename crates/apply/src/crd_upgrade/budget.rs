//! How much work one comparison may be.

use std::cell::Cell;

use serde_json::Value;

/// How much of a definition is compared, all pairs of its versions together: so many schemas, where an item of a list counts
/// as one, and so do 64 bytes of a text. Real definitions have some ten thousand.
pub const MAX_WORK: usize = 2_000_000;

const BYTES: usize = 64;

/// What is left of it.
pub(crate) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MAX_WORK))
    }
}

impl Budget {
    /// Takes off so many schemas; whether something is left.
    pub(crate) fn spend(&self, schemas: usize) -> bool {
        self.0.set(self.0.get().saturating_sub(schemas));
        !self.is_spent()
    }

    /// Takes off what a text costs.
    pub(crate) fn spend_text(&self, text: &str) {
        self.spend(text.len() / BYTES);
    }

    /// Takes off what the value of a keyword costs; what is nested in it costs where it is looked at.
    pub(super) fn spend_value(&self, value: Option<&Value>) {
        match value {
            Some(Value::Array(items)) => drop(self.spend(items.len())),
            Some(Value::String(text)) => self.spend_text(text),
            _ => {}
        }
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
