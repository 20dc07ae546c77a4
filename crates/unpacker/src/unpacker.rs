//! The way from a source to its files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rukpak_oci::http::{HttpClient, HttpOptions};
use rukpak_oci::{Action, Reference, Registry};
use rukpak_tree::{FileTree, Keep};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::cache::{Cache, CacheError, Claim, Key};
use crate::flight::Flights;
use crate::scratch::{self, Scratch};
use crate::{
    Access, BundleDir, ConfigMapFiles, Event, GitRevision, HttpSource, Limits, Pinned, Progress, Source,
    UnpackError, config_maps, git, host, http, image,
};

/// Whom a client trusts: certificates in PEM, and whether any will do.
type Trust = (Option<String>, bool);

/// Clients that are kept, each with its connections.
const CLIENTS: usize = 16;

/// Commits that are fetched at the same time. A repository takes up to [`Limits::git_bytes`] of the disk for temporary files, and its
/// largest objects up to a few times what git may allocate at once of the memory that a provisioner shares with it.
pub const GIT_AT_ONCE: usize = 2;

/// Turns sources into file trees. Made once and shared.
#[derive(Debug)]
pub struct Unpacker {
    cache: Option<Cache>,
    keep: Keep,
    limits: Limits,
    clients: Mutex<HashMap<Trust, Arc<HttpClient>>>,
    flights: Flights<Arc<BundleDir>>,
    /// A permit for each commit that may be fetched now.
    git: Arc<Semaphore>,
}

impl Unpacker {
    /// An unpacker that keeps these folders, and what it fetched in this cache.
    #[must_use]
    pub fn new(cache: Option<Cache>, keep: Keep, limits: Limits) -> Self {
        let git = Arc::new(Semaphore::new(GIT_AT_ONCE));
        Self { cache, keep, limits, clients: Mutex::default(), flights: Flights::default(), git }
    }

    /// How much is accepted.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Resolves a source and unpacks what it means now.
    pub async fn fetch(
        &self,
        source: &Source,
        access: &Access,
        progress: &Arc<dyn Progress>,
    ) -> Result<Arc<BundleDir>, UnpackError> {
        let work = async {
            let (pinned, found) = Box::pin(self.look_up(source, access, progress)).await?;
            match found {
                Found::Content(content) => Ok(content),
                Found::Registry(registry) => self.get(&pinned, access, Some(&registry), progress).await,
                Found::Nothing => self.get(&pinned, access, None, progress).await,
            }
        };
        self.in_time(source, work).await
    }

    /// What a source means now. Asks the network, unless the source says it itself.
    pub async fn resolve(
        &self,
        source: &Source,
        access: &Access,
        progress: &Arc<dyn Progress>,
    ) -> Result<Pinned, UnpackError> {
        let work = async { Ok(Box::pin(self.look_up(source, access, progress)).await?.0) };
        self.in_time(source, work).await
    }

    /// The files of a pinned source: from the cache, or fetched. However many ask for the same at once, it is fetched once.
    pub async fn unpack(
        &self,
        pinned: &Pinned,
        access: &Access,
        progress: &Arc<dyn Progress>,
    ) -> Result<Arc<BundleDir>, UnpackError> {
        self.in_time(pinned, self.get(pinned, access, None, progress)).await
    }

    /// The files of a source that says itself what it means, if they are in the cache. Nothing is asked of anybody.
    pub async fn cached(&self, source: &Source, progress: &Arc<dyn Progress>) -> Option<Arc<BundleDir>> {
        let pinned = source.pinned()?;
        let tree = self.look_in_cache(&pinned.key(&self.keep)?, progress).await?;
        Some(Arc::new(BundleDir::new(pinned, tree)))
    }

