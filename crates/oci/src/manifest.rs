//! Manifests and indexes, decoded.
//!
//! In: bytes whose digest was verified, and the media type that they were announced with. Out: typed descriptors, or why
//! it is none. The media types are those of `oci-client`.

mod document;
mod platform;

use oci_distribution::manifest as wire;
use thiserror::Error;

pub(crate) use document::Part;
pub use platform::Platform;

use crate::{Digest, ParseDigestError};

/// What a descriptor of the OCI image specification (descriptor.md) says of some content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type, as announced. Not trusted: what content is tells its beginning.
    pub media_type: String,
    /// What the content hashes to.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

/// A decoded manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// Of one image.
    Image(ImageManifest),
    /// Of one image for each of several platforms.
    Index(Index),
}

/// The parts of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageManifest {
    /// The configuration, a JSON document.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// Images for several platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// In the order of the document.
    pub manifests: Vec<IndexEntry>,
}

/// One image of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its manifest.
    pub descriptor: Descriptor,
    /// What it is for, where the index says so.
    pub platform: Option<Platform>,
    /// Its name in a layout: the annotation `org.opencontainers.image.ref.name`.
    pub name: Option<String>,
}

/// Why bytes are no manifest that is understood.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// They are no JSON, or not of the right shape.
    #[error("the manifest is not valid")]
    Decode(#[source] serde_json::Error),
    /// It is of another kind.
    #[error(
        "got a manifest of media type {0:?}, expected an image or an index in the format of OCI or Docker (version 2, schema 2)"
    )]
    MediaType(String),
    /// It says to be of one media type and was announced as another.
    #[error("the manifest says to be {inside:?}, and was announced as {announced:?}")]
    Ambiguous {
        /// As the document says.
        inside: String,
        /// As its descriptor or the server says.
        announced: String,
    },
    /// It has the fields of an image and of an index.
    #[error("the manifest is both an image and an index")]
    Both,
    /// A digest in it is none.
    #[error("the manifest has an invalid digest")]
    Digest(#[source] ParseDigestError),
    /// A size in it is negative.
    #[error("the manifest has the size {0}")]
    Size(i64),
    /// The index has no image for the host, nor for linux/amd64.
    #[error("the index has no image for {wanted}; it has {}", if .has.is_empty() { "none" } else { .has })]
    NoPlatform {
        /// What was looked for.
        wanted: String,
        /// What there is.
        has: String,
    },
}

/// Where a layout's index keeps the name of an image.
pub(crate) const NAME_ANNOTATION: &str = "org.opencontainers.image.ref.name";

impl Manifest {
    /// The media types that are understood, best first.
    pub const MEDIA_TYPES: [&'static str; 4] = [
        wire::OCI_IMAGE_MEDIA_TYPE,
        wire::OCI_IMAGE_INDEX_MEDIA_TYPE,
        wire::IMAGE_MANIFEST_MEDIA_TYPE,
        wire::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    ];

    /// Decodes a manifest. `announced` is what its descriptor or a `Content-Type` says.
    ///
    /// A document whose kind depends on whom one asks is refused (CVE-2021-41190).
    pub fn parse(bytes: &[u8], announced: Option<&str>) -> Result<Self, ManifestError> {
        match Self::media_type(bytes, announced)? {
            wire::OCI_IMAGE_INDEX_MEDIA_TYPE | wire::IMAGE_MANIFEST_LIST_MEDIA_TYPE => Self::index(bytes),
            _ => Self::image(bytes),
        }
    }

    /// Which of [`MEDIA_TYPES`](Self::MEDIA_TYPES) a manifest has, by what it says itself, by what it was announced as, else by its
    /// fields. This is what others are told: servers announce it with parameters, or as something else.
    pub fn media_type(bytes: &[u8], announced: Option<&str>) -> Result<&'static str, ManifestError> {
        let document::Outline { media_type: inside, manifests, layers, config } =
            document::read(bytes).map_err(ManifestError::Decode)?;
        let known = |name: &str| Self::MEDIA_TYPES.into_iter().find(|known| *known == name);
        let inside = inside.as_deref();
        let announced = announced.map(|name| name.split(';').next().unwrap_or_default().trim());
        if let (Some(inside), Some(announced)) = (inside, announced.and_then(known))
            && inside != announced
        {
            let (inside, announced) = (inside.to_owned(), announced.to_owned());
            return Err(ManifestError::Ambiguous { inside, announced });
        }
        if manifests && (layers || config) {
            return Err(ManifestError::Both);
        }
        let unknown = |name: &str| Err(ManifestError::MediaType(name.chars().take(200).collect()));
        match (inside, announced.and_then(known)) {
            (Some(inside), _) => known(inside).map_or_else(|| unknown(inside), Ok),
            (None, Some(announced)) => Ok(announced),
            // The media type is optional in documents of OCI.
            (None, None) if manifests => Ok(wire::OCI_IMAGE_INDEX_MEDIA_TYPE),
            (None, None) if layers => Ok(wire::OCI_IMAGE_MEDIA_TYPE),
            (None, None) => unknown(announced.unwrap_or_default()),
        }
    }

    fn image(bytes: &[u8]) -> Result<Self, ManifestError> {
        let document::Image { config, layers, .. } = document::read(bytes).map_err(ManifestError::Decode)?;
        let layers = layers.into_iter().map(Descriptor::try_from).collect::<Result<_, _>>()?;
        Ok(Self::Image(ImageManifest { config: config.try_into()?, layers }))
    }

    fn index(bytes: &[u8]) -> Result<Self, ManifestError> {
        let document::Index { manifests, .. } = document::read(bytes).map_err(ManifestError::Decode)?;
        let manifests =
            manifests.into_iter().filter(|entry| !is_attestation(entry)).map(IndexEntry::try_from);
        Ok(Self::Index(Index { manifests: manifests.collect::<Result<_, _>>()? }))
    }
}

