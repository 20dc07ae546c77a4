//! What is told while something is fetched.

use std::fmt;

use rukpak_oci::{Descriptor, Index, IndexEntry, Platform, Reference};

/// Something that a person who waits wants to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A tag was looked up; this is what it means now.
    Resolved(&'a Reference),
    /// Nothing is fetched, since it was before.
    Cached,
    /// Of an index this image is taken, the others stay behind.
    Chosen(&'a Chosen),
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

/// The image of an index that is for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What it is for, where the index says so.
    pub platform: Option<Platform>,
    /// How many images the index has.
    pub of: usize,
}

impl Chosen {
    pub(crate) fn new(index: &Index, entry: &IndexEntry) -> Self {
        Self { platform: entry.platform.clone(), of: index.manifests.len() }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, of } = self;
        match (platform, of) {
            (Some(platform), 1) => write!(f, "of an index of 1 image that one, for {platform}"),
            (None, 1) => write!(f, "of an index of 1 image that one"),
            (Some(platform), of) => write!(f, "of an index of {of} images the one for {platform}"),
            (None, of) => write!(f, "of an index of {of} images one of no platform"),
        }
    }
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
