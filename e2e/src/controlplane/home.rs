//! The files of a control plane: which there are, and where.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What the kernel allows of a socket's path, the last zero included.
const SOCKET_PATH_BYTES: usize = 108;

/// The directory of a control plane.
#[derive(Debug, Clone)]
pub(super) struct Home(PathBuf);

impl Home {
    /// Fails where the path is too long for the sockets in it.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let home = Self(path.to_owned());
        let bytes = home.etcd_peer_socket().as_os_str().len();
        if bytes >= SOCKET_PATH_BYTES {
            let path = path.display();
            return Err(io::Error::other(format!(
                "a socket in {path} has a path of {bytes} bytes; set TMPDIR"
            )));
        }
        Ok(home)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The same, as a program takes it.
    pub(super) fn argument(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    pub(super) fn write(&self, name: &str, content: &str) -> io::Result<()> {
        fs::write(self.file(name), content)
    }

    pub(super) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.file(&format!("{user}.kubeconfig"))
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.file("logs")
    }

    /// Of a program; more is written behind what there is.
    pub(super) fn log(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(self.logs().join(format!("{name}.log")))
    }

    /// The last lines that a program has logged.
    pub(super) fn end_of_log(&self, name: &str) -> String {
        let log = fs::read(self.logs().join(format!("{name}.log"))).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n")
    }

    pub(super) fn audit_log(&self) -> PathBuf {
        self.logs().join("audit.log")
    }

    pub(super) fn control_socket(&self) -> PathBuf {
        self.file("control.sock")
    }

    pub(super) fn egress_socket(&self) -> PathBuf {
        self.file("egress.sock")
    }

    /// The longest of them.
    pub(super) fn etcd_peer_socket(&self) -> PathBuf {
        self.file("etcd-peer.sock")
    }

    pub(super) fn etcd_socket(&self) -> PathBuf {
        self.file("etcd.sock")
    }
}
