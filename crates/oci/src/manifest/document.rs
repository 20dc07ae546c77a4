//! Manifests and indexes as they are on the wire: the fields that are used.
//!
//! All others are skipped and never become values, of which a short text makes many: four megabytes of small objects
//! would take four hundred.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Platform;

/// Layers of an image, images of an index.
const ENTRIES: usize = 10_000;

/// What tells which kind of document it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outline {
    pub(super) media_type: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    pub(super) manifests: bool,
    #[serde(default, deserialize_with = "is_there")]
    pub(super) layers: bool,
    #[serde(default, deserialize_with = "is_there")]
    pub(super) config: bool,
}

/// A manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    #[serde(rename = "schemaVersion")]
    _schema_version: u8,
    pub(super) config: Part,
    #[serde(deserialize_with = "entries")]
    pub(super) layers: Vec<Part>,
}

/// An index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    #[serde(rename = "schemaVersion")]
    _schema_version: u8,
    #[serde(deserialize_with = "entries")]
    pub(super) manifests: Vec<Entry>,
}

/// A descriptor.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a descriptor")]
pub(crate) struct Part {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: i64,
}

/// A descriptor in an index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a descriptor")]
pub(super) struct Entry {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: i64,
    pub(super) platform: Option<Platform>,
    pub(super) annotations: Option<Annotations>,
}

#[derive(Deserialize)]
#[serde(expecting = "annotations")]
pub(super) struct Annotations {
    /// As [`NAME_ANNOTATION`](super::NAME_ANNOTATION) calls it.
    #[serde(rename = "org.opencontainers.image.ref.name")]
    pub(super) name: Option<String>,
    /// How `BuildKit` marks what is no image, such as an attestation.
    #[serde(rename = "vnd.docker.reference.type", default, deserialize_with = "is_there")]
    pub(super) is_reference: bool,
}

/// Reads a document, which must be an object: a list would be taken for the fields in their order.
pub(super) fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    struct Fields<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    let mut json = serde_json::Deserializer::from_slice(bytes);
    let document = json.deserialize_map(Fields(PhantomData))?;
    json.end().map(|()| document)
}

/// Whatever it is, `null` included.
fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|IgnoredAny| true)
}

fn entries<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Vec<T>, D::Error> {
    struct Entries<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = list.next_element()? {
                if entries.len() == ENTRIES {
                    return Err(A::Error::custom(format_args!("more than {ENTRIES} entries, the limit,")));
                }
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    value.deserialize_seq(Entries(PhantomData))
}
