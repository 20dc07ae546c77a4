//! Objects at every moment, in the order of the moments.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use e2e::programs;
use serde_json::{Deserializer, Value};

use super::place::Place;

/// How long a change may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// One watch for each of some objects.
pub(crate) struct History<'p> {
    place: &'p Place,
    watches: Vec<Watch>,
}

struct Watch {
    kind: String,
    name: String,
    file: String,
    kubectl: Child,
}

impl<'p> History<'p> {
    /// Of objects by kind and name, from now on.
    pub(crate) fn of(place: &'p Place, objects: &[(&str, &str)]) -> Self {
        let watch = |&(kind, name): &(&str, &str)| {
            let file = place.path(&format!("watch-{kind}"));
            let mut command = Command::new(programs::controlplane("kubectl").unwrap());
            command.args(["get", kind, name, "--watch", "-o", "json", "-n", place.namespace()]);
            let kubectl = command.stdin(Stdio::null()).stdout(File::create(&file).unwrap()).spawn().unwrap();
            Watch { kind: kind.into(), name: name.into(), file, kubectl }
        };
        let history = Self { place, watches: objects.iter().map(watch).collect() };
        history.has_caught_up();
        history
    }

    /// Every version of every object, with its kind: versions of one cluster are numbered together.
    pub(crate) fn end(self) -> Vec<(String, Value)> {
        self.has_caught_up();
        let mut all = Vec::new();
        for watch in &self.watches {
            all.extend(versions(watch).into_iter().map(|value| (watch.kind.clone(), value)));
        }
        all.sort_by_key(|(_, value)| version(value));
        all
    }

    /// Waits until all has been seen that is there now.
    fn has_caught_up(&self) {
        let start = Instant::now();
        for watch in &self.watches {
            let now = self.place.kubectl(&["get", &watch.kind, &watch.name, "-o", "json"]);
            let now = version(&serde_json::from_str(&now).unwrap());
            while versions(watch).last().is_none_or(|last| version(last) < now) {
                assert!(start.elapsed() < PATIENCE, "the watch of {} {} is behind", watch.kind, watch.name);
                sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for History<'_> {
    fn drop(&mut self) {
        for watch in &mut self.watches {
            let _ = watch.kubectl.kill();
            let _ = watch.kubectl.wait();
        }
    }
}

/// What was seen so far. The last of it may not be whole yet.
fn versions(watch: &Watch) -> Vec<Value> {
    let text = std::fs::read_to_string(&watch.file).unwrap();
    Deserializer::from_str(&text).into_iter().map_while(Result::ok).collect()
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}
