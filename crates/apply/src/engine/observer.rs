//! What is told while an engine works.

use rukpak_manifest::Phase;

use crate::ObjectId;

/// What was done about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was made.
    Created,
    /// It was changed.
    Configured,
    /// It was as it should be.
    Unchanged,
    /// It was there, is not ours, and is used as it is.
    Used,
    /// It was taken over.
    Adopted,
    /// It was deleted and made anew.
    Replaced,
    /// It was deleted.
    Deleted,
    /// It was left as it is, and is not ours any more.
    Released,
}

/// Something that a person who waits wants to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A phase begins; so many objects are in it.
    Phase(Phase, usize),
    /// Something was done about an object.
    Object(&'a ObjectId, Done),
    /// An object is waited for, and why.
    Waiting(&'a ObjectId, &'a str),
}

/// Who is told.
pub trait Observer: Send + Sync {
    /// Takes an event. Must not block.
    fn event(&self, event: Event<'_>);
}

/// Nobody is told.
impl Observer for () {
    fn event(&self, _: Event<'_>) {}
}
