//! Registries that misbehave: what is made up for, what is refused, with which words, and what is never sent to whom.
//!
//! Most cases go through the crates with the default limits; those where something stalls have less patience.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/busy.rs"]
mod busy;
#[path = "faults/connections.rs"]
mod connections;
#[path = "faults/content.rs"]
mod content;
#[path = "faults/manifests.rs"]
mod manifests;
#[path = "faults/redirects.rs"]
mod redirects;
#[path = "faults/tokens.rs"]
mod tokens;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::faults::Faults;
use e2e::image::{Image, Part, Tar, layer};
use e2e::noise::noise;
use e2e::process::VARIES;
use rukpak_oci::Keyring;
use rukpak_tree::Keep;
use rukpak_unpacker::{Access, Limits, Progress, Source, Unpacker};

/// What no refusal takes longer than. Most take milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What ends a fetch that would go on for ever.
const LONGEST: Duration = Duration::from_mins(1);

/// How long is waited for a server that makes no progress, where none does.
const SHORT: Duration = Duration::from_secs(2);

/// The same, where the fetch has to be a success in the end, however busy this host is.
const ENOUGH: Duration = Duration::from_secs(4);

const PASSWORD: &str = "hunter2-hunter2";

/// Someone who fetches.
struct Client {
    access: Access,
    limits: Limits,
}

impl Default for Client {
    fn default() -> Self {
        Self { access: Access::default(), limits: Limits { time: LONGEST, ..Limits::default() } }
    }
}

type Files = Vec<(String, String)>;

impl Client {
    /// With little patience.
    fn impatient() -> Self {
        Self::waiting(SHORT)
    }

    /// With so much patience.
    fn waiting(idle: Duration) -> Self {
        let mut client = Self::default();
        client.limits.idle = idle;
        client
    }

    /// With an entry for a registry in its configuration.
    fn with(entries: &[(&str, &str)]) -> Self {
        let entries: Vec<_> =
            entries.iter().map(|(registry, entry)| format!(r#""{registry}": {{ {entry} }}"#)).collect();
        let config = format!(r#"{{ "auths": {{ {} }} }}"#, entries.join(", "));
        let keyring = Keyring::from_docker_config(config.as_bytes()).unwrap();
        Self { access: Access { keyring, ..Access::default() }, ..Self::default() }
    }

    fn fetch(&self, reference: &str) -> Result<Files, String> {
        let source = Source::Image(reference.parse().unwrap());
        let unpacker = Unpacker::new(None, Keep::prefixes(["manifests", "metadata"]), self.limits.clone());
        let progress: Arc<dyn Progress> = Arc::new(());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let fetched = runtime.block_on(unpacker.fetch(&source, &self.access, &progress));
        runtime.shutdown_background();
        let bundle = fetched.map_err(|error| chain(&error))?;
        let text = |content: &[u8]| String::from_utf8(content.to_vec()).unwrap();
        Ok(bundle.tree().iter().map(|(path, content)| (path.to_owned(), text(content))).collect())
    }

    /// Fetches `bundle:v1`.
    #[track_caller]
    fn get(&self, faults: &Faults) -> Files {
        self.fetch(&faults.image("bundle:v1")).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Fails to do so, in bounded time and without saying a secret.
    #[track_caller]
    fn refused(&self, faults: &Faults) -> String {
        self.refused_image(&faults.image("bundle:v1"))
    }

    #[track_caller]
    fn refused_image(&self, reference: &str) -> String {
        let start = Instant::now();
        let text = self.fetch(reference).unwrap_err();
        assert!(start.elapsed() < PATIENCE, "after {:?}: {text}", start.elapsed());
        for secret in [PASSWORD, &basic(PASSWORD), "sesame"] {
            assert!(!text.contains(secret), "{text}");
        }
        text
    }
}

/// What `Authorization: Basic` has for `kim`.
fn basic(password: &str) -> String {
    STANDARD.encode(format!("kim:{password}"))
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// What is said, ports and digests aside.
fn assert_says(name: &str, text: &str) {
    let but = [("in [0-9]{6,} s", "in [MANY] s")];
    let filters = VARIES.into_iter().chain(but);
    insta::with_settings!({ filters => filters }, { insta::assert_snapshot!(name, text) });
}

/// An image of one layer that takes several hundred KiB, and the files that are kept of it.
fn image() -> (Image, Files) {
    let tar = Tar::files(&[("manifests/a.yaml", "a"), ("metadata/b.yaml", "b")]);
    let tar = tar.file("elsewhere/noise", noise(300 << 10, 1)).file("manifests/c.yaml", "c");
    (
        Image::new(&[layer(&tar)]),
        files(&[("manifests/a.yaml", "a"), ("manifests/c.yaml", "c"), ("metadata/b.yaml", "b")]),
    )
}

/// A registry with that image, its only layer, and the files.
fn served() -> (Faults, Part, Files) {
    let (image, files) = image();
    (Faults::serving(&image), image.layers()[0].clone(), files)
}

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|&(path, content)| (path.to_owned(), content.to_owned())).collect()
}
