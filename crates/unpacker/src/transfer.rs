//! Copying an image as it is, from where it is to where it should be.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::pending;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_oci::http::Payload;
use rukpak_oci::{
    Action, BuiltImage, Descriptor, Digest, ImageManifest, ImageStore, ImageWriter, Reference, Registry,
    StoreError,
};
use tokio::task::spawn_blocking;

use crate::host::open_store;
use crate::image::{self, AT_ONCE};
use crate::pipe::pipe;
use crate::{Access, Chosen, Event, Limits, Progress, Source, StoreSource, UnpackError, Unpacker};

/// An image that is to be copied: its manifest, and where the rest of it is.
///
/// Each of finding and copying it is to take no longer than one fetch ([`Limits::time`]), and all of it is to be no larger than what is
/// read past ([`Limits::skipped_bytes`](rukpak_tree::Limits::skipped_bytes)): the rest of an image is read and kept nowhere.
pub struct Transfer {
    manifest: Descriptor,
    bytes: Vec<u8>,
    config: Descriptor,
    /// Each once.
    layers: Vec<Descriptor>,
    contents: Contents,
    /// Where it is one of several of an index.
    chosen: Option<Chosen>,
}

/// What is on this host, and need not be asked for.
enum Stored {
    Files(Arc<ImageStore>),
    Memory(HashMap<Digest, Bytes>),
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
                unpacker.in_time(source, Self::of_registry(unpacker, reference, access)).await.map(Some)
            }
            Source::Store(stored) => {
                unpacker.in_time(source, Self::of_store(unpacker, stored)).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn of_registry(
        unpacker: &Unpacker,
        reference: &Reference,
        access: &Access,
    ) -> Result<Self, UnpackError> {
        let registry = unpacker.registry(reference, Action::Pull, access).await?;
        let digest = registry.resolve().await?;
        let (raw, image, chosen) = image::manifest(&registry, &digest).await?;
        check(&image, unpacker.limits())?;
        let contents = Contents::Registry(registry);
        Ok(Self { chosen, ..Self::new(raw.descriptor, raw.bytes, image, contents) })
    }

    async fn of_store(unpacker: &Unpacker, source: &StoreSource) -> Result<Self, UnpackError> {
        let (source, limits) = (source.clone(), unpacker.limits().clone());
        let opened = spawn_blocking(move || {
            let StoreSource { name, .. } = &source;
            let store = open_store(&source, &limits)?;
            let (descriptor, bytes, image, chosen) =
                image::stored_manifest(&store, name.as_deref(), &limits)?;
            check(&image, &limits)?;
            let contents = Contents::Store(Arc::new(store));
            Ok(Self { chosen, ..Self::new(descriptor, bytes, image, contents) })
        });
        opened.await.map_err(|_| UnpackError::Interrupted)?
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
        Self { manifest, bytes, config, layers, contents, chosen: None }
    }

    /// The digest of its manifest: what it is called by for ever.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.manifest.digest
    }

    /// Writes the image to the file system, under a name if it is to have one.
    pub async fn write(
        self,
        unpacker: &Unpacker,
        writer: ImageWriter,
        name: Option<&str>,
        progress: &Arc<dyn Progress>,
    ) -> Result<(), UnpackError> {
        let what = self.digest().clone();
        unpacker.in_time(&what, self.write_all(writer, name, progress)).await
    }

    async fn write_all(
        self,
        writer: ImageWriter,
        name: Option<&str>,
        progress: &Arc<dyn Progress>,
    ) -> Result<(), UnpackError> {
        let Self { manifest, bytes, config, layers, contents, chosen } = self;
        if let Some(chosen) = &chosen {
            progress.event(Event::Chosen(chosen));
        }
        let looked = spawn_blocking(move || missing(writer, layers, config));
        let (mut writer, layers, parts) = looked.await.map_err(|_| UnpackError::Interrupted)??;
        progress.event(Event::Layers(parts.get(..layers).unwrap_or_default()));
        let (registry, stored) = match contents {
            Contents::Registry(registry) => (Some(registry), None),
            Contents::Store(store) => (None, Some(Stored::Files(store))),
            Contents::Memory(contents) => (None, Some(Stored::Memory(contents))),
        };
        let (senders, mut receivers): (Vec<_>, VecDeque<_>) =
            registry.iter().flat_map(|_| &parts).map(|_| pipe()).unzip();
        let given_up = GivenUp::default();
        let writing = spawn_blocking({
            let (parts, name) = (parts.clone(), name.map(str::to_owned));
            let given_up = Arc::clone(&given_up.0);
            move || {
                if let Some(Stored::Files(store)) = &stored {
                    // What is missing is to be known before anything is written.
                    parts.iter().try_for_each(|part| store.blob(part).map(drop))?;
                }
                for part in &parts {
                    // Each is opened when it is its turn.
                    let content: Box<dyn Read> = match &stored {
                        Some(Stored::Files(store)) => Box::new(store.blob(part)?),
                        Some(Stored::Memory(contents)) => {
                            Box::new(contents.get(&part.digest).map(AsRef::as_ref).unwrap_or_default())
                        }
                        None => Box::new(receivers.pop_front().ok_or(UnpackError::Interrupted)?),
                    };
                    let mut content = Wanted { content, given_up: Arc::clone(&given_up) };
                    writer.blob(part, &mut content).map_err(image::explain_store)?;
                }
                Ok(writer.finish(&manifest, &bytes, name.as_deref())?)
            }
        });
        let Some(registry) = &registry else {
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
        unpacker: &Unpacker,
        registry: &Registry,
        progress: &Arc<dyn Progress>,
    ) -> Result<Reference, UnpackError> {
        unpacker.in_time(registry.reference(), self.push_all(registry, progress)).await
    }

    async fn push_all(
        self,
        registry: &Registry,
        progress: &Arc<dyn Progress>,
    ) -> Result<Reference, UnpackError> {
        let Self { manifest, bytes, config, layers, contents, chosen } = self;
        if let Some(chosen) = &chosen {
            progress.event(Event::Chosen(chosen));
        }
        progress.event(Event::Layers(&layers));
        let places = layers.into_iter().enumerate().map(|(place, layer)| (Some(place), layer));
        let done = |place: Option<usize>| {
            if let Some(layer) = place {
                progress.event(Event::Done { layer });
            }
        };
        let mut looks = stream::iter(places.chain([(None, config)]))
            .map(|(place, part)| async move { (registry.has_blob(&part).await, place, part) })
            .buffered(AT_ONCE);
        let mut lacking = Vec::new();
        while let Some((has, place, part)) = looks.next().await {
            if has? {
                done(place);
            } else {
                lacking.push((place, part));
            }
        }
        contents.expect(lacking.iter().map(|(_, part)| part.clone()).collect()).await?;
        let mut pushes = stream::iter(lacking)
            .map(|(place, part)| {
                let contents = &contents;
                async move {
                    let fault = Fault::default();
                    let payload = contents.payload(&part, &fault)?;
                    if let Err(error) = registry.push_blob(&part, payload).await {
                        // Of what cannot be read any further the connection knows only that it ends.
                        return Err(fault.take().map_or_else(|| error.into(), UnpackError::from));
                    }
                    done(place);
                    Ok(())
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

impl Contents {
    /// Refuses to begin where something is missing.
    async fn expect(&self, parts: Vec<Descriptor>) -> Result<(), UnpackError> {
        let Self::Store(store) = self else { return Ok(()) };
        let store = Arc::clone(store);
        let opened = spawn_blocking(move || parts.iter().try_for_each(|part| store.blob(part).map(drop)));
        Ok(opened.await.map_err(|_| UnpackError::Interrupted)??)
    }

    /// What is sent. Where it cannot be read, that is why.
    fn payload(&self, part: &Descriptor, fault: &Fault) -> Result<Payload, UnpackError> {
        match self {
            Self::Registry(_) => Err(UnpackError::NotStored),
            Self::Memory(contents) => {
                contents.get(&part.digest).cloned().map(Payload::Bytes).ok_or(UnpackError::NotStored)
            }
            Self::Store(store) => {
                let (store, part, fault) = (Arc::clone(store), part.clone(), fault.clone());
                let (size, digest) = (part.size, part.digest.clone());
                let open = move || -> io::Result<Box<dyn Read + Send>> {
                    let content = store.blob(&part).map_err(|error| fault.note(error))?;
                    let (store, digest, fault) = (Arc::clone(&store), digest.clone(), fault.clone());
                    Ok(Box::new(Noted { content, store, digest, fault }))
                };
                Ok(Payload::Stream { size, open: Arc::new(open) })
            }
        }
    }
}

/// Why something could not be read that was to be sent.
#[derive(Clone, Default)]
struct Fault(Arc<Mutex<Option<StoreError>>>);

impl Fault {
    /// Keeps an error, and gives one for the connection.
    fn note(&self, error: StoreError) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        io::ErrorKind::Other.into()
    }

    fn take(&self) -> Option<StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Content of a store whose errors are noted.
struct Noted<R> {
    content: R,
    store: Arc<ImageStore>,
    digest: Digest,
    fault: Fault,
}

impl<R: Read> Read for Noted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.content.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(self.fault.note(self.store.unreadable(&self.digest, error)))
            }
            read => read,
        }
    }
}

/// Tells a thread that copies that nobody waits for it any more, once this goes.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Content as long as somebody waits for it.
struct Wanted<R> {
    content: R,
    given_up: Arc<AtomicBool>,
}

impl<R: Read> Read for Wanted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given_up.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.content.read(buffer)
    }
}