impl Index {
    /// The image for this platform, else the one for linux/amd64, else the only one.
    pub fn choose(&self, wanted: &Platform) -> Result<&IndexEntry, ManifestError> {
        let of = |platform: &Platform| {
            self.manifests
                .iter()
                .find(|entry| entry.platform.as_ref().is_some_and(|has| has.runs_on(platform)))
        };
        if let Some(entry) = of(wanted).or_else(|| of(&Platform::linux_amd64())) {
            return Ok(entry);
        }
        match self.manifests.as_slice() {
            [only] => Ok(only),
            all => {
                let mut has: Vec<_> = all
                    .iter()
                    .map(|entry| entry.platform.as_ref().map_or("unknown".into(), Platform::to_string))
                    .collect();
                has.truncate(20);
                Err(ManifestError::NoPlatform { wanted: wanted.to_string(), has: has.join(", ") })
            }
        }
    }
}

fn is_attestation(entry: &document::Entry) -> bool {
    let marked = entry.annotations.as_ref().is_some_and(|annotations| annotations.is_reference);
    marked && entry.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
}

impl TryFrom<Part> for Descriptor {
    type Error = ManifestError;

    fn try_from(part: Part) -> Result<Self, ManifestError> {
        let Part { media_type, digest, size } = part;
        Self::new(media_type, &digest, size)
    }
}

impl Descriptor {
    fn new(media_type: String, digest: &str, size: i64) -> Result<Self, ManifestError> {
        let digest = digest.parse().map_err(ManifestError::Digest)?;
        let size = u64::try_from(size).map_err(|_| ManifestError::Size(size))?;
        Ok(Self { media_type, digest, size })
    }

    /// Of content in memory.
    #[must_use]
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        let (media_type, digest) = (media_type.to_owned(), Digest::sha256(content));
        Self { media_type, digest, size: content.len() as u64 }
    }
}

impl TryFrom<document::Entry> for IndexEntry {
    type Error = ManifestError;

