//! The registry that is pulled from.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How long it may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running registry, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Registry {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Registry {
    /// Starts it, with its storage in a folder.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        // Free a moment ago, which is good enough for a benchmark.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let config = folder.join("registry.yml");
        let storage = folder.join("registry");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\n\
             http: {{addr: '{address}'}}\n",
            storage.display()
        );
        fs::write(&config, text)?;
        let child = Command::new(program)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let registry = Self { child, address };
        let start = Instant::now();
        while TcpStream::connect(&registry.address).is_err() {
            ensure!(start.elapsed() < PATIENCE, "the registry does not come up");
            sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
