//! Objects at every moment, in the order of the moments.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Deserializer, Value};
use tempfile::TempDir;

/// How long a change may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// One watch for each of some objects.
#[derive(Debug)]
pub(super) struct History {
    watches: Vec<Watch>,
    _files: TempDir,
}

#[derive(Debug)]
struct Watch {
    kind: String,
    file: PathBuf,
    kubectl: Child,
    get: Command,
}

impl History {
    /// Of objects by kind and name, from now on.
    pub(super) fn of(kubectl: impl Fn() -> Command, objects: &[(String, String)]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let watch = |(kind, name): &(String, String)| {
            let file = files.path().join(kind);
            let mut get = kubectl();
            get.args(["get", kind, name, "-o", "json"]);
            let mut watch = kubectl();
            watch.args(["get", kind, name, "-o", "json", "--watch"]);
            let kubectl = watch.stdin(Stdio::null()).stdout(File::create(&file).unwrap()).spawn().unwrap();
            Watch { kind: kind.clone(), file, kubectl, get }
        };
        let mut history = Self { watches: objects.iter().map(watch).collect(), _files: files };
        history.catch_up();
        history
    }

    /// Every version of every object until now, with its kind: versions of one cluster are numbered together.
    pub(super) fn end(mut self) -> Vec<(String, Value)> {
        self.catch_up();
        let mut all = Vec::new();
        for watch in &self.watches {
            all.extend(watch.versions().into_iter().map(|value| (watch.kind.clone(), value)));
        }
        all.sort_by_key(|(_, value)| version(value));
        all
    }

    /// Waits until all has been seen that is there now.
    fn catch_up(&mut self) {
        let start = Instant::now();
        for watch in &mut self.watches {
            let now = version(&serde_json::from_slice(&watch.get.output().unwrap().stdout).unwrap());
            while watch.versions().last().is_none_or(|last| version(last) < now) {
                assert!(start.elapsed() < PATIENCE, "the watch of the {} is behind", watch.kind);
                sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Watch {
    /// What was seen so far. The last of it may not be whole yet.
    fn versions(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.file).unwrap();
        Deserializer::from_str(&text).into_iter().map_while(Result::ok).collect()
    }
}

impl Drop for History {
    fn drop(&mut self) {
        for watch in &mut self.watches {
            let _ = watch.kubectl.kill();
            let _ = watch.kubectl.wait();
        }
    }
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}
