//! Writing an archive as `docker save` does, with the names that `skopeo` gives: `HEX.json`, `HEX.tar`, `manifest.json`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rukpak_tree::{Decompress, Limits, ShownPath};

use super::super::docker::{Image, MANIFEST, diff_ids};
use super::super::error::StoreError;
use super::super::files::DOCUMENT_BYTES;
use super::tar::Tar;
use super::{copy, parse};
use crate::{Algorithm, Descriptor, Digest, Hasher, Manifest, Reference, Verified};

pub(super) struct DockerWriter {
    path: ShownPath,
    /// `None` once something failed in the midst of an entry.
    tar: Option<Tar>,
    limits: Limits,
    written: BTreeMap<Digest, Written>,
}

/// Some content as it stands in the archive.
struct Written {
    /// Of what it is without its compression.
    digest: Digest,
    /// The content itself, where it may be a configuration.
    document: Option<Vec<u8>>,
}

impl DockerWriter {
    pub(super) fn create(path: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let tar = Tar::create(path)?;
        Ok(Self { path: tar.shown(), tar: Some(tar), limits: limits.clone(), written: BTreeMap::new() })
    }

    pub(super) fn has(&self, descriptor: &Descriptor) -> bool {
        self.written.contains_key(&descriptor.digest)
    }

    pub(super) fn blob(&mut self, descriptor: &Descriptor, content: &mut dyn Read) -> Result<(), StoreError> {
        if self.has(descriptor) {
            return Ok(());
        }
        let mut tar = self.take()?;
        let mut content = Verified::new(content, descriptor);
        let written = if descriptor.media_type.ends_with("json") {
            let document = self.document(descriptor, &mut content)?;
            let digest = Digest::sha256(&document);
            tar.file(&config_name(&digest), &document)?;
            Written { digest, document: Some(document) }
        } else {
            let mut digest = Digest::sha256(&[]);
            tar.entry(|file| {
                let layer = self.layer(descriptor, &mut content, file)?;
                digest = layer.0;
                Ok((layer_name(&digest), layer.1))
            })?;
            Written { digest, document: None }
        };
        self.tar = Some(tar);
        self.written.insert(descriptor.digest.clone(), written);
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        manifest: &Descriptor,
        manifest_bytes: &[u8],
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tar = self.take()?;
        let Manifest::Image(image) = parse(manifest, manifest_bytes, &self.path)? else {
            return Err(StoreError::Index);
        };
        let config = self.part(&image.config)?;
        let config_name = config_name(&config.digest);
        let diff_ids = diff_ids(config.document.as_deref().unwrap_or_default()).map_err(|source| {
            let media_type = image.config.media_type.chars().take(200).collect();
            StoreError::Artifact { manifest: manifest.digest.clone(), media_type, source }
        })?;
        if diff_ids.len() != image.layers.len() {
            let (layers, diff_ids) = (image.layers.len(), diff_ids.len());
            return Err(StoreError::LayerCount { path: self.path.clone(), layers, diff_ids });
        }
        let mut layers = vec![];
        for (layer, expected) in image.layers.iter().zip(diff_ids) {
            let got = &self.part(layer)?.digest;
            if *got != expected {
                let (path, got) = (self.path.clone(), got.clone());
                return Err(StoreError::LayerDigest { path, expected, got });
            }
            layers.push(layer_name(got));
        }
        let repo_tags = name.map(tag).transpose()?.flatten();
        let image = Image {
            config: config_name,
            repo_tags: Some(repo_tags.into_iter().collect()),
            layers: Some(layers),
        };
        let images = serde_json::to_vec(&[image]).map_err(|source| StoreError::Decode {
            path: self.path.clone(),
            what: ShownPath::new(MANIFEST),
            source,
        })?;
        tar.file(MANIFEST, &images)?;
        tar.finish()
    }

    pub(super) fn shown(&self) -> ShownPath {
        self.path.clone()
    }

    /// Reads a configuration into memory.
    fn document(&self, of: &Descriptor, content: &mut dyn Read) -> Result<Vec<u8>, StoreError> {
        if of.size > DOCUMENT_BYTES {
            let what = ShownPath::new("the configuration");
            return Err(StoreError::TooLarge { path: self.path.clone(), what, limit: DOCUMENT_BYTES });
        }
        let mut document = Vec::new();
        copy(content, &mut document, of, &self.path)?;
        Ok(document)
    }

    /// Writes a layer without its compression, and returns what it then hashes to and its size.
    fn layer(
        &self,
        of: &Descriptor,
        content: &mut Verified<impl Read>,
        file: &mut File,
    ) -> Result<(Digest, u64), StoreError> {
        let input = |source| StoreError::Input { path: self.path.clone(), digest: of.digest.clone(), source };
        let limit = self.limits.skipped_bytes;
        let plain = Decompress::new(&mut *content, &self.limits).map_err(input)?;
        let mut hashed = Hashed { to: file, hasher: Hasher::new(Algorithm::Sha256) };
        let size = copy(&mut plain.take(limit.saturating_add(1)), &mut hashed, of, &self.path)?;
        if size > limit {
            let what = ShownPath::new("a layer");
            return Err(StoreError::TooLarge { path: self.path.clone(), what, limit });
        }
        content.finish().map_err(input)?;
        Ok((hashed.hasher.finish(), size))
    }

    /// What was written of an image.
    fn part(&self, part: &Descriptor) -> Result<&Written, StoreError> {
        let no_blob = || StoreError::NoBlob { path: self.path.clone(), digest: part.digest.clone() };
        self.written.get(&part.digest).ok_or_else(no_blob)
    }

    fn take(&mut self) -> Result<Tar, StoreError> {
        self.tar.take().ok_or_else(|| StoreError::GivenUp { path: self.path.clone() })
    }
}

fn config_name(digest: &Digest) -> String {
    format!("{}.json", digest.hex())
}

fn layer_name(digest: &Digest) -> String {
    format!("{}.tar", digest.hex())
}

/// The name of an image as Docker writes it; one that has only a digest has no name there.
fn tag(name: &str) -> Result<Option<String>, StoreError> {
    let reference: Reference =
        name.parse().map_err(|source| StoreError::Reference { name: name.to_owned(), source })?;
    let whole = |tag| format!("{}/{}:{tag}", reference.registry(), reference.repository());
    Ok(reference.tag().map(whole))
}

/// Hashes what is written.
struct Hashed<W> {
    to: W,
    hasher: Hasher,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
