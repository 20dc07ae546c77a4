//! Processes: servers that end with who started them, and runs of programs on a host of their own.
//!
//! What cannot be set up ends the test.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::programs;

/// How long a run may take at most. None should take a tenth of it.
const PATIENCE: Duration = Duration::from_mins(2);

/// What differs between two runs of a test in what is said, and what a snapshot has instead.
pub const VARIES: [(&str, &str); 3] = [
    (r"(127\.0\.0\.1|localhost):\d+", "$1:[PORT]"),
    (r"sha256:[0-9a-f]{64}", "sha256:[DIGEST]"),
    (r"/\S*/\.tmp\w+/", "[HOST]/"),
];

/// A process that is killed when this is dropped, and, where `setpriv` is installed, also when the thread that started it is
/// gone without doing so.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// A command for a program; [`Process::start`] starts it.
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        match setpriv() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(DIES).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    /// Starts a command.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// The child that is held.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

/// How `setpriv` is told that what it becomes dies with the thread that started it.
const DIES: [&str; 3] = ["--pdeathsig", "KILL", "--"];

/// Where it is, and can do that: busybox' cannot.
fn setpriv() -> Option<&'static Path> {
    static FOUND: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let found = programs::find("setpriv")?;
        let tried = Command::new(&found).args(DIES).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success()).then_some(found)
    });
    FOUND.as_deref()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The command lines of the processes that have this directory in their environment. Those that ended and were not waited for
/// have none.
pub fn of_directory(directory: &Path) -> io::Result<Vec<String>> {
    let wanted = directory.as_os_str().as_bytes();
    let mentions = |environment: &[u8]| environment.windows(wanted.len()).any(|window| window == wanted);
    let mut found = Vec::new();
    for process in fs::read_dir("/proc")?.flatten() {
        // Processes come and go.
        let Ok(environment) = fs::read(process.path().join("environ")) else { continue };
        if mentions(&environment) {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    Ok(found)
}

/// A person's place on this host: a home, a cache, a place for temporary files, and a directory to work in. Programs see
/// nothing else of the environment but `PATH`.
#[derive(Debug)]
pub struct Host(TempDir);

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Run {
    /// The output of a run that has to be a success.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "that it was a success is all that most want to know")]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// What a run says that has to fail, and to print nothing.
    #[must_use]
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{}", self.stderr);
        self.stderr
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Host {
    /// A new one, with nothing there.
    #[must_use]
    pub fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        for directory in ["home", "cache", "temporary", "work"] {
            fs::create_dir(host.0.path().join(directory)).unwrap();
        }
        host
    }

    /// The home.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.0.path().join("home")
    }

    /// Where `rukpakctl` has its cache.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.0.path().join("cache/rukpak")
    }

    /// Something in the directory to work in.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    /// Writes a file, relative to the directory to work in.
    #[must_use]
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A command that runs here.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", self.home()).env("XDG_CACHE_HOME", self.0.path().join("cache"));
        command.env("TMPDIR", self.0.path().join("temporary")).current_dir(self.path(""));
        command
    }

    /// The command line, to be run here.
    pub fn rukpakctl<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(programs::rukpakctl());
        command.args(arguments);
        command
    }

    /// Runs the command line here.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        run(&mut self.rukpakctl(arguments))
    }

    /// The same, with an address space of so many MiB.
    pub fn run_within<S: AsRef<OsStr>>(&self, mebibytes: u32, arguments: impl IntoIterator<Item = S>) -> Run {
        run(self.command("sh").args(within(mebibytes)).args(arguments))
    }

    /// What lies where nothing may stay: temporary files, and the cache's work in progress.
    #[must_use]
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let places = [self.0.path().join("temporary"), self.cache().join("work")];
        places.iter().flat_map(|place| below(place)).collect()
    }
}

/// What `sh` is given to become the command line, with an address space of so many MiB.
pub(crate) fn within(mebibytes: u32) -> [OsString; 3] {
    let limited = format!("ulimit -v {}; exec \"$0\" \"$@\"", mebibytes * 1024);
    ["-c".into(), limited.into(), programs::rukpakctl().into()]
}

/// All files and directories below a directory, sorted.
#[must_use]
pub fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

/// The files below a directory by their paths in it, with their contents.
#[must_use]
pub fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
    let files = below(directory).into_iter().filter(|path| path.is_file());
    files.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    run_with(command, &[])
}

/// The same, with something on its standard input.
pub fn run_with(command: &mut Command, input: &[u8]) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = Process::start(command).unwrap();
    let child = process.child();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    // Who does not want to know more hangs up.
    thread::spawn(move || stdin.write_all(&input));
    let (stdout, stderr) = (text(child.stdout.take().unwrap()), text(child.stderr.take().unwrap()));
    let start = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        assert!(start.elapsed() < PATIENCE, "{command:?} takes too long");
        thread::sleep(Duration::from_millis(2));
    };
    Run { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn text(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        pipe.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    })
}
