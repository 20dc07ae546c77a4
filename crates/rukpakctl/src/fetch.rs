//! Fetching what SOURCE names: credentials and the cache from where they usually are, progress on standard error.

use std::env;
use std::fs;
use std::future::ready;
use std::io;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use rukpak_oci::{Keyring, Scheme};
use rukpak_tree::{Keep, ShownPath};
use rukpak_unpacker::{Access, BundleDir, Cache, Limits, Progress, Source, Unpacker};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{AccessFlags, Bundle};
use crate::progress;

/// The exit codes of a program that `^C` or `kill` ends, as shells report them.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// How long what was begun on other threads has to notice that it is given up, and to clear up. One may read from standard input for
/// ever.
const CLEARING: Duration = Duration::from_secs(1);

/// Where what was fetched is kept.
static CACHE: LazyLock<Option<Cache>> = LazyLock::new(|| Some(Cache::new(cache_directory()?, Cache::BYTES)));

/// What all that is fetched for one command shares.
pub(crate) struct Fetcher {
    pub(crate) unpacker: Unpacker,
    pub(crate) access: Access,
    pub(crate) progress: Arc<dyn Progress>,
}

impl Fetcher {
    /// A fetcher that keeps these folders, and has what it takes to get at a registry.
    pub(crate) fn new(flags: &AccessFlags, folders: &[&str], quiet: bool) -> anyhow::Result<Self> {
        Ok(Self { access: access(flags)?, ..Self::of_host(folders, quiet) })
    }

    /// A fetcher for files of this host.
    fn of_host(folders: &[&str], quiet: bool) -> Self {
        let unpacker = Unpacker::new(CACHE.clone(), Keep::prefixes(folders), Limits::default());
        Self { unpacker, access: Access::default(), progress: progress::on_standard_error(quiet) }
    }

    /// A fetcher for a source. Credentials are looked for only where it may need some.
    pub(crate) fn for_source(
        source: &Source,
        flags: &AccessFlags,
        folders: &[&str],
        quiet: bool,
    ) -> anyhow::Result<Self> {
        match source {
            Source::Image(_) => Self::new(flags, folders, quiet),
            _ => Ok(Self::of_host(folders, quiet)),
        }
    }

    /// The files of a source.
    pub(crate) async fn fetch(&self, source: &Source) -> anyhow::Result<Arc<BundleDir>> {
        Ok(self.unpacker.fetch(source, &self.access, &self.progress).await?)
    }
}

/// Reads the folders of a bundle.
pub(crate) fn bundle(bundle: &Bundle, quiet: bool) -> anyhow::Result<Arc<BundleDir>> {
    block_on(fetch(bundle, quiet))
}

/// Fetches the folders of a bundle, and tells what the source was pinned to.
pub(crate) async fn fetch(bundle: &Bundle, quiet: bool) -> anyhow::Result<Arc<BundleDir>> {
    let source = bundle.source.source()?;
    Fetcher::for_source(&source, &bundle.access, &rukpak_bundle::FOLDERS, quiet)?.fetch(&source).await
}

/// Waits for something, or until the user has had enough. What was begun is then undone by dropping it.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    block_on_or_undo(work, ready(()))
}

/// The same, where dropping it does not undo all of it. What does is done until it is at its end, or the user has had enough again.
pub(crate) fn block_on_or_undo<T>(
    work: impl Future<Output = anyhow::Result<T>>,
    undo: impl Future<Output = ()>,
) -> anyhow::Result<T> {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    let (result, mut end) = runtime.block_on(async {
        let mut end = End::watch().context("cannot watch for interruptions")?;
        let result = tokio::select! {
            result = work => Some(result),
            _ = end.came() => None,
        };
        anyhow::Ok((result, end))
    })?;
    let Some(result) = result else {
        runtime.block_on(async {
            tokio::select! {
                () = undo => {}
                _ = end.came() => {}
            }
        });
        runtime.shutdown_timeout(CLEARING);
        bail!("interrupted");
    };
    // What comes next cannot be undone, nor does it need to. The runtime is not waited for, see above.
    thread::spawn(move || process::exit(runtime.block_on(end.came())));
    result
}

/// What ends a program from outside.
struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    fn watch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for it. The exit code that it usually has.
    async fn came(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

/// Waits until what was fetched is kept, which is done beside the work.
pub(crate) fn settle() {
    // Without a runtime there is nothing that was begun.
    if let (Some(cache), Ok(runtime)) = (&*CACHE, runtime::Builder::new_current_thread().build()) {
        runtime.block_on(cache.settled());
    }
}

fn access(flags: &AccessFlags) -> anyhow::Result<Access> {
    let AccessFlags { authfile, ca_file, insecure_skip_tls_verify, plain_http } = flags;
    let keyring = Keyring::from_environment(|name| env::var_os(name), authfile.as_deref())?;
    let certificates = match ca_file {
        None => None,
        Some(path) => Some(
            fs::read_to_string(path).with_context(|| format!("cannot read {}", ShownPath::of_host(path)))?,
        ),
    };
    let scheme = match plain_http {
        None => Scheme::Auto,
        Some(true) => Scheme::Http,
        Some(false) => Scheme::Https,
    };
    let insecure_skip_verify = *insecure_skip_tls_verify;
    Ok(Access { keyring, scheme, certificates, insecure_skip_verify, ..Access::default() })
}

/// `$XDG_CACHE_HOME/rukpak`, by default `$HOME/.cache/rukpak`.
fn cache_directory() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("rukpak"))
}
