//! Where a walk through a value is.

use super::{MAX_DEPTH, PathStep};
use crate::Step;

/// A place in a value, as the step to it from the place above. It lives on the stack of the walk, so that a path costs
/// nothing until it is asked for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    above: Option<(&'a Place<'a>, Step<'a>)>,
    depth: usize,
}

impl<'a> Place<'a> {
    /// The value that the walk begins with.
    pub(super) const ROOT: Self = Self { above: None, depth: 0 };

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { above: Some((self, Step::Key(key))), depth: self.depth + 1 }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { above: Some((self, Step::Index(index))), depth: self.depth + 1 }
    }

    /// Whether the walk must not go on below.
    pub(super) fn too_deep(&self) -> bool {
        self.depth >= MAX_DEPTH
    }

    /// The steps from the root.
    pub(super) fn path(&self) -> Vec<PathStep> {
        let mut path = Vec::with_capacity(self.depth);
        let mut place = self;
        while let Some((above, step)) = place.above {
            path.push(step.into());
            place = above;
        }
        path.reverse();
        path
    }
}
