//! The programs of a control plane, as processes.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use super::HOME_VARIABLE;
use super::configuration;
use super::home::Home;
use crate::process::Process;
use crate::programs;

/// What is built, in the order in which it starts.
const PROGRAMS: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"];

/// How the garbage of a server is collected: rarely, since processors are few. It is much of an API server's work with large
/// definitions otherwise. The limit is for who makes more of it.
const COLLECTION: [(&str, &str); 2] = [("GOGC", "400"), ("GOMEMLIMIT", "1GiB")];

/// Those that run. They are killed when this is dropped, the last one first.
pub(super) struct Components {
    home: Home,
    port: u16,
    running: Vec<(&'static str, Process)>,
}

impl Components {
    pub(super) fn new(home: Home, port: u16) -> Self {
        Self { home, port, running: Vec::new() }
    }

    /// Starts one; it dies with this thread.
    pub(super) fn start(&mut self, name: &'static str) -> io::Result<()> {
        let mut command = Process::command(path(name));
        command.args(configuration::arguments(name, &self.home, self.port));
        command.env_clear().env(HOME_VARIABLE, self.home.path()).envs(COLLECTION);
        command.current_dir(self.home.path());
        let log = self.home.log(name)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // `^C` on a terminal is not for them.
        command.process_group(0);
        self.running.push((name, Process::start(&mut command)?));
        Ok(())
    }

    /// Kills one, where it runs.
    pub(super) fn stop(&mut self, name: &str) {
        self.running.retain(|(other, _)| *other != name);
    }

    pub(super) fn is_running(&self, name: &str) -> bool {
        self.running.iter().any(|(other, _)| *other == name)
    }

    /// Fails, with what it said last, where one has ended by itself.
    pub(super) fn check(&mut self) -> io::Result<()> {
        for (name, process) in &mut self.running {
            if let Some(status) = process.child().try_wait()? {
                let log = self.home.end_of_log(name);
                return Err(io::Error::other(format!("{name} has ended by itself ({status}):\n{log}")));
            }
        }
        Ok(())
    }
}

impl Drop for Components {
    fn drop(&mut self) {
        while let Some(last) = self.running.pop() {
            drop(last);
        }
    }
}

/// Fails, with what helps, where one was not built.
pub(super) fn check() -> io::Result<()> {
    for name in PROGRAMS.into_iter().chain(configuration::STAGES) {
        let path = path(name);
        if !path.is_file() {
            let text = format!("found no {}, which `make controlplane` builds", path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
    }
    Ok(())
}

/// Where one is.
pub(super) fn path(name: &str) -> PathBuf {
    programs::root().join("target/controlplane").join(name)
}
