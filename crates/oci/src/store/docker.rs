//! The archives of `docker save`.
//!
//! An image of one is shown as if it lay in a registry: with a manifest of Docker's schema 2 that is made of its
//! configuration and its layers. The layers are named by what they hash to without their compression
//! (`rootfs.diff_ids`), and come out without it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use oci_distribution::manifest as wire;
use rukpak_tree::{Decompress, Limits, RelativePath, ShownPath};
use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::error::StoreError;
use super::files::Stored;
use super::index::list_names;
use super::layout;
use crate::{Descriptor, Digest, Reference, json};

/// What an error calls it.
pub(super) const WHAT: &str = "an archive of docker save";

/// The file that names the images.
pub(super) const MANIFEST: &str = "manifest.json";

/// An archive that was found to be one of Docker.
pub(super) struct DockerArchive {
    pub(super) path: ShownPath,
    archive: Archive,
    limits: Limits,
    images: Vec<Image>,
    /// What the images that were asked for are made of.
    contents: Mutex<BTreeMap<Digest, Content>>,
}

/// One image of `manifest.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Image {
    pub(super) config: String,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) layers: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Arc<[u8]>),
    Stored(Stored),
    Compressed(Stored),
}

impl DockerArchive {
    pub(super) fn open(archive: Archive, path: ShownPath, limits: &Limits) -> Result<Self, StoreError> {
        let what = ShownPath::new(MANIFEST);
        let Some(manifest) = archive.file(MANIFEST.as_bytes()) else {
            return Err(match archive.file(layout::MARKER.as_bytes()) {
                Some(_) => StoreError::Kind { path, got: layout::WHAT, expected: WHAT },
                None => StoreError::Missing { path, what, expected: WHAT },
            });
        };
        let images = json::parse(&manifest.document(MANIFEST, &path)?)
            .map_err(|source| StoreError::Decode { path: path.clone(), what, source })?;
        let (limits, contents) = (limits.clone(), Mutex::default());
        Ok(Self { path, archive, limits, images, contents })
    }

    /// The image of this tag or configuration, or at this place (`@0`), as containers-transports(5) has it; without a name, the only one.
    pub(super) fn find(&self, name: Option<&str>) -> Result<Descriptor, StoreError> {
        let wanted: Option<Reference> = name.and_then(|name| name.parse().ok());
        let place = name.and_then(|name| name.strip_prefix('@')).and_then(|place| place.parse().ok());
        let is_named = |(number, image): &(usize, &Image)| {
            let mut tags = image.repo_tags.iter().flatten();
            name.is_none_or(|name| {
                tags.any(|tag| tag == name || (wanted.is_some() && tag.parse().ok() == wanted))
                    || image.config == name
                    || place == Some(*number)
            })
        };
        let found: Vec<_> = self.images.iter().enumerate().filter(is_named).map(|(_, image)| image).collect();
        let (path, name) = (self.path.clone(), name.map(str::to_owned));
        match *found {
            [image] => self.take(image),
            [] => Err(StoreError::NoImage { path, name, has: list(self.images.iter()) }),
            _ => Err(StoreError::SeveralImages { path, name, has: list(found.into_iter()) }),
        }
    }

