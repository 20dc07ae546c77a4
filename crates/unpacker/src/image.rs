//! From an image to a file tree.
//!
//! The layers are asked for a few at a time, and come on async tasks; one blocking thread decodes them in their order,
//! whatever order they come in. The next one is asked for when one was decoded, so that what waits for that is bounded.
//! Nothing is kept of a layer but the files that are kept of the bundle.

mod layer;

pub(crate) use layer::explain_store;

use std::io::Read;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_oci::{
    Descriptor, Digest, ImageManifest, ImageStore, Manifest, ManifestError, Platform, RawManifest, Registry,
    RegistryError,
};
use rukpak_tree::{FileTree, Keep, Layers};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::pipe::{Sender, pipe};
use crate::{Chosen, Event, Limits, Progress, UnpackError};

/// Layers that come in at the same time.
pub(crate) const AT_ONCE: usize = 4;

/// Indexes that refer to indexes are followed so deep.
const INDEXES: usize = 4;

/// Reads an image of a registry.
pub(crate) async fn unpack(
    registry: &Registry,
    digest: &Digest,
    keep: &Keep,
    limits: &Limits,
    progress: &Arc<dyn Progress>,
) -> Result<FileTree, UnpackError> {
    let (_, ImageManifest { layers, config: _ }, _) = manifest(registry, digest).await?;
    check(&layers, limits)?;
    progress.event(Event::Layers(&layers));
    let (senders, receivers): (Vec<_>, Vec<_>) = layers.iter().map(|_| pipe()).unzip();
    let decoded = spawn_blocking({
        let (keep, limits, layers) = (keep.clone(), limits.clone(), layers.clone());
        move || decode(layers.into_iter().zip(receivers), &keep, &limits)
    });
    // What is owned here lets the future move between threads: rustc cannot tell that of a borrow (rust-lang/rust#110338).
    let downloads = stream::iter(layers.into_iter().zip(senders).enumerate())
        .map(|(place, (layer, sender))| download(registry, Some(place), layer, sender, &**progress))
        .buffer_unordered(AT_ONCE);
    while_reading(decoded, downloads.collect()).await
}

/// What a reading thread makes of what is sent to it. When it gives up, nothing more is waited for.
pub(crate) async fn while_reading<T>(
    mut reading: JoinHandle<Result<T, UnpackError>>,
    sending: impl Future<Output = ()>,
) -> Result<T, UnpackError> {
    let read = tokio::select! {
        read = &mut reading => read,
        () = sending => reading.await,
    };
    read.map_err(|_| UnpackError::Interrupted)?
}

/// Reads an image of the file system. Blocks.
pub(crate) fn unpack_stored(
    store: &ImageStore,
    name: Option<&str>,
    keep: &Keep,
    limits: &Limits,
) -> Result<FileTree, UnpackError> {
    let (_, _, ImageManifest { layers, config: _ }, _) = stored_manifest(store, name, limits)?;
    check(&layers, limits)?;
    let open = |layer: Descriptor| store.blob(&layer).map(|blob| (layer, blob));
    let layers = layers.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
    decode(layers, keep, limits)
}

/// The manifest of the image for this host, in the file system, and which one that is where an index has several. Blocks.
pub(crate) fn stored_manifest(
    store: &ImageStore,
    name: Option<&str>,
    limits: &Limits,
) -> Result<(Descriptor, Vec<u8>, ImageManifest, Option<Chosen>), UnpackError> {
    let (mut descriptor, mut chosen) = (store.find(name)?, None);
    for _ in 0..INDEXES {
        let bytes = store.content(&descriptor, limits.manifest_bytes)?;
        let fail = |source| UnpackError::Manifest { image: descriptor.digest.to_string(), source };
        let announced = Some(descriptor.media_type.as_str());
        match Manifest::parse(&bytes, announced).map_err(fail)? {
            Manifest::Image(image) => {
                let media_type = Manifest::media_type(&bytes, announced).map_err(fail)?.to_owned();
                return Ok((Descriptor { media_type, ..descriptor }, bytes, image, chosen));
            }
            Manifest::Index(index) => {
                let entry = index.choose(&Platform::host()).map_err(fail)?;
                chosen = Some(Chosen::new(&index, entry));
                descriptor = entry.descriptor.clone();
            }
        }
    }
    Err(UnpackError::TooManyIndexes { limit: INDEXES })
}

