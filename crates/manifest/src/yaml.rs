//! YAML as Kubernetes reads it, and a writer for it.
//!
//! In: text. Out: `serde_json` values, and text again. Kubernetes reads YAML with Go's port of libyaml and then by way of
//! JSON, so the grammar here is libyaml's ([`parse`]), what a scalar means is go-yaml's ([`resolve`]), and a value is one
//! that JSON can hold.

mod block;
mod block_scalar;
mod flow;
pub(crate) mod load;
mod locate;
pub(crate) mod parse;
mod property;
pub(crate) mod resolve;
mod scalar;
pub(crate) mod text;
mod write;

#[cfg(test)]
mod differential;

pub use write::{to_string, write, write_objects};

use parse::{ParseError, Root};
use serde_json::Value;

use crate::Step;

/// The value of one document, which may have as many values as the budget says; what it has is taken off. For the rest see
/// [`parse::document`].
pub(crate) fn load(
    text: &str,
    separators: bool,
    is_begun: bool,
    budget: &mut usize,
) -> Result<Root<Value>, ParseError> {
    let mut values = load::Values::new(*budget);
    let root = parse::document(text, separators, is_begun, &mut values)?;
    *budget = budget.saturating_sub(values.values());
    Ok(root)
}

/// Offset of the last part of a path that a document has; `None` where the document is empty or broken.
pub(crate) fn locate(text: &str, separators: bool, path: &[Step<'_>]) -> Option<usize> {
    let mut locator = locate::Locator::new(path);
    // What was read once can be read again; where it cannot, what was found before the error will do.
    let _ = parse::document(text, separators, true, &mut locator);
    locator.found()
}
