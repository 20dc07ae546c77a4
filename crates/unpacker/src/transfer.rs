//! Copying an image as it is, from where it is to where it should be.

use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_oci::http::Payload;
use rukpak_oci::{
    Action, BuiltImage, Descriptor, Digest, ImageManifest, ImageStore, ImageWriter, Reference, Registry,
};
use tokio::task::spawn_blocking;

use crate::host::open_store;
use crate::image::{self, AT_ONCE};
use crate::pipe::pipe;
use crate::{Access, Event, Progress, Source, StoreSource, UnpackError, Unpacker};

/// An image that is to be copied: its manifest, and where the rest of it is.
pub struct Transfer {
    manifest: Descriptor,
    bytes: Vec<u8>,
    config: Descriptor,
    /// Each once.
    layers: Vec<Descriptor>,
    contents: Contents,
}

enum Contents {
    Registry(Registry),
    Store(Arc<ImageStore>),
    Memory(HashMap<Digest, Bytes>),
}

impl Transfer {
    /// The image that a source names: of an index, the one for this machine. `None` where the source is no image.
    pub async fn of(
        unpacker: &Unpacker,
        source: &Source,
        access: &Access,
    ) -> Result<Option<Self>, UnpackError> {
        match source {
            Source::Image(reference) => {
                let registry = unpacker.registry(reference, Action::Pull, access).await?;
                let digest = registry.resolve().await?;
                let (raw, image) = image::manifest(&registry, &digest).await?;
                image::check_number(&image.layers, unpacker.limits())?;
                let contents = Contents::Registry(registry);
                Ok(Some(Self::new(raw.descriptor, raw.bytes, image, contents)))
            }
            Source::Store(source) => {
                let (source, limits) = (source.clone(), unpacker.limits().clone());
                let opened = spawn_blocking(move || {
                    let StoreSource { name, .. } = &source;
                    let store = open_store(&source, &limits)?;
                    let (descriptor, bytes, image) =
                        image::stored_manifest(&store, name.as_deref(), &limits)?;
                    Ok(Self::new(descriptor, bytes, image, Contents::Store(Arc::new(store))))
                });
                opened.await.map_err(|_| UnpackError::Interrupted)?.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// An image that was just built.
    #[must_use]
    pub fn built(image: BuiltImage) -> Self {
        let BuiltImage { manifest, manifest_descriptor, config, config_descriptor, layer, layer_descriptor } =
            image;
        let contents = [
            (config_descriptor.digest.clone(), config.into()),
            (layer_descriptor.digest.clone(), layer.into()),
        ];
        let image = ImageManifest { config: config_descriptor, layers: vec![layer_descriptor] };
        Self::new(manifest_descriptor, manifest, image, Contents::Memory(contents.into()))
    }

    fn new(manifest: Descriptor, bytes: Vec<u8>, image: ImageManifest, contents: Contents) -> Self {
        let ImageManifest { config, mut layers } = image;
        let mut seen = HashSet::from([config.digest.clone()]);
        layers.retain(|layer| seen.insert(layer.digest.clone()));
        Self { manifest, bytes, config, layers, contents }
    }

    /// The digest of its manifest: what it is called by for ever.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.manifest.digest
    }

    /// Writes the image to the file system, under a name if it is to have one.
    pub async fn write(
        self,
        writer: ImageWriter,
        name: Option<&str>,
        progress: &Arc<dyn Progress>,
    ) -> Result<(), UnpackError> {
        let Self { manifest, bytes, config, layers, contents } = self;
        let looked = spawn_blocking(move || missing(writer, layers, config));
        let (mut writer, layers, parts) = looked.await.map_err(|_| UnpackError::Interrupted)??;
        progress.event(Event::Layers(parts.get(..layers).unwrap_or_default()));
        let mut senders = Vec::new();
        let readers = parts.iter().map(|part| match &contents {
            Contents::Registry(_) => {
                let (sender, receiver) = pipe();
                senders.push(sender);
                Ok(Box::new(receiver) as Box<dyn Read + Send>)
            }
            Contents::Store(store) => Ok(Box::new(store.blob(part)?) as _),
            Contents::Memory(contents) => {
                Ok(Box::new(io::Cursor::new(contents.get(&part.digest).cloned().unwrap_or_default())) as _)
            }
        });
        let readers = readers.collect::<Result<Vec<_>, UnpackError>>()?;
        let writing = spawn_blocking({
            let (parts, name) = (parts.clone(), name.map(str::to_owned));
            move || {
                for (part, mut content) in parts.iter().zip(readers) {
                    writer.blob(part, &mut content).map_err(image::explain_store)?;
                }
                Ok(writer.finish(&manifest, &bytes, name.as_deref())?)
            }
        });
        let Contents::Registry(registry) = &contents else {
            return image::while_reading(writing, pending()).await;
        };
        let downloads = stream::iter(parts.into_iter().zip(senders).enumerate())
            .map(|(place, (part, sender))| {
                let place = Some(place).filter(|place| *place < layers);
                image::download(registry, place, part, sender, &**progress)
            })
            .buffer_unordered(AT_ONCE);
        image::while_reading(writing, downloads.collect()).await
    }

    /// Writes the image to a registry, under the tag of its reference, and gives its name by digest. An image that is in a
    /// registry is not copied to another.
    pub async fn push(
        self,
        registry: &Registry,
        progress: &Arc<dyn Progress>,
    ) -> Result<Reference, UnpackError> {
        let Self { manifest, bytes, config, layers, contents } = self;
        progress.event(Event::Layers(&layers));
        let payload = |part: &Descriptor| match &contents {
            Contents::Registry(_) => None,
            Contents::Memory(contents) => contents.get(&part.digest).cloned().map(Payload::Bytes),
            Contents::Store(store) => {
                let (store, part) = (Arc::clone(store), part.clone());
                Some(Payload::Stream {
                    size: part.size,
                    open: Arc::new(move || match store.blob(&part) {
                        Ok(blob) => Ok(Box::new(blob)),
                        Err(error) => Err(io::Error::other(error)),
                    }),
                })
            }
        };
        let places = layers.into_iter().enumerate().map(|(place, layer)| (Some(place), layer));
        let mut pushes = stream::iter(places.chain([(None, config)]))
            .map(|(place, part)| {
                let payload = payload(&part);
                async move {
                    registry.push_blob(&part, payload.ok_or(UnpackError::NotStored)?).await?;
                    if let Some(layer) = place {
                        progress.event(Event::Done { layer });
                    }
                    Ok::<_, UnpackError>(())
                }
            })
            .buffer_unordered(AT_ONCE);
        while let Some(pushed) = pushes.next().await {
            pushed?;
        }
        let identifier = registry.reference().identifier();
        Ok(registry.push_manifest(&identifier, &manifest, bytes).await?)
    }
}

/// The layers that a writer does not have yet, how many they are, and behind them the configuration. Blocks.
fn missing(
    mut writer: ImageWriter,
    layers: Vec<Descriptor>,
    config: Descriptor,
) -> Result<(ImageWriter, usize, Vec<Descriptor>), UnpackError> {
    let mut parts = Vec::new();
    for layer in layers {
        if !writer.has(&layer)? {
            parts.push(layer);
        }
    }
    let layers = parts.len();
    if !writer.has(&config)? {
        parts.push(config);
    }
    Ok((writer, layers, parts))
}