/// The manifest of the image for this host, in a registry, and which one that is where an index has several.
pub(crate) async fn manifest(
    registry: &Registry,
    digest: &Digest,
) -> Result<(RawManifest, ImageManifest, Option<Chosen>), UnpackError> {
    let (mut raw, mut chosen) = (registry.manifest(&digest.to_string()).await?, None);
    for _ in 0..INDEXES {
        match decoded(registry, &raw)? {
            Manifest::Image(image) => return Ok((raw, image, chosen)),
            Manifest::Index(index) => {
                let entry =
                    index.choose(&Platform::host()).map_err(|source| broken(registry, &raw, source))?;
                chosen = Some(Chosen::new(&index, entry));
                raw = registry.manifest(&entry.descriptor.digest.to_string()).await?;
            }
        }
    }
    Err(UnpackError::TooManyIndexes { limit: INDEXES })
}

fn decoded(registry: &Registry, raw: &RawManifest) -> Result<Manifest, UnpackError> {
    raw.decode().map_err(|source| broken(registry, raw, source))
}

fn broken(registry: &Registry, raw: &RawManifest, source: ManifestError) -> UnpackError {
    UnpackError::Manifest {
        image: registry.reference().pinned(raw.descriptor.digest.clone()).to_string(),
        source,
    }
}

/// Refuses layers that are too many, too large, or no archives.
fn check(layers: &[Descriptor], limits: &Limits) -> Result<(), UnpackError> {
    check_amount(layers, 0, limits.tree.input_bytes(), limits)?;
    // Their content tells how they are compressed; their type, whether they are archives at all.
    match layers
        .iter()
        .find(|layer| !layer.media_type.contains("tar") || layer.media_type.contains("encrypted"))
    {
        None => Ok(()),
        Some(layer) => Err(UnpackError::LayerType {
            digest: layer.digest.clone(),
            media_type: layer.media_type.chars().take(200).collect(),
        }),
    }
}

/// Refuses layers that are too many, or too large together, with what else is taken of their image. Each is as large as it is said to
/// be, or refused when it is read.
pub(crate) fn check_amount(
    layers: &[Descriptor],
    more: u64,
    limit: u64,
    limits: &Limits,
) -> Result<(), UnpackError> {
    if layers.len() > limits.layers {
        return Err(UnpackError::TooManyLayers { layers: layers.len(), limit: limits.layers });
    }
    let size = layers.iter().fold(more, |size, layer| size.saturating_add(layer.size));
    if size > limit { Err(UnpackError::ImageTooLarge { size, limit }) } else { Ok(()) }
}

/// Passes a blob on, as fast as it is read, and ends when all of it was, that it may count as one of the few until then.
/// Its progress is told where it has a place among the layers.
pub(crate) async fn download(
    registry: &Registry,
    place: Option<usize>,
    layer: Descriptor,
    sender: Sender<RegistryError>,
    progress: &dyn Progress,
) {
    let emptied = sender.emptied();
    pass_on(registry, place, layer, sender, progress).await;
    emptied.await;
}

async fn pass_on(
    registry: &Registry,
    place: Option<usize>,
    layer: Descriptor,
    sender: Sender<RegistryError>,
    progress: &dyn Progress,
) {
    let mut blob = match registry.blob(&layer).await {
        Ok(blob) => blob,
        // Where the decoder has given up, it has said why.
        Err(error) => return drop(sender.fail(error)),
    };
    let mut received = 0;
    loop {
        match blob.next().await {
            Ok(Some(bytes)) => {
                received += bytes.len() as u64;
                if let Some(layer) = place {
                    progress.event(Event::Received { layer, bytes: received });
                }
                if sender.send(bytes).await.is_err() {
                    return;
                }
            }
            Ok(None) => {
                if let Some(layer) = place {
                    progress.event(Event::Done { layer });
                }
                return drop(sender.end());
            }
            Err(error) => return drop(sender.fail(error)),
        }
    }
}

/// Puts layers on top of each other, in their order.
fn decode<R: Read>(
    layers: impl IntoIterator<Item = (Descriptor, R)>,
    keep: &Keep,
    limits: &Limits,
) -> Result<FileTree, UnpackError> {
    let mut tree = Layers::new(keep, &limits.tree);
    for (Descriptor { digest, .. }, mut content) in layers {
        layer::apply(&mut tree, &mut content).map_err(|broken| broken.explain(digest))?;
    }
    tree.finish().map_err(UnpackError::Tree)
}
