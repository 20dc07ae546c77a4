//! The fields of Kubernetes' own types, and what reading a value as such a type does to it.
//!
//! In: a value as it was read from a file, and a type such as [`kubernetes::DEPLOYMENT_SPEC`]. Out: what does not fit
//! the type ([`check`]), and the value as the type would write it again ([`prune`]): unknown fields gone, quantities in
//! their canonical form. The rules are those of apimachinery's `DefaultUnstructuredConverter`
//! (`pkg/runtime/converter.go`), by which Go programs take an object into a struct and back. A type knows the shape of
//! a value only: which values an API server takes, and what it requires, is not told here.
//!
//! What Go writes although nobody wrote it, such as `strategy: {}` and `creationTimestamp: null`, is not added.

mod check;
pub mod kubernetes;
mod mismatch;
pub mod operators;
mod place;
mod prune;
pub mod quantity;
mod scalar;
mod time;

use std::fmt;

use serde_json::Value;

pub use check::check;
pub use mismatch::{Mismatch, PathStep, UnknownField};
pub use prune::{Pruned, prune};

/// The type of a value. `null` is a value of every type and means its zero value.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A string.
    String,
    /// A boolean.
    Bool,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number.
    Float,
    /// Bytes, as a string in base64.
    Bytes,
    /// A `resource.Quantity`: a string or a number.
    Quantity,
    /// An `intstr.IntOrString`: an integer of 32 bits or a string.
    IntOrString,
    /// A `metav1.Time`: a string of RFC 3339.
    Time,
    /// Anything; its content is left as it is.
    Any,
    /// A mapping with known fields.
    Struct(&'static Struct),
    /// A list of one type.
    List(&'static Type),
    /// A mapping of any keys to one type.
    Map(&'static Type),
    /// A `JSONSchemaPropsOrBool`: the schema, or a boolean.
    SchemaOrBool(&'static Type),
    /// A `JSONSchemaPropsOrArray`: the schema, or a list of it.
    SchemaOrArray(&'static Type),
    /// A `JSONSchemaPropsOrStringArray`: the schema, or a list of strings.
    SchemaOrStringArray(&'static Type),
}

/// A mapping with known fields.
pub struct Struct {
    /// The name of its Go type.
    pub name: &'static str,
    /// Its fields, sorted by name, each once.
    pub fields: &'static [Field],
}

/// A field of a [`Struct`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key in JSON.
    pub name: &'static str,
    /// The type of its value.
    pub ty: Type,
    /// What the search compares; the whole name only where this is equal.
    prefix: u64,
}

/// How deep a value may be nested within the type it is read as. Schemas of real definitions have some 60 levels.
const MAX_DEPTH: usize = 500;

/// How many mismatches and unknown fields are told one by one.
const MAX_FINDINGS: usize = 100;

impl Struct {
    /// The type of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Type> {
        let prefix = prefix(name);
        // Whole integers only, which compiles to a search without branches: half the time of one by names.
        let start = self.fields.partition_point(|field| field.prefix < prefix);
        let mut alike = self.fields.get(start..)?.iter().take_while(|field| field.prefix == prefix);
        alike.find(|field| field.name == name).map(|field| field.ty)
    }
}

impl Field {
    /// A field. In a [`Struct`] fields are sorted by name.
    #[must_use]
    pub const fn new(name: &'static str, ty: Type) -> Self {
        Self { name, ty, prefix: prefix(name) }
    }
}

/// The first eight bytes of a name as a number, which is ordered as the names are.
const fn prefix(name: &str) -> u64 {
    let bytes = name.as_bytes();
    if let Some(first) = bytes.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut prefix = 0;
    let mut shift = u64::BITS;
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        shift -= u8::BITS;
        prefix |= (*byte as u64) << shift;
        rest = after;
    }
    prefix
}

impl fmt::Debug for Struct {
    /// The name alone: types refer to each other in circles.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<&'static Struct> for Type {
    fn from(structure: &'static Struct) -> Self {
        Self::Struct(structure)
    }
}

impl Type {
    /// The type that a value has to fit where several are possible; the type itself where none of them does.
    fn for_value(self, value: &Value) -> Self {
        match (self, value) {
            (Self::SchemaOrBool(_), Value::Bool(_)) => Self::Bool,
            (Self::SchemaOrArray(schema), Value::Array(_)) => Self::List(schema),
            (Self::SchemaOrStringArray(_), Value::Array(_)) => Self::List(&Self::String),
            (
                Self::SchemaOrBool(schema) | Self::SchemaOrArray(schema) | Self::SchemaOrStringArray(schema),
                Value::Object(_),
            ) => *schema,
            _ => self,
        }
    }

    /// What Go writes for an item of a list or mapping that was `null`.
    fn zero(self) -> Value {
        match self {
            Self::String => "".into(),
            Self::Bool | Self::SchemaOrBool(_) => false.into(),
            Self::Int32 | Self::Int64 | Self::Float | Self::IntOrString => 0.into(),
            Self::Quantity => "0".into(),
            Self::Struct(_) => Value::Object(serde_json::Map::new()),
            Self::Bytes
            | Self::Time
            | Self::Any
            | Self::List(_)
            | Self::Map(_)
            | Self::SchemaOrArray(_)
            | Self::SchemaOrStringArray(_) => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests;
