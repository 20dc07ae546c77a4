//! What no server takes.

use std::fmt;

use rukpak_manifest::{GroupVersionKind, Object, ObjectKey, name};
use serde_json::Value;
use thiserror::Error;

use super::{FOREIGN, LEVELS};
use crate::schema::Violation;

/// Everything that is wrong with a set, object by object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError(pub Vec<Problem>);

/// Something about an object that no server takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Its kind is not served, and not defined by the set.
    #[error("{object}: the server does not serve {} in {}", .object.gvk.kind, api_version(.object))]
    NotServed {
        /// The object.
        object: ObjectKey,
    },
    /// It does not say of what version it is.
    #[error("{object}: it has no apiVersion")]
    NoVersion {
        /// The object.
        object: ObjectKey,
    },
    /// It has no name.
    #[error("a {} has no name", .object.gvk)]
    NoName {
        /// The object.
        object: ObjectKey,
    },
    /// It has a name that no object of its kind may have.
    #[error("{object}: its name is not valid: {why}")]
    Name {
        /// The object.
        object: ObjectKey,
        /// What is wrong with it, as servers say it.
        why: String,
    },
    /// It has a label or an annotation that no object may have. The value is not told.
    #[error("{object}: metadata.{field} is not valid: {why}")]
    Metadata {
        /// The object.
        object: ObjectKey,
        /// `labels` or `annotations`, and the key of the one that is wrong: `labels[a b]`.
        field: String,
        /// What is wrong with it, as servers say it.
        why: String,
    },
    /// It has metadata that means nothing here.
    #[error("{object}: metadata.{field} is set, expected it to be left to the cluster")]
    Foreign {
        /// The object.
        object: ObjectKey,
        /// The field.
        field: &'static str,
    },
    /// Another object of the set is the same one, in another version.
    #[error("{object}: the set has it twice, in {} and {}", .versions[0], .versions[1])]
    Duplicate {
        /// The object.
        object: ObjectKey,
        /// The versions that it stands in.
        versions: [String; 2],
    },
    /// It defines a kind that another definition has.
    #[error("{object}: the server has {} already, as {taken}", .kind)]
    KindTaken {
        /// The definition.
        object: ObjectKey,
        /// The kind.
        kind: String,
        /// The name of the definition that has it.
        taken: String,
    },
    /// An element of a list is there twice, which server-side apply refuses.
    #[error("{object}: {list} has {key} twice, expected it once")]
    Twice {
        /// The object.
        object: ObjectKey,
        /// The list: `spec.template.spec.containers[name=web].env`.
        list: String,
        /// What both elements are: `name=PORT`.
        key: String,
    },
    /// It is a Secret with something else than texts. The value is not told.
    #[error("{object}: its {field} is no {expected}")]
    Secret {
        /// The object.
        object: ObjectKey,
        /// Where: `data.KEY`.
        field: String,
        /// What was expected.
        expected: &'static str,
    },
    /// It is larger than a server stores.
    #[error("{object}: it has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The object.
        object: ObjectKey,
        /// Bytes of its JSON.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It is nested deeper than what is read again.
    #[error("{object}: it is nested deeper than {limit} levels")]
    TooDeep {
        /// The object.
        object: ObjectKey,
        /// The limit.
        limit: usize,
    },
    /// It is a custom resource that is not valid by its definition in the set.
    #[error("{object}: {violation}")]
    Invalid {
        /// The object.
        object: ObjectKey,
        /// Where, what was got and what was expected.
        violation: Violation,
    },
}

impl Problem {
    /// Whether it goes away when the server comes to serve a kind.
    #[must_use]
    pub fn is_not_served(&self) -> bool {
        self.missing_api().is_some()
    }

    /// The kind that nobody serves, where that is what is wrong.
    #[must_use]
    pub fn missing_api(&self) -> Option<&GroupVersionKind> {
        match self {
            Self::NotServed { object } => Some(&object.gvk),
            _ => None,
        }
    }
}

impl std::error::Error for PlanError {}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// What is wrong with an object by itself.
pub(super) fn of(object: &Object) -> Vec<Problem> {
    let key = || object.key();
    let mut problems = Vec::new();
    if object.name().is_empty() {
        problems.push(Problem::NoName { object: key() });
    }
    // Before it becomes a part of a path.
    let why = name::path_segment(object.name());
    if !why.is_empty() {
        problems.push(Problem::Name { object: key(), why: why.join(", ") });
    }
    if object.fields().values().any(|value| is_deeper(value, LEVELS - 1)) {
        problems.push(Problem::TooDeep { object: key(), limit: LEVELS });
    }
    let is_set = |field: &&str| object.get(&["metadata", field]).is_some_and(|value| !is_empty(value));
    problems.extend(
        FOREIGN
            .into_iter()
            .filter(|field| is_set(field))
            .map(|field| Problem::Foreign { object: key(), field }),
    );
    problems
}

/// Whether a field says nothing, which a server takes as if it were not there.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether there are more levels of lists and maps than so many.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let mut inside: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => return false,
    };
    levels == 0 || inside.any(|value| is_deeper(value, levels - 1))
}

fn api_version(key: &ObjectKey) -> String {
    match key.gvk.group.as_str() {
        "" => key.gvk.version.clone(),
        group => format!("{group}/{}", key.gvk.version),
    }
}
