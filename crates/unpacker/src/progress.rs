//! What is told while something is fetched.

use rukpak_oci::{Descriptor, Reference};

/// Something that a person who waits wants to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A tag was looked up; this is what it means now.
    Resolved(&'a Reference),
    /// Nothing is fetched, since it was before.
    Cached,
    /// These layers are to be read, in this order.
    Layers(&'a [Descriptor]),
    /// So many bytes of a layer, by its place among them, have come.
    Received {
        /// The place of the layer, from 0.
        layer: usize,
        /// All bytes so far.
        bytes: u64,
    },
    /// A layer has come whole and was right.
    Done {
        /// The place of the layer, from 0.
        layer: usize,
    },
    /// A program that fetches says something.
    Running(&'a str),
    /// Something is not as it should be, and does not matter for the result.
    Warning(&'a str),
}

/// Who is told.
pub trait Progress: Send + Sync {
    /// Takes an event. Called from any thread; must not block.
    fn event(&self, event: Event<'_>);
}

/// Nobody is told.
impl Progress for () {
    fn event(&self, _: Event<'_>) {}
}
