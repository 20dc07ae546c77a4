//! How much the conversion of a bundle's definitions may make.
//!
//! One schema goes into every version that has none, so that a definition of 100 KB could ask for gigabytes. What is copied is
//! counted before, as if it had been read.

use rukpak_manifest::{Object, count_values};
use serde_json::Value;

use super::FOR_ALL_VERSIONS;

/// How many bytes of text may be copied; as much as aliases may copy in a document.
const MAX_COPIED_BYTES: usize = 32 << 20;

/// How many values the schema counts for that a version without one gets.
const SCHEMA: usize = 16;

/// What is left for all definitions of a bundle.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Values, as they are counted where files are read.
    values: usize,
    /// Bytes of text.
    bytes: usize,
}

/// There would be more values or more text than a bundle may have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMuch {
    /// How many versions the definition has.
    pub(crate) versions: usize,
}

impl Budget {
    /// The budget of a bundle that may have so many more values.
    pub(crate) fn of(values: usize) -> Self {
        Self { values, bytes: MAX_COPIED_BYTES }
    }

    fn take(&mut self, values: usize, bytes: usize) -> Option<()> {
        self.values = self.values.checked_sub(values)?;
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }
}

/// Takes off what the conversion adds to a definition.
pub(super) fn take(definition: &Object, budget: &mut Budget) -> Result<(), TooMuch> {
    let spec = |field| definition.get(&["spec", field]);
    let versions = spec("versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lacking =
        |field| versions.iter().filter(|version| version.get(field).is_none_or(Value::is_null)).count();
    let mut take = || {
        for (at_top, in_version) in FOR_ALL_VERSIONS {
            let Some(value) = spec(at_top) else { continue };
            let copies = lacking(in_version).saturating_sub(1);
            budget.take(count_values(value).saturating_mul(copies), bytes(value).saturating_mul(copies))?;
        }
        budget.take(lacking("schema").saturating_mul(SCHEMA), 0)
    };
    take().ok_or(TooMuch { versions: versions.len() })
}

/// How much text a value holds.
fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + bytes(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
