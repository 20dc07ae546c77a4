//! The content of bundles, for those who may read it.
//!
//! In: the name of a `BundleDeployment`. Out: its content as a compressed tar archive. Every replica hands it out, the one that works and
//! those that wait: what is not in its cache is fetched by the digest that is in the status.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use rukpak_api::{BundleDeployment, BundleSource, condition};
use rukpak_apply::rights::ServiceAccount;
use rukpak_manifest::digest;
use rukpak_oci::Digest;
use rukpak_unpacker::BundleDir;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::conditions;
use crate::context::Context;
use crate::error::{ReconcileError, chain};
use crate::places::Places;
use crate::request::actor;
use crate::server::{BundleError, Bundles, Content};
use crate::sources::Named;

/// Archives that are made at the same time; the content of each is in memory.
const AT_ONCE: usize = 4;

/// Contents that are fetched at the same time for that.
const FETCHES: u16 = 2;

/// How long somebody waits for others who are served.
const WAIT: Duration = Duration::from_secs(10);

/// Parts of an archive that wait for being sent, and bytes of each.
const PARTS: (usize, usize) = (4, 64 << 10);

/// The content of the `BundleDeployments` of a class.
pub(crate) struct Archives {
    context: Arc<Context>,
    permits: Arc<Semaphore>,
    places: Places,
}

impl Archives {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        // Nobody is put into this queue: who asks waits, and goes.
        let places = Places::new(FETCHES, Arc::default());
        Self { context, permits: Arc::new(Semaphore::new(AT_ONCE)), places }
    }

    async fn content(&self, name: &str) -> Result<Content, BundleError> {
        let deployment = self.context.deployments.get(name).filter(|found| self.context.is_ours(found));
        let deployment = deployment.ok_or(BundleError::NotFound)?;
        let pin = pin(&deployment)?;
        let (files, permit) = self.files(&deployment, &pin).await?; // disk, else network
        let hashed = Arc::clone(&files);
        let digest = spawn_blocking(move || digest_of(&hashed)).await; // pure
        let digest = digest.map_err(|_| BundleError::Unavailable("the process ends".into()))?;
        Ok(Content { digest, stream: stream(files, permit).boxed() })
    }

    /// The files, with the permit to have them in memory. Whoever waits for a server leaves it to others.
    async fn files(
        &self,
        deployment: &BundleDeployment,
        pin: &BundleSource,
    ) -> Result<(Arc<BundleDir>, OwnedSemaphorePermit), BundleError> {
        let context = &self.context;
        let account = actor(deployment, context.requires_account).map_err(unavailable)?;
        let acting = context.accounts.known(context, account.as_ref()).await.map_err(unavailable)?; // cluster
        let of = deployment.metadata.uid.as_deref().unwrap_or_default();
        let named = Named { of, spec: &deployment.spec.source, pin: Some(pin) };
        let reader = context.reader(&acting);
        let permit = self.permit().await?;
        if let Some(files) = context.sources.at_hand(reader, &named).await.map_err(unavailable)? {
            return Ok((files, permit)); // cluster, disk
        }
        drop(permit);
        let shares = named.shares(account.as_ref().map(ServiceAccount::namespace));
        let place = timeout(WAIT, self.places.wait_for(&shares)).await.map_err(|_| busy())?;
        let files = context.sources.fetch(reader, &named).await.map_err(unavailable)?; // network
        let permit = self.permit().await?;
        drop(place);
        Ok((files, permit))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, BundleError> {
        let permit = timeout(WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or_else(busy)
    }
}

fn unavailable(error: impl Into<ReconcileError>) -> BundleError {
    BundleError::Unavailable(chain(&error.into()))
}

fn busy() -> BundleError {
    BundleError::Unavailable("others are served just now".into())
}

impl Bundles for Archives {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Content, BundleError>> {
        Box::pin(self.content(name))
    }
}

/// The digest of the names and contents of files.
fn digest_of(files: &BundleDir) -> String {
    let parts = files.tree().iter();
    let parts = parts.map(|(path, bytes)| (path.to_owned(), Digest::sha256(bytes).to_string().into()));
    digest(&Value::Object(parts.collect())).to_string()
}

/// What the content is pinned to: that of the newest generation, else what runs.
fn pin(deployment: &BundleDeployment) -> Result<BundleSource, BundleError> {
    let status = deployment.status.as_ref();
    let pin = status.and_then(|status| status.resolved_source.as_ref().or(status.active_source.as_ref()));
    pin.cloned().ok_or_else(|| {
        let unpacked = status.and_then(|status| conditions::find(&status.conditions, condition::UNPACKED));
        BundleError::NotUnpacked(
            unpacked.map_or("nobody looked yet".into(), |unpacked| unpacked.message.clone()),
        )
    })
}

/// An archive, made while it is read, on a thread of its own.
fn stream(
    files: Arc<BundleDir>,
    permit: OwnedSemaphorePermit,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
    unfold(State::Ready(files, permit), |state| async move {
        let mut parts = match state {
            State::Ready(files, permit) => {
                let (sender, parts) = mpsc::channel(PARTS.0);
                spawn_blocking(move || {
                    let _permit = permit;
                    let mut writer = Parts { sender: sender.clone(), part: Vec::new() };
                    if let Err(error) = write(&files, &mut writer) {
                        let _ = sender.blocking_send(Err(error));
                    }
                });
                parts
            }
            State::Reading(parts) => parts,
        };
        let part = parts.recv().await?;
        Some((part, State::Reading(parts)))
    })
}

enum State {
    Ready(Arc<BundleDir>, OwnedSemaphorePermit),
    Reading(mpsc::Receiver<io::Result<Bytes>>),
}

/// The same files make the same bytes.
fn write(files: &BundleDir, writer: &mut Parts) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(writer, Compression::default()));
    for (path, bytes) in files.tree().iter() {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len().try_into().map_err(io::Error::other)?);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, path, bytes)?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// Hands on what is written, in parts.
struct Parts {
    sender: mpsc::Sender<io::Result<Bytes>>,
    part: Vec<u8>,
}

impl Parts {
    fn send(&mut self) -> io::Result<()> {
        let part = Bytes::from(std::mem::take(&mut self.part));
        self.sender.blocking_send(Ok(part)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PARTS.1 {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() { Ok(()) } else { self.send() }
    }
}
