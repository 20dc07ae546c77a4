//! The name of a namespace.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The name of a namespace: an RFC 1123 label of at most 63 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(String);

/// A text that is no name of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid namespace {name:?}: {}", messages.join("; "))]
pub struct InvalidNamespace {
    /// The text.
    pub name: String,
    /// What is wrong with it, see [`super::dns1123_label`].
    pub messages: Vec<String>,
}

impl Namespace {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let messages = super::dns1123_label(name);
        if messages.is_empty() {
            Ok(Self(name.into()))
        } else {
            Err(InvalidNamespace { name: name.into(), messages })
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Namespace {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_name() {
        let namespace: Namespace = "my-ns".parse().unwrap();
        assert_eq!((namespace.as_ref(), namespace.to_string()), ("my-ns", "my-ns".into()));
    }

    #[test]
    fn errors() {
        let error = |name: &str| name.parse::<Namespace>().unwrap_err().to_string();
        assert_eq!(error("a.b"), "invalid namespace \"a.b\": must not contain dots");
        let long = format!("{}.b", "a".repeat(62));
        assert_eq!(
            error(&long),
            format!("invalid namespace {long:?}: must be no more than 63 characters; must not contain dots")
        );
    }
}
