//! git over SSH: OpenSSH's server, run by and for the current user.

use std::fs;
use std::io::{self, Read as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Process, find};

/// Where a server that root starts keeps its children; packages make it when the service starts.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

/// How long a server may take to start.
const START: Duration = Duration::from_secs(10);

/// How often another port is tried, should someone else take it first.
const ATTEMPTS: usize = 5;

/// A server that lets one key in. It ends when it is dropped.
#[derive(Debug)]
pub struct SshServer {
    port: u16,
    user: String,
    host_key: String,
    user_key: String,
    _kept: (Process, TempDir),
}

impl SshServer {
    /// Starts a server on a free port.
    pub fn start() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let (_, host_key) = generate_key(&directory.path().join("host"))?;
        let (user_key, authorized) = generate_key(&directory.path().join("user"))?;
        fs::write(directory.path().join("authorized_keys"), authorized)?;
        let user = Command::new("id").arg("-un").output()?;
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        if user == "root" {
            fs::create_dir_all(PRIVILEGE_SEPARATION)?;
        }
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match start(directory.path()) {
                Ok((port, process)) => {
                    let kept = (process, directory);
                    return Ok(Self { port, user, host_key, user_key, _kept: kept });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::TimedOut.into()))
    }

    /// The URL of an absolute path.
    #[must_use]
    pub fn url(&self, path: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, path.display())
    }

    /// The private key that is let in.
    #[must_use]
    pub fn user_key(&self) -> &str {
        &self.user_key
    }

    /// The line of `known_hosts` for this server.
    #[must_use]
    pub fn known_hosts(&self) -> String {
        self.known_hosts_with(&self.host_key)
    }

    /// The line of `known_hosts` for this server if it had another public key.
    #[must_use]
    pub fn known_hosts_with(&self, public_key: &str) -> String {
        format!("[127.0.0.1]:{} {}\n", self.port, public_key.trim())
    }
}

/// Makes a private and a public key.
pub fn generate_key(file: &Path) -> io::Result<(String, String)> {
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "e2e", "-f"])
        .arg(file)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok((fs::read_to_string(file)?, fs::read_to_string(file.with_extension("pub"))?))
}

fn start(directory: &Path) -> io::Result<(u16, Process)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = |name: &str| directory.join(name).display().to_string();
    let configuration = [
        format!("Port {port}"),
        "ListenAddress 127.0.0.1".to_owned(),
        format!("HostKey {}", file("host")),
        format!("AuthorizedKeysFile {}", file("authorized_keys")),
        "AuthenticationMethods publickey".to_owned(),
        "AcceptEnv GIT_PROTOCOL".to_owned(),
        "LogLevel ERROR".to_owned(),
        "PermitRootLogin yes".to_owned(),
        "PidFile none".to_owned(),
        "StrictModes no".to_owned(),
        "UsePAM no".to_owned(),
    ];
    fs::write(directory.join("sshd_config"), configuration.join("\n"))?;
    // It starts itself again for each connection, for which it wants its whole path.
    let sshd = find("sshd").ok_or(io::ErrorKind::NotFound)?;
    let log = fs::File::create(directory.join("log"))?;
    let mut command = Process::command(sshd);
    command.args(["-D", "-e", "-f"]).arg(directory.join("sshd_config"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut process = Process::start(&mut command)?;
    let begin = Instant::now();
    while begin.elapsed() < START {
        if is_ssh(port) {
            return Ok((port, process));
        }
        if process.child().try_wait()?.is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(io::Error::other(fs::read_to_string(directory.join("log"))?))
}

fn is_ssh(port: u16) -> bool {
    let mut banner = [0; 4];
    TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| stream.read_exact(&mut banner)).is_ok()
        && &banner == b"SSH-"
}