    fn try_from(entry: document::Entry) -> Result<Self, ManifestError> {
        let document::Entry { media_type, digest, size, platform, annotations } = entry;
        let descriptor = Descriptor::new(media_type, &digest, size)?;
        Ok(Self { descriptor, platform, name: annotations.and_then(|annotations| annotations.name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use rstest::rstest;
    use serde_json::{Value, json};

    const OCI: &str = wire::OCI_IMAGE_MEDIA_TYPE;
    const INDEX: &str = wire::OCI_IMAGE_INDEX_MEDIA_TYPE;

    fn descriptor() -> Value {
        json!({"mediaType": "x", "digest": Digest::sha256(b""), "size": 1})
    }

    fn image() -> Value {
        json!({"schemaVersion": 2, "mediaType": OCI, "config": descriptor(), "layers": [descriptor()]})
    }

    fn index(platforms: &[&str]) -> Value {
        let entry = |platform: &&str| {
            let mut parts = platform.split('/');
            let mut entry = descriptor();
            if let (Some(os), Some(architecture)) = (parts.next(), parts.next()) {
                entry["platform"] = json!({"os": os, "architecture": architecture, "variant": parts.next()});
            }
            entry["annotations"] = json!({NAME_ANNOTATION: platform});
            entry
        };
        json!({"schemaVersion": 2, "manifests": platforms.iter().map(entry).collect::<Vec<_>>()})
    }

    fn parse(document: &Value, announced: Option<&str>) -> Result<Manifest, ManifestError> {
        Manifest::parse(document.to_string().as_bytes(), announced)
    }

    #[rstest]
    #[case::as_it_says(image(), Some("text/plain"), OCI)]
    #[case::with_parameters(
        unnamed(),
        Some("application/vnd.docker.distribution.manifest.v2+json; charset=utf-8"),
        wire::IMAGE_MANIFEST_MEDIA_TYPE
    )]
    #[case::an_image_of_nothing_known(unnamed(), Some("application/json"), OCI)]
    #[case::an_image_of_nothing(unnamed(), None, OCI)]
    #[case::an_index_of_nothing(index(&["linux/amd64"]), Some(""), INDEX)]
    fn what_others_are_told(
        #[case] document: Value,
        #[case] announced: Option<&str>,
        #[case] expected: &str,
    ) {
        assert_eq!(Manifest::media_type(document.to_string().as_bytes(), announced).unwrap(), expected);
    }

    /// An image that does not say what it is.
    fn unnamed() -> Value {
        json!({"schemaVersion": 2, "config": descriptor(), "layers": [descriptor()]})
    }

    #[test]
    fn an_image() {
        let Manifest::Image(ImageManifest { config, layers }) = parse(&image(), Some(OCI)).unwrap() else {
            panic!("expected an image");
        };
        assert_eq!((config.size, layers.len()), (1, 1));
    }

    #[rstest]
    #[case::the_host(&["linux/amd64", "linux/arm64/v8", "windows/amd64"], "linux/arm64", "linux/arm64/v8")]
    #[case::first_of_two(&["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7", "linux/arm/v7")]
    #[case::amd64_for_others(&["linux/s390x", "linux/amd64"], "linux/arm64", "linux/amd64")]
    #[case::the_only_one(&["plan9/mips"], "linux/arm64", "plan9/mips")]
    #[case::without_platform(&["x"], "linux/arm64", "x")]
    fn choose(#[case] platforms: &[&str], #[case] host: &str, #[case] chosen: &str) {
        let Manifest::Index(index) = parse(&index(platforms), Some(INDEX)).unwrap() else {
            panic!("expected an index");
        };
        let mut parts = host.split('/').map(str::to_owned);
        let host = Platform {
            os: parts.next().unwrap(),
            architecture: parts.next().unwrap(),
            variant: parts.next(),
        };
        assert_eq!(index.choose(&host).unwrap().name.as_deref(), Some(chosen));
    }

    #[test]
    fn attestations_are_no_images() {
        let mut document = index(&["linux/s390x", "unknown/unknown"]);
        document["manifests"][1]["annotations"] =
            json!({"vnd.docker.reference.type": "attestation-manifest"});
        let Manifest::Index(index) = parse(&document, None).unwrap() else { panic!("expected an index") };
        assert_eq!(index.manifests.len(), 1);
    }

    /// What is not used is of any type, and of any number.
    #[test]
    fn other_fields_are_skipped() {
        let mut document = image();
        document["annotations"] = json!([1]);
        document["layers"][0]["platform"] = json!("x");
        document["x"] = json!(vec![json!({"": 0}); 100_000]);
        assert_eq!(parse(&document, None).unwrap(), parse(&image(), None).unwrap());
    }

    #[test]
    fn a_list_is_no_document() {
        let error = Manifest::parse(b"[2, {}, []]", Some(OCI)).unwrap_err();
        assert!(matches!(error, ManifestError::Decode(_)), "{error}");
    }

    #[test]
    fn null_is_a_field_too() {
        let both = json!({"schemaVersion": 2, "manifests": null, "config": null});
        assert!(matches!(parse(&both, None).unwrap_err(), ManifestError::Both));
    }

    #[test]
    fn errors() {
        let many = |field: &str| json!({"schemaVersion": 2, "config": descriptor(), field: vec![descriptor(); 10_001]});
        let mut many_images = many("manifests");
        many_images.as_object_mut().unwrap().remove("config");
        let both = json!({"schemaVersion": 2, "manifests": [], "layers": []});
        let schema_1 = json!({"schemaVersion": 1, "fsLayers": []});
        let mut negative = image();
        negative["config"]["size"] = json!(-1);
        let mut bad_digest = image();
        bad_digest["layers"][0]["digest"] = json!("sha256:../../x");
        let cases = [
            parse(&both, None),
            parse(&schema_1, Some("application/vnd.docker.distribution.manifest.v1+prettyjws")),
            parse(&image(), Some(INDEX)),
            parse(&json!({"mediaType": "application/x"}), None),
            parse(&json!({"mediaType": OCI}), None),
            parse(&negative, None),
            parse(&bad_digest, None),
            parse(&many("layers"), None),
            parse(&many_images, None),
            Manifest::parse(b"<html>", Some("text/html")),
        ];
        let Manifest::Index(many) = parse(&index(&["linux/s390x", "windows/amd64"]), None).unwrap() else {
            panic!("expected an index");
        };
        let errors = cases.map(|case| case.unwrap_err()).into_iter();
        let errors = errors.chain(
            many.choose(&Platform { os: "linux".into(), architecture: "arm64".into(), variant: None }).err(),
        );
        let shown: Vec<_> = errors
            .map(|error| format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)))
            .collect();
        assert_snapshot!(shown.join("\n"));
    }
}