/// Refuses an image that is too large.
fn check(image: &ImageManifest, limits: &Limits) -> Result<(), UnpackError> {
    image::check_amount(&image.layers, image.config.size, limits.tree.skipped_bytes, limits)
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn part(size: u64) -> Descriptor {
        let bytes = size.to_string();
        Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            digest: Digest::sha256(bytes.as_bytes()),
            size,
        }
    }

    #[rstest]
    #[case::all_that_may_be(&[60, 30], None)]
    #[case::one_byte_more(&[60, 31], Some("the image has 101 bytes, the limit is 100 bytes"))]
    #[case::beyond_all_numbers(&[u64::MAX, u64::MAX], Some("the image has 18446744073709551615 bytes, the limit is 100 bytes"))]
    #[case::too_many(&[1, 1, 1], Some("the image has 3 layers, the limit is 2"))]
    fn sizes_and_numbers_of_layers_are_bounded(#[case] layers: &[u64], #[case] expected: Option<&str>) {
        let limits = rukpak_tree::Limits { skipped_bytes: 100, ..rukpak_tree::Limits::default() };
        let limits = Limits { tree: limits, layers: 2, ..Limits::default() };
        let image = ImageManifest { config: part(10), layers: layers.iter().copied().map(part).collect() };
        let refused = check(&image, &limits).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected);
    }
}
