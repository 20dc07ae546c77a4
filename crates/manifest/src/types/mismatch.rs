//! What reading a value as a type finds.

use std::fmt;

use crate::Step;

/// A value that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where, from the value that was read; empty for that value itself.
    pub path: Vec<PathStep>,
    /// What its type takes.
    pub expected: &'static str,
    /// What it is; text cut short.
    pub got: String,
    /// Whether Go refuses the value. Where not, it reads another one: an integer that is too large wraps around, an
    /// `items` that is neither a schema nor a list is dropped.
    pub refused: bool,
}

/// A field that its type does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// Where, the field's key last.
    pub path: Vec<PathStep>,
    /// The Go type that has no such field.
    pub of: &'static str,
}

/// One step of a path into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// The value of a mapping's key.
    Key(String),
    /// The item of a list, from 0.
    Index(usize),
}

impl PathStep {
    /// The same step without its own text, as [`Origin::locate`](crate::Origin::locate) takes it.
    #[must_use]
    pub fn as_step(&self) -> Step<'_> {
        match self {
            Self::Key(key) => Step::Key(key),
            Self::Index(index) => Step::Index(*index),
        }
    }
}

impl From<Step<'_>> for PathStep {
    fn from(step: Step<'_>) -> Self {
        match step {
            Step::Key(key) => Self::Key(key.into()),
            Step::Index(index) => Self::Index(index),
        }
    }
}

impl fmt::Display for Mismatch {
    /// `spec.replicas: expected an integer, got a string "two"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write_path(&self.path, f)?;
            f.write_str(": ")?;
        }
        write!(f, "expected {}, got {}", self.expected, self.got)
    }
}

impl fmt::Display for UnknownField {
    /// `template.spec.foo: PodSpec has no such field`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(&self.path, f)?;
        write!(f, ": {} has no such field", self.of)
    }
}

/// `spec.containers[0].env`; a key that is not a plain word stands in brackets and quotes.
fn write_path(path: &[PathStep], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (position, step) in path.iter().enumerate() {
        match step {
            PathStep::Index(index) => write!(f, "[{index}]")?,
            PathStep::Key(key) if !is_plain(key) => write!(f, "[{key:?}]")?,
            PathStep::Key(key) if position == 0 => f.write_str(key)?,
            PathStep::Key(key) => write!(f, ".{key}")?,
        }
    }
    Ok(())
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
}