    /// Makes a directory of the files of a source that says itself what it means, if they are in the cache and there are any, without
    /// a tree in memory. Whether it did so. Nothing is asked of anybody. Blocks.
    ///
    /// The directory is written as [`FileTree::write_directory`] writes one.
    pub fn write_cached(
        &self,
        source: &Source,
        directory: &Path,
        progress: &Arc<dyn Progress>,
    ) -> Result<bool, UnpackError> {
        let Some(cache) = &self.cache else { return Ok(false) };
        let Some(key) = source.pinned().and_then(|pinned| pinned.key(&self.keep)) else { return Ok(false) };
        let Some(copied) = warned(cache.copy(&key, &self.limits.tree, directory), progress) else {
            return Ok(false);
        };
        let is_written = copied.map_err(UnpackError::Tree)?;
        if is_written {
            progress.event(Event::Cached);
        }
        Ok(is_written)
    }

    /// Keeps files that were handed in under a name of the caller's, instead of what was kept so before.
    pub async fn keep_as(&self, name: &str, content: &Arc<BundleDir>, progress: &Arc<dyn Progress>) {
        self.put_at_once(&self.key_of_kept(name), content, progress).await;
    }

    /// Files that were kept under a name, if they are in the cache yet: as those of one ConfigMap that is called so.
    pub async fn kept_as(
        &self,
        name: &str,
        called: &str,
        progress: &Arc<dyn Progress>,
    ) -> Option<Arc<BundleDir>> {
        let tree = self.look_in_cache(&self.key_of_kept(name), progress).await?;
        let files = tree.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
        let map = ConfigMapFiles { name: called.to_owned(), path: String::new(), files };
        Some(Arc::new(BundleDir::new(Pinned::ConfigMaps(vec![map]), tree)))
    }

    fn key_of_kept(&self, name: &str) -> Key {
        Key::of("kept", &[name], &self.keep)
    }

