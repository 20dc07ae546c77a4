//! The program of `bench/go`: Kubernetes' own loader, kept running so that its rounds can stand between ours.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::corpus::Corpus;
use crate::rounds::{Contender, Round};

/// Where the program has the files.
#[derive(Debug, Clone, Copy)]
enum Files {
    /// In its heap, read and split before the clock starts.
    InMemory,
    /// On disk: each is read and split within the round.
    OnDisk,
}

/// The program, running.
#[derive(Debug)]
pub(crate) struct GoProgram {
    name: String,
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl GoProgram {
    /// Starts it on the files of a corpus, with one thread that runs Go code, on the cores that this process may use.
    fn start(program: &Path, files: Files, corpus: &Corpus) -> Result<Self> {
        let title = format!("Go sigs.k8s.io/yaml {}", version(program, "sigs.k8s.io/yaml")?);
        let (mode, name) = match files {
            Files::InMemory => ("load", title),
            Files::OnDisk => ("read", format!("{title} (file by file)")),
        };
        let mut child = Command::new(program)
            .arg(mode)
            .args(corpus.files.iter().map(|file| &file.path))
            .env("GOMAXPROCS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let requests = child.stdin.take().context("the Go program has no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("the Go program has no standard output")?);
        let mut go = Self { name, child, requests, answers };
        let ready = go.line()?;
        ensure!(ready == "ready", "the Go program said {ready:?}, expected `ready`");
        Ok(go)
    }

    /// It with the files in memory, and it with the files on disk.
    pub(crate) fn start_both(program: &Path, corpus: &Corpus) -> Result<[Self; 2]> {
        let start = |files| Self::start(program, files, corpus);
        Ok([start(Files::InMemory)?, start(Files::OnDisk)?])
    }

    /// It as one that runs rounds.
    pub(crate) fn contender(&mut self) -> Contender<'_> {
        Contender::new(self.name.clone(), || self.round())
    }

    /// One load of all files. The clock is the program's own.
    fn round(&mut self) -> Result<Round> {
        writeln!(self.requests, "load")?;
        let answer = self.line()?;
        let expected = || format!("the Go program said {answer:?}, expected two numbers");
        let (nanoseconds, refused) = answer.split_once(' ').with_context(expected)?;
        let time = Duration::from_nanos(nanoseconds.parse().with_context(expected)?);
        Ok(Round { time, refused: refused.parse().with_context(expected)? })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the Go program ended early");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for GoProgram {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The version of a module that the program is built from, or of `go` itself.
pub(crate) fn version(program: &Path, module: &str) -> Result<String> {
    let output = Command::new(program).arg("versions").output()?;
    let text = String::from_utf8(output.stdout)?;
    let version = text.lines().find_map(|line| line.strip_prefix(module)?.strip_prefix(' '));
    Ok(version.with_context(|| format!("the Go program does not name {module}"))?.to_owned())
}