    /// A reader of the content, not verified.
    pub(super) fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        let digest = &descriptor.digest;
        let contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        match contents.get(digest).cloned() {
            None => Err(StoreError::NoBlob { path: self.path.clone(), digest: digest.clone() }),
            Some(Content::Memory(content)) => Ok(Box::new(Cursor::new(content))),
            Some(Content::Stored(stored)) => Ok(Box::new(stored.reader())),
            Some(Content::Compressed(stored)) => match Decompress::new(stored.reader(), &self.limits) {
                Ok(reader) => Ok(Box::new(reader)),
                Err(source) => {
                    Err(StoreError::Blob { path: self.path.clone(), digest: digest.clone(), source })
                }
            },
        }
    }

    /// Makes the manifest of an image, and notes what it is made of.
    fn take(&self, image: &Image) -> Result<Descriptor, StoreError> {
        let config = self.file(&image.config)?.document(&image.config, &self.path)?;
        let diff_ids = diff_ids(&config).map_err(|source| StoreError::Decode {
            path: self.path.clone(),
            what: ShownPath::new(&image.config),
            source,
        })?;
        let names = image.layers.as_deref().unwrap_or_default();
        if names.len() != diff_ids.len() {
            let (layers, diff_ids) = (names.len(), diff_ids.len());
            return Err(StoreError::LayerCount { path: self.path.clone(), layers, diff_ids });
        }
        let mut contents = BTreeMap::new();
        let mut layers = vec![];
        let mut sizes =
            Sizes { limits: &self.limits, left: self.limits.skipped_bytes, known: HashMap::new() };
        for (name, digest) in names.iter().zip(diff_ids) {
            let (content, size) = sizes.of(&self.file(name)?, name, &digest, &self.path)?;
            let media_type = wire::IMAGE_DOCKER_LAYER_TAR_MEDIA_TYPE.into();
            layers.push((&Descriptor { media_type, digest: digest.clone(), size }).into());
            contents.insert(digest, content);
        }
        let config_descriptor = Descriptor::of(wire::IMAGE_DOCKER_CONFIG_MEDIA_TYPE, &config);
        let manifest = wire::OciImageManifest {
            schema_version: 2,
            media_type: Some(wire::IMAGE_MANIFEST_MEDIA_TYPE.into()),
            config: (&config_descriptor).into(),
            layers,
            ..Default::default()
        };
        let manifest = serde_json::to_vec(&manifest).map_err(|source| StoreError::Decode {
            path: self.path.clone(),
            what: ShownPath::new(MANIFEST),
            source,
        })?;
        let descriptor = Descriptor::of(wire::IMAGE_MANIFEST_MEDIA_TYPE, &manifest);
        contents.insert(config_descriptor.digest, Content::Memory(config.into()));
        contents.insert(descriptor.digest.clone(), Content::Memory(manifest.into()));
        self.contents.lock().unwrap_or_else(PoisonError::into_inner).extend(contents);
        Ok(descriptor)
    }

    /// A file that `manifest.json` names.
    fn file(&self, name: &str) -> Result<Stored, StoreError> {
        let path = RelativePath::parse(name.as_bytes())
            .map_err(|source| StoreError::Name { path: self.path.clone(), source })?;
        self.archive.file(path.as_bytes()).ok_or_else(|| StoreError::Missing {
            path: self.path.clone(),
            what: ShownPath::new(name),
            expected: "what its manifest.json names",
        })
    }
}

/// Finds out how large layers are without their compression, which takes reading them.
struct Sizes<'l> {
    limits: &'l Limits,
    /// How much may still be decompressed.
    left: u64,
    /// By where a layer lies.
    known: HashMap<u64, (Content, u64)>,
}

impl Sizes<'_> {
    fn of(
        &mut self,
        layer: &Stored,
        name: &str,
        digest: &Digest,
        path: &ShownPath,
    ) -> Result<(Content, u64), StoreError> {
        if let Some(known) = self.known.get(&layer.offset()) {
            return Ok(known.clone());
        }
        let read = |source| StoreError::Blob { path: path.clone(), digest: digest.clone(), source };
        let mut content = Decompress::new(layer.reader(), self.limits).map_err(read)?;
        let found = if content.compression().is_none() {
            (Content::Stored(layer.clone()), layer.size())
        } else {
            let most = self.left.saturating_add(1);
            let size = io::copy(&mut content.by_ref().take(most), &mut io::sink()).map_err(read)?;
            if size > self.left {
                let (path, what, limit) = (path.clone(), ShownPath::new(name), self.limits.skipped_bytes);
                return Err(StoreError::TooLarge { path, what, limit });
            }
            self.left -= size;
            (Content::Compressed(layer.clone()), size)
        };
        self.known.insert(layer.offset(), found.clone());
        Ok(found)
    }
}

/// What the layers of an image hash to without their compression, as its configuration says.
pub(super) fn diff_ids(config: &[u8]) -> Result<Vec<Digest>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Config {
        rootfs: RootFs,
    }
    #[derive(Deserialize)]
    struct RootFs {
        #[serde(default)]
        diff_ids: Option<Vec<Digest>>,
    }
    let Config { rootfs: RootFs { diff_ids } } = serde_json::from_slice(config)?;
    Ok(diff_ids.unwrap_or_default())
}

/// What the images are called; one without a name by its configuration.
fn list<'i>(images: impl ExactSizeIterator<Item = &'i Image>) -> String {
    list_names(images.map(|image| match image.repo_tags.as_deref() {
        None | Some([]) => image.config.clone(),
        Some(tags) => tags.join(", "),
    }))
}