    /// A client for a registry or web server that is trusted so.
    pub fn client(&self, access: &Access) -> Result<Arc<HttpClient>, UnpackError> {
        let trust = (access.certificates.clone(), access.insecure_skip_verify);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&trust) {
            return Ok(Arc::clone(client));
        }
        let (certificates, insecure_skip_tls_verify) = trust.clone();
        let idle = self.limits.idle;
        let options = HttpOptions { certificates, insecure_skip_tls_verify, idle, ..HttpOptions::default() };
        let client = Arc::new(HttpClient::new(options)?);
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(trust, Arc::clone(&client));
        Ok(client)
    }

    /// The repository of an image.
    pub async fn registry(
        &self,
        reference: &Reference,
        action: Action,
        access: &Access,
    ) -> Result<Registry, UnpackError> {
        let credentials = access.keyring.credentials(reference).await?;
        let manifest_bytes = self.limits().manifest_bytes;
        Ok(Registry::new(self.client(access)?, reference, action, access.scheme, credentials, manifest_bytes))
    }

    /// What comes of work, if it comes within the time that one fetch may take.
    pub(crate) async fn in_time<T>(
        &self,
        what: &impl ToString,
        work: impl Future<Output = Result<T, UnpackError>>,
    ) -> Result<T, UnpackError> {
        let limit = self.limits.time;
        timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(UnpackError::TimedOut { what: what.to_string(), limit }))
    }

    /// What a source means now, and what was found on the way.
    async fn look_up(
        &self,
        source: &Source,
        access: &Access,
        progress: &Arc<dyn Progress>,
    ) -> Result<(Pinned, Found), UnpackError> {
        let pinned = match source {
            Source::Image(reference) => {
                let (digest, found) = if let Some(digest) = reference.digest() {
                    (digest.clone(), Found::Nothing)
                } else {
                    let registry = self.registry(reference, Action::Pull, access).await?;
                    (registry.resolve().await?, Found::Registry(registry))
                };
                let pinned = reference.pinned(digest);
                progress.event(Event::Resolved(&pinned));
                return Ok((Pinned::Image(pinned), found));
            }
            Source::Git(source) => {
                let scratch = match source.revision {
                    GitRevision::Commit(_) => None,
                    _ => Some(Scratch::below(scratch::parent(), None).await?),
                };
                let path = scratch.as_ref().map_or(Path::new("/nonexistent"), Scratch::path);
                let commit = git::resolve(source, access, &self.limits, path).await;
                if let Some(scratch) = scratch {
                    scratch.close().await;
                }
                Pinned::Git(commit?)
            }
            Source::Http(HttpSource { url, sha256: Some(sha256) }) => {
                Pinned::Http { url: url.clone(), sha256: sha256.clone() }
            }
            Source::Http(HttpSource { url, sha256: None }) => {
                let client = self.client(access)?;
                let (sha256, tree) =
                    http::fetch(&client, url, None, access, &self.keep, &self.limits, progress).await?;
                let pinned = Pinned::Http { url: url.clone(), sha256 };
                let content = Arc::new(BundleDir::new(pinned.clone(), tree));
                if let Some(key) = pinned.key(&self.keep) {
                    self.put_at_once(&key, &content, progress).await;
                }
                return Ok((pinned, Found::Content(content)));
            }
            Source::ConfigMaps(maps) => Pinned::ConfigMaps(maps.clone()),
            host => Pinned::Host(host.clone()),
        };
        Ok((pinned, Found::Nothing))
    }

    /// The files of a pinned source. A registry that let us in before is not asked anew how it wants to be asked.
    async fn get(
        &self,
        pinned: &Pinned,
        access: &Access,
        registry: Option<&Registry>,
        progress: &Arc<dyn Progress>,
    ) -> Result<Arc<BundleDir>, UnpackError> {
        let Some(key) = pinned.key(&self.keep) else {
            let tree = Box::pin(self.read(pinned, access, None, progress)).await?;
            return Ok(Arc::new(BundleDir::new(pinned.clone(), tree)));
        };
        if !access.verify_access {
            return self.get_shared(&key, pinned, access, registry, progress).await;
        }
        if let Pinned::Image(reference) = pinned {
            let registry = self.verified(reference, access, registry).await?;
            return self.get_shared(&key, pinned, access, Some(&registry), progress).await;
        }
        // It is fetched whatever others fetch.
        let tree = Box::pin(self.read(pinned, access, registry, progress)).await?;
        let content = Arc::new(BundleDir::new(pinned.clone(), tree));
        self.put_at_once(&key, &content, progress).await;
        Ok(content)
    }

    /// A registry that gives us the manifest of an image. Whoever has that, byte for byte, may have what it names; a digest alone any
    /// server could say.
    async fn verified(
        &self,
        reference: &Reference,
        access: &Access,
        registry: Option<&Registry>,
    ) -> Result<Registry, UnpackError> {
        let registry = match registry {
            Some(registry) => registry.clone(),
            None => self.registry(reference, Action::Pull, access).await?,
        };
        if let Some(digest) = reference.digest() {
            registry.manifest(&digest.to_string()).await?;
        }
        Ok(registry)
    }

    /// What the cache has under a key, or what another caller fetches just now; only then it is fetched.
    ///
    /// Who fetches the same from the same place is waited for as long as that takes, since it would take as long again. Who fetches
    /// it from elsewhere, or is another process, is waited for as long as a source may say nothing: whoever names a digest could
    /// hold up all who want the same otherwise.
    async fn get_shared(
        &self,
        key: &Key,
        pinned: &Pinned,
        access: &Access,
        registry: Option<&Registry>,
        progress: &Arc<dyn Progress>,
    ) -> Result<Arc<BundleDir>, UnpackError> {
        let place = pinned.place();
        let found = self.flights.join(key, &place, async {
            if let Some(tree) = self.look_in_cache(key, progress).await {
                return Ok::<_, UnpackError>(Arc::new(BundleDir::new(pinned.clone(), tree)));
            }
            let claim = self.claim(key, self.limits.idle, progress).await;
            // Whoever had the claim before has most likely left what we want.
            if let Some(tree) = self.look_in_cache(key, progress).await {
                return Ok(Arc::new(BundleDir::new(pinned.clone(), tree)));
            }
            let tree = Box::pin(self.read(pinned, access, registry, progress)).await?;
            let content = Arc::new(BundleDir::new(pinned.clone(), tree));
            self.put(claim, &content, progress).await;
            Ok(content)
        });
        let found = found.await?;
        // Another caller may have named the same content otherwise.
        Ok(if found.pinned() == pinned {
            found
        } else {
            Arc::new(BundleDir::new(pinned.clone(), found.tree().clone()))
        })
    }

    /// Reads a source that is not in the cache.
    async fn read(
        &self,
        pinned: &Pinned,
        access: &Access,
        registry: Option<&Registry>,
        progress: &Arc<dyn Progress>,
    ) -> Result<FileTree, UnpackError> {
        let Self { keep, limits, .. } = self;
        match pinned {
            Pinned::Image(reference) => {
                let registry = match registry {
                    Some(registry) => registry.clone(),
                    None => self.registry(reference, Action::Pull, access).await?,
                };
                let digest = match reference.digest() {
                    Some(digest) => digest.clone(),
                    None => registry.resolve().await?,
                };
                image::unpack(&registry, &digest, keep, limits, progress).await
            }
            Pinned::Git(commit) => {
                // It is never closed.
                let permit = Arc::clone(&self.git).acquire_owned().await.ok();
                let scratch = Scratch::below(scratch::parent(), permit).await?;
                let tree = git::fetch(commit, access, keep, limits, scratch.path()).await;
                scratch.close().await;
                Ok(tree?)
            }
            Pinned::Http { url, sha256 } => {
                let client = self.client(access)?;
                let (_, tree) =
                    http::fetch(&client, url, Some(sha256), access, keep, limits, progress).await?;
                Ok(tree)
            }
            Pinned::ConfigMaps(maps) => config_maps::unpack(maps, &limits.tree),
            Pinned::Host(source) => {
                let (source, keep, limits) = (source.clone(), keep.clone(), limits.clone());
                let read = spawn_blocking(move || host::read(&source, &keep, &limits));
                read.await.map_err(|_| UnpackError::Interrupted)?
            }
        }
    }

    async fn look_in_cache(&self, key: &Key, progress: &Arc<dyn Progress>) -> Option<FileTree> {
        let (cache, key, limits) = (self.cache.clone()?, key.clone(), self.limits.tree.clone());
        let found = spawn_blocking(move || cache.get(&key, &limits)).await.ok()?;
        let tree = warned(found, progress)??;
        progress.event(Event::Cached);
        Some(tree)
    }

    async fn claim(&self, key: &Key, patience: Duration, progress: &Arc<dyn Progress>) -> Option<Claim> {
        warned(self.cache.as_ref()?.claim(key, patience).await, progress)
    }

    /// Keeps what is here already, whoever fetches it just now.
    async fn put_at_once(&self, key: &Key, content: &Arc<BundleDir>, progress: &Arc<dyn Progress>) {
        let claim = self.claim(key, Duration::ZERO, progress).await;
        self.put(claim, content, progress).await;
    }

    /// Keeps what was fetched, and does not wait for that.
    async fn put(&self, claim: Option<Claim>, content: &Arc<BundleDir>, progress: &Arc<dyn Progress>) {
        let (Some(cache), Some(claim)) = (self.cache.clone(), claim) else { return };
        let (content, progress, limits) =
            (Arc::clone(content), Arc::clone(progress), self.limits.tree.clone());
        let turn = cache.turn().await;
        spawn_blocking(move || {
            warned(cache.put(&claim, content.tree(), &limits), &progress);
            // The claim first, which removes what it worked with: once all turns are over nothing is left of it.
            drop(claim);
            drop(turn);
        });
    }
}

/// What is at hand once a source was looked up.
enum Found {
    Nothing,
    /// The registry, and who we are there.
    Registry(Registry),
    /// What had to be read to know what it is.
    Content(Arc<BundleDir>),
}

/// What there is of a result; an error of the cache is told and gone.
fn warned<T>(result: Result<T, CacheError>, progress: &Arc<dyn Progress>) -> Option<T> {
    result.inspect_err(|error| progress.event(Event::Warning(&told(error)))).ok()
}

fn told(error: &CacheError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
