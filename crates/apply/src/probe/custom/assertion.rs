//! What has to hold for an object.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::super::live::Live;

/// The longest path of a field.
const MAX_PATH: usize = 200;

/// One thing that has to hold.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Assertion {
    /// A condition has a status.
    ConditionEqual {
        /// Which, and what.
        condition_equal: ConditionEqual,
    },
    /// Two fields have the same value.
    FieldsEqual {
        /// Which.
        fields_equal: FieldsEqual,
    },
    /// A field has a value.
    FieldValue {
        /// Which, and what.
        field_value: FieldValue,
    },
}

/// The condition and its status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionEqual {
    /// The condition's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status that it is to have.
    pub status: Expected,
}

/// The status that a condition is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Expected {
    /// `True`.
    True,
    /// `False`.
    False,
}

/// Two fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldsEqual {
    /// The field with the expected value.
    pub field_a: FieldPath,
    /// The field that is to have it.
    pub field_b: FieldPath,
}

/// A field and its value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldValue {
    /// The field.
    pub field_path: FieldPath,
    /// The value that it is to have. The reference takes strings only.
    pub value: Value,
}

/// The names of fields that lead to a value, joined by dots; a dot may stand before the first, as in the reference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FieldPath(String);

/// A text that is no [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "got field path {0:?}, expected names joined by dots, such as status.phase, of at most {MAX_PATH} bytes"
)]
pub struct ParseFieldPathError(String);

/// Why an assertion does not hold.
pub(super) enum Failure {
    Unknown(String),
    Unmet(String),
}

impl Assertion {
    pub(super) fn check(&self, live: Live<'_>) -> Result<(), Failure> {
        match self {
            Self::ConditionEqual { condition_equal } => condition_equal.check(live),
            Self::FieldsEqual { fields_equal } => fields_equal.check(live),
            Self::FieldValue { field_value } => field_value.check(live),
        }
    }
}

impl ConditionEqual {
    fn check(&self, live: Live<'_>) -> Result<(), Failure> {
        let Self { kind, status } = self;
        match live.get(&["status", "conditions"]) {
            None | Some(Value::Null) => return Err(Failure::Unknown("missing .status.conditions".into())),
            Some(Value::Array(conditions)) if conditions.iter().all(Value::is_object) => {}
            Some(_) => return Err(Failure::Unknown("malformed .status.conditions".into())),
        }
        let Some(condition) = live.condition(kind) else {
            return Err(Failure::Unknown(format!("missing .status.condition[{kind:?}]")));
        };
        if condition.observed_generation.is_some_and(|seen| live.generation() != Some(seen)) {
            return Err(Failure::Unknown(format!(".status.condition[{kind:?}] outdated")));
        }
        if condition.status == status.as_str() {
            return Ok(());
        }
        Err(Failure::Unmet(format!(".status.condition[{kind:?}] is {}", condition.status)))
    }
}

impl Expected {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
        }
    }
}

impl FieldsEqual {
    fn check(&self, live: Live<'_>) -> Result<(), Failure> {
        let Self { field_a: a, field_b: b } = self;
        let value =
            |path: &FieldPath| path.find(live).ok_or_else(|| Failure::Unmet(format!("\"{path}\" missing")));
        let (expected, got) = (value(a)?, value(b)?);
        if expected == got {
            return Ok(());
        }
        Err(Failure::Unmet(format!("\"{a}\" != \"{b}\" expected: {expected} got: {got}")))
    }
}

impl FieldValue {
    fn check(&self, live: Live<'_>) -> Result<(), Failure> {
        let Self { field_path: path, value } = self;
        match path.find(live) {
            None => Err(Failure::Unmet(format!("missing key: \"{path}\""))),
            Some(got) if got == value => Ok(()),
            Some(got) => Err(Failure::Unmet(format!(
                "value at key \"{path}\" != {value}; expected: {value} got: {got}"
            ))),
        }
    }
}

impl FieldPath {
    fn find<'o>(&self, live: Live<'o>) -> Option<&'o Value> {
        live.get(&self.names().collect::<Vec<_>>())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.strip_prefix('.').unwrap_or(&self.0).split('.')
    }
}

impl TryFrom<String> for FieldPath {
    type Error = ParseFieldPathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let path = Self(text);
        if path.0.len() > MAX_PATH || path.names().any(str::is_empty) {
            return Err(ParseFieldPathError(path.0.chars().take(MAX_PATH).collect()));
        }
        Ok(path)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
