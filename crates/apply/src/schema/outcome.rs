//! What was found out about a value, and where it stands.

use std::fmt::Write as _;

/// One step from a value into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Something that a server would refuse.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The value that was looked at.
    pub(super) at: Vec<Step<'a>>,
    /// Where it is said to be: there, or at a field that is missing there.
    pub(super) path: String,
    /// What is said.
    pub(super) message: String,
}

/// What a schema says of a value.
#[derive(Debug, Default)]
pub(super) struct Outcome<'a> {
    /// What would be refused, the first [`Self::MAX`].
    pub(super) found: Vec<Found<'a>>,
    /// Whether there is more than that.
    pub(super) is_cut: bool,
    /// Whether something was not judged.
    pub(super) is_unknown: bool,
    /// How many checks were made: the more, the more a schema has to do with the value.
    pub(super) checks: usize,
}

/// Whether a value is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    Invalid,
    Unknown,
}

impl<'a> Outcome<'a> {
    /// How much one resource is told.
    const MAX: usize = 200;

    pub(super) fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match (self.found.is_empty(), self.is_unknown) {
            (false, _) => Verdict::Invalid,
            (true, true) => Verdict::Unknown,
            (true, false) => Verdict::Valid,
        }
    }

    pub(super) fn add(&mut self, found: Found<'a>) {
        if self.found.len() < Self::MAX {
            self.found.push(found);
        } else {
            self.is_cut = true;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        let Self { found, is_cut, is_unknown, checks } = other;
        for found in found {
            self.add(found);
        }
        self.is_cut |= is_cut;
        self.is_unknown |= is_unknown;
        self.checks += checks;
    }
}

/// A place as messages have it.
pub(super) fn path(at: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in at {
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => {
                path.push('.');
                path.push_str(key);
            }
            Step::Index(index) => drop(write!(path, "[{index}]")),
        }
    }
    path
}
