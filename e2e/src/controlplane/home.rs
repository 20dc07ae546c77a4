//! The files of a control plane: which there are, and where.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the kernel allows of a socket's path, the last zero included.
const SOCKET_PATH_BYTES: usize = 108;

/// What the names of the directories begin with.
pub(super) const PREFIX: &str = "e2e-controlplane-";

/// How long nothing changes in the directory of a control plane that starts or ends, at most.
const PATIENCE: Duration = Duration::from_mins(15);

/// Deletes the directories of control planes that were killed, which have their authorities' keys: those of our user where nobody
/// answers, and that nobody works at.
pub(super) fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        // Others sweep, too.
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left(&entry.path()).unwrap_or(false)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

fn is_left(path: &Path) -> io::Result<bool> {
    let metadata = path.symlink_metadata()?;
    let is_ours = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    let is_old = metadata.modified()?.elapsed().is_ok_and(|age| age > PATIENCE);
    let answers = || UnixStream::connect(Home(path.to_owned()).control_socket());
    Ok(is_ours
        && is_old
        && answers().is_err_and(|error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
        }))
}

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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_a_killed_control_plane_left_is_swept_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let home = |name: &str, age: Duration| {
            let home = Home(directory.path().join(name));
            fs::create_dir(home.path()).unwrap();
            home.write("ca.key", "secret").unwrap();
            let listener = UnixListener::bind(home.control_socket()).unwrap();
            File::open(home.path()).unwrap().set_modified(SystemTime::now() - age).unwrap();
            listener
        };
        let old = PATIENCE * 2;
        drop(home("e2e-controlplane-killed", old));
        drop(home("e2e-controlplane-ending", Duration::ZERO));
        drop(home("another", old));
        let _listener = home("e2e-controlplane-running", old);
        sweep(directory.path()).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["another", "e2e-controlplane-ending", "e2e-controlplane-running"]);
    }
}
