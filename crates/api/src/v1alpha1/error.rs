//! Why an object cannot be had in another version.

use thiserror::Error;

use crate::names::V1ALPHA2_SPEC;

/// An object cannot be had in another version. The text is for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// It is something else.
    #[error("got {got}, expected a BundleDeployment of {expected}")]
    Object {
        /// Its version and kind, or what it is instead of an object.
        got: String,
        /// The version.
        expected: &'static str,
    },
    /// A field has to be there, and is not.
    #[error("{path} is missing")]
    Missing {
        /// Which one.
        path: &'static str,
    },
    /// A field is of another type.
    #[error("{path}: got {got}, expected {expected}")]
    Type {
        /// Which one.
        path: &'static str,
        /// The type that it should have.
        expected: &'static str,
        /// The type that it has.
        got: &'static str,
    },
    /// A text can be no class.
    #[error("{path}: got class {got:?}, expected a name without a slash{hint}")]
    Class {
        /// Where.
        path: &'static str,
        /// The text.
        got: String,
        /// What helps, if that is known.
        hint: String,
    },
    /// The source is of a type that v1alpha2 does not have.
    #[error(
        "spec.template.spec.source: the source type {kind} is not supported; push the content to a registry and name it by the type \
         image, or put it into immutable ConfigMaps and name them by the type configMaps"
    )]
    Source {
        /// The type.
        kind: &'static str,
    },
    /// The annotation with what v1alpha1 lacks cannot be read.
    #[error("annotation {V1ALPHA2_SPEC}: {why}; restore it, or write the object as v1alpha2")]
    Annotation {
        /// What is wrong, and where.
        why: String,
    },
}
