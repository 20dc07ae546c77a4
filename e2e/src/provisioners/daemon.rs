//! One provisioner as a process.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::SYSTEM;
use super::kept::Kept;
use crate::process::Process;
use crate::programs;

/// How long one may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(15);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// For registry+v1 bundles.
    RegistryV1,
    /// For plain ones.
    Plain,
}

impl Which {
    /// Both.
    pub const ALL: [Self; 2] = [Self::RegistryV1, Self::Plain];

    /// What its program and its `ServiceAccount` are called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RegistryV1 => "provisioner-registry-v1",
            Self::Plain => "provisioner-plain",
        }
    }

    /// The class of its `BundleDeployments`.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::RegistryV1 => "core-rukpak-io-registry",
            Self::Plain => "core-rukpak-io-plain",
        }
    }

    /// Who it is to the API server.
    #[must_use]
    pub fn user(self) -> String {
        format!("system:serviceaccount:{SYSTEM}:{}", self.name())
    }
}

/// A provisioner. Its files stay when it ends.
#[derive(Debug)]
pub struct Daemon {
    which: Which,
    directory: PathBuf,
    running: Mutex<Option<Kept>>,
    /// Whether it was started with other arguments than usual.
    is_special: AtomicBool,
}

impl Daemon {
    /// One that does not run yet, with a directory of its own.
    pub(super) fn new(which: Which, directory: &Path, kubeconfig: &[u8]) -> Self {
        fs::create_dir_all(directory).unwrap();
        fs::write(directory.join("kubeconfig"), kubeconfig).unwrap();
        Self {
            which,
            directory: directory.to_owned(),
            running: Mutex::default(),
            is_special: AtomicBool::new(false),
        }
    }

    /// Starts it, with these arguments besides.
    pub fn start(&self, arguments: &[&str]) {
        let log = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = Process::command(programs::provisioner(self.which.name()));
        command.arg("--kubeconfig").arg(self.kubeconfig());
        command.arg("--cache-dir").arg(self.cache()).args(["--http-bind-address", "127.0.0.1:0"]);
        command.args(["--log-level", "info,rukpak_provisioner=debug"]).args(arguments).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("HOME", &self.directory);
        // As the manifests have it.
        command.env("MALLOC_ARENA_MAX", "1");
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.is_special.store(!arguments.is_empty(), Ordering::SeqCst);
        *self.running() = Some(Kept::start(command));
    }

    /// Sees to it that it runs as usual.
    pub(super) fn restore(&self) {
        let is_usual = !self.is_special.load(Ordering::SeqCst) && self.state() == "running";
        if !is_usual {
            self.kill();
            self.start(&[]);
        }
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(&self) {
        drop(self.running().take());
    }

    /// Ends it as a cluster does, and waits for that.
    pub fn stop(&self) {
        let Some(mut kept) = self.running().take() else { return };
        let id = i32::try_from(kept.id()).ok().and_then(Pid::from_raw).unwrap();
        let _ = kill_process(id, Signal::TERM);
        let start = Instant::now();
        while kept.ended().is_none() {
            assert!(start.elapsed() < PATIENCE, "{} does not end:\n{}", self.which.name(), self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Everything that it has logged since it was started first.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap()).into_owned()
    }

    /// Where it listens, or the one that ran here before; `None` before it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let log = self.log();
        let line = log.lines().rfind(|line| line.contains("the server listens"))?;
        let (_, address) = line.split_once("address=")?;
        address.split_whitespace().next()?.parse().ok()
    }

    /// How it gets at the API server.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// The directory of its cache.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.directory.join("cache")
    }

    /// Removes all that is in it, as if the process were a new Pod.
    pub fn empty_cache(&self) {
        for entry in fs::read_dir(self.cache()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(&path).unwrap() } else { fs::remove_file(&path).unwrap() }
        }
    }

    /// Whether it runs.
    #[must_use]
    pub fn state(&self) -> String {
        match self.running().as_mut().map(Kept::ended) {
            None => "not started".into(),
            Some(None) => "running".into(),
            Some(Some(status)) => format!("ended by itself: {status}\n{}", self.log()),
        }
    }

    /// Bytes of its highest resident set, since it was started.
    #[must_use]
    pub fn most_resident(&self) -> u64 {
        let id = self.running().as_mut().map(Kept::id).unwrap();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        most.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn running(&self) -> MutexGuard<'_, Option<Kept>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
