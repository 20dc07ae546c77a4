//! Compares what our reader and Kubernetes' own make of the same texts: every file of a folder, and texts put together
//! at random from pieces of YAML and of those files.
//!
//! Prints the texts on which they differ, and ends with 1 where there are any. Three differences are no fault and are
//! passed over: ours refuses text behind a document on its last line, which Kubernetes ignores; it notes what follows on
//! later lines, which Kubernetes may also refuse; and it takes a root scalar for what it is no object for anyway.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;

/// How many differences are printed in full.
const SHOWN: usize = 10;

/// What to compare.
#[derive(Debug, Parser)]
struct Arguments {
    /// The built program of `bench/go`.
    #[arg(long)]
    go: PathBuf,
    /// Folder of YAML and JSON files.
    #[arg(long)]
    files: PathBuf,
    /// How many texts to put together.
    #[arg(long, default_value_t = 200_000)]
    texts: u32,
    /// Where the row of random numbers begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Pieces of which YAML of every kind, most of it broken, can be put together.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "b", "key", ":", ": ", ":\n", "- ", "-", "\n", "\n", "\n", "\n  ", "\n    ", "\n ", "  ", " ", "\t", "? ", "[", "]",
    "{", "}", ",", ", ", "\"", "'", "|", ">", "|-\n", "|+\n", ">-\n", "|2\n", "#", " # c", "&x ", "*x", "*x ", "!!str ",
    "!!int ", "!t ", "!", "&y\n", "<<: ", "1", "0x1F", "1.5", "yes", "~", "\\", "\\n", "é", "\u{2028}", "%", "@", "a: b\n",
    "- c\n", "  d: e\n", "text with words", "''", "\"\\x41\"", "\r\n", "=", "{}", "'q q'", "- - ", "- a: b\n  c: d\n",
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut kubernetes = Kubernetes::start(&arguments.go)?;
    let (mut compared, mut differences) = (0_u64, 0_usize);
    let mut compare = |name: &str, text: &[u8]| -> Result<()> {
        compared += 1;
        if let Some(difference) = difference(text, &mut kubernetes)? {
            differences += 1;
            if differences <= SHOWN {
                println!("{name}: {:?}\n{difference}", excerpt(&String::from_utf8_lossy(text)));
            }
        }
        Ok(())
    };

    let mut seeds = Vec::new();
    for path in files(&arguments.files)? {
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        compare(&path.display().to_string(), &text)?;
        if text.len() < 3000 {
            seeds.push(text);
        }
    }
    let mut random = Random(arguments.seed);
    for number in 0..arguments.texts {
        let text = if number % 4 == 0 && !seeds.is_empty() {
            changed(&seeds, &mut random)
        } else {
            made(&mut random)
        };
        compare(&format!("text {number} of seed {}", arguments.seed), &text)?;
    }
    println!("{compared} texts compared, {differences} differ");
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What each makes of a text, where that differs.
fn difference(text: &[u8], kubernetes: &mut Kubernetes) -> Result<Option<String>> {
    let theirs = kubernetes.read(text)?;
    let ours = rukpak_manifest::read(text);
    if let Ok((_, notes)) = &ours
        && !notes.is_empty()
    {
        return Ok(None);
    }
    let ours =
        ours.map(|(documents, _)| documents.into_iter().map(|document| document.value).collect::<Vec<_>>());
    Ok(match (ours, theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Err(_), Err(_)) => None,
        // Ours has an error where the root of a document is a scalar, or has text behind it on its last line.
        (Err(error), Ok(theirs))
            if error.message.starts_with("expected the end of the line")
                || theirs.iter().any(|value| !value.is_object() && !value.is_array()) =>
        {
            None
        }
        (ours, theirs) => {
            Some(format!(
                "  ours:       {}\n  Kubernetes: {}",
                excerpt(&ours.map_or_else(
                    |error| format!("error: {error}"),
                    |values| Value::Array(values).to_string()
                )),
                excerpt(&theirs.map_or_else(|error| error, |values| Value::Array(values).to_string())),
            ))
        }
    })
}

/// Kubernetes' reader, running as a child process.
struct Kubernetes {
    child: Child,
    requests: ChildStdin,
    answers: ChildStdout,
}

impl Kubernetes {
    fn start(program: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("batch")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let requests = child.stdin.take().context("the Go program has no standard input")?;
        let answers = child.stdout.take().context("the Go program has no standard output")?;
        Ok(Self { child, requests, answers })
    }

    /// The documents of a text, empty ones left out, or why it is refused.
    fn read(&mut self, text: &[u8]) -> Result<Result<Vec<Value>, String>> {
        self.requests.write_all(&u32::try_from(text.len())?.to_be_bytes())?;
        self.requests.write_all(text)?;
        self.requests.flush()?;
        let mut length = [0; 4];
        self.answers.read_exact(&mut length)?;
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        self.answers.read_exact(&mut answer)?;
        let mut values = Vec::new();
        for line in String::from_utf8(answer)?.split('\n').filter(|line| !line.is_empty()) {
            if line.starts_with("ERR") {
                return Ok(Err(line.to_owned()));
            }
            let value: Value = serde_json::from_str(line)?;
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(Ok(values))
    }
}

impl Drop for Kubernetes {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text of pieces, behind a first key or item, so that what follows the document does not come into it.
fn made(random: &mut Random) -> Vec<u8> {
    let mut text = random.choose(&["k: v\nr: ", "r:\n", "- "]).to_string();
    for _ in 0..=random.below(14) {
        let piece: &&str = random.choose(PIECES);
        text.push_str(piece);
    }
    text.into_bytes()
}

/// One of some texts with up to three changes.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut text = random.choose(seeds).clone();
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(20)).min(text.len());
        let part: Vec<u8> = match random.below(3) {
            0 => random.choose(PIECES).bytes().collect(),
            1 => text.drain(at..end).collect(),
            _ => text.iter().skip(at).take(end - at).copied().collect(),
        };
        let to = random.below(text.len() + 1);
        text.splice(to..to, part);
    }
    text
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

fn excerpt(text: &str) -> String {
    text.chars().take(600).collect()
}

/// Xorshift: the same texts for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % end.max(1)
    }

    fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.below(from.len());
        #[expect(clippy::indexing_slicing, reason = "below the length, and no list here is empty")]
        &from[index]
    }
}
