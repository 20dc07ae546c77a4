//! Kubernetes objects as data.
//!
//! In: the bytes of YAML and JSON files. Out: [`Object`]s, read exactly as Kubernetes reads them, with an identity, an
//! order, a canonical form and a digest, and written as YAML that Kubernetes reads back. This crate knows no bundle, no
//! network, no clock and no cluster.

pub mod digest;
pub mod json;
pub mod name;
mod object;
mod phase;
mod position;
mod read;
mod set;
pub mod types;
mod values;
pub mod yaml;

pub use digest::{Digest, ParseDigestError, digest, digest_of};
pub use name::Namespace;
pub use object::{GroupVersionKind, NotAnObject, Object, ObjectKey, type_name};
pub use phase::Phase;
pub use position::Position;
pub use read::{Document, LocatedObject, Note, Origin, ReadError, Step, read, read_objects};
pub use set::{Collapsed, ManifestSet};
pub use values::{MAX_VALUES, count_values, most_values, number_of_values};
