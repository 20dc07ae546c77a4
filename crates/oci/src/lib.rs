//! Images: their names, their manifests, and the places that hold them.

mod build;
mod digest;
pub mod http;
mod json;
mod keyring;
mod manifest;
mod message;
mod reference;
mod registry;
mod secret;
mod store;
mod verify;

pub use build::{BuildError, BuiltImage, build};
pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use keyring::{CredentialsError, HelperError, Keyring, KeyringError};
pub use manifest::{Descriptor, ImageManifest, Index, IndexEntry, Manifest, ManifestError, Platform};
pub use reference::{ParseReferenceError, Reference, without_user};
pub use registry::{Action, Blob, RawManifest, Registry, RegistryError, Scheme};
pub use secret::{Basic, Credentials, Secret};
pub use store::{ImageStore, ImageWriter, ReadOptions, StoreError};
pub use verify::{Verified, VerifyError};
