//! The real registry, `distribution`, on a free port of this host, with nothing in it.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rukpak_oci::http::{HttpClient, HttpOptions, Payload, Request};
use rukpak_oci::{Action, Credentials, Descriptor, Scheme};
use tempfile::TempDir;
use url::Url;

use crate::certificate::Certificate;
use crate::image::{Image, Part};
use crate::process::Process;
use crate::programs;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// Bytes of a manifest that is asked for, of which none is.
const MANIFEST_BYTES: u64 = 4 << 20;

/// The password of the only user that a registry with users has, `kim`.
pub const PASSWORD: &str = "hunter2-correct-horse";

/// What `htpasswd -nbB -C 5` makes of it.
const HTPASSWD: &str = "kim:$2y$05$nankgHBbuGyS0H3xwbEp7u.RXCS14Ay6QUzH1GJI8.o63BbIaAwPC\n";

/// What a registry is like.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// How it speaks HTTPS; HTTP where it is `None`.
    pub certificate: Option<&'a Certificate>,
    /// Whether only `kim` is let in.
    pub has_users: bool,
}

/// A registry. It ends when it is dropped.
#[derive(Debug)]
pub struct Registry {
    host: String,
    is_tls: bool,
    directory: TempDir,
    marks: AtomicUsize,
    _process: Process,
}

impl Registry {
    /// Starts one, and waits until it answers. `None`, and a line that says so, where the program is not there.
    #[must_use]
    pub fn start(options: &Options<'_>) -> Option<Self> {
        let program = programs::controlplane("registry")?;
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("config.yml"), configuration(options, &directory)).unwrap();
        let mut command = Process::command(program);
        command.arg("serve").arg(path("config.yml")).env_clear();
        command.stdout(File::create(path("access")).unwrap()).stderr(File::create(path("log")).unwrap());
        let mut process = Process::start(&mut command).unwrap();
        let start = Instant::now();
        let host = loop {
            let log = fs::read_to_string(path("log")).unwrap();
            if let Some(host) = listening(&log) {
                break host;
            }
            let has_ended = process.child().try_wait().unwrap().is_some();
            assert!(!has_ended && start.elapsed() < PATIENCE, "the registry does not start:\n{log}");
            thread::sleep(Duration::from_millis(5));
        };
        let is_tls = options.certificate.is_some();
        Some(Self { host, is_tls, directory, marks: AtomicUsize::new(0), _process: process })
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `127.0.0.1:PORT/NAME`.
    #[must_use]
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }

    /// Stores an image, part by part. The registry must have no users.
    pub fn put(&self, name: &str, image: &Image) {
        let options = HttpOptions { insecure_skip_tls_verify: self.is_tls, ..HttpOptions::default() };
        let http = Arc::new(HttpClient::new(options).unwrap());
        let reference = self.image(name).parse().unwrap();
        let credentials = vec![Credentials::Anonymous];
        let registry = rukpak_oci::Registry::new(
            http,
            &reference,
            Action::Push,
            Scheme::Auto,
            credentials,
            MANIFEST_BYTES,
        );
        block_on(async {
            for blob in &image.blobs {
                let payload = Payload::Bytes(blob.bytes.to_vec().into());
                if !registry.has_blob(&descriptor(blob)).await.unwrap() {
                    registry.push_blob(&descriptor(blob), payload).await.unwrap();
                }
            }
            let tagged = [(&image.manifest, reference.identifier())];
            let others = image.manifests.iter().map(|manifest| (manifest, manifest.digest.clone()));
            for (manifest, identifier) in others.chain(tagged) {
                let bytes = manifest.bytes.to_vec();
                registry.push_manifest(&identifier, &descriptor(manifest), bytes).await.unwrap();
            }
        });
    }

    /// All requests until now that were answered, as `GET /v2/ 200`, in the order in which they were answered. The registry
    /// must speak plain HTTP.
    pub fn requests(&self) -> Vec<String> {
        // Lines are written when a request is done. What stands before that of our own is complete.
        let mark = format!("/v2/?mark={}", self.marks.fetch_add(1, Ordering::SeqCst));
        let url: Url = format!("http://{}{mark}", self.host).parse().unwrap();
        let http = HttpClient::new(HttpOptions::default()).unwrap();
        block_on(http.fetch(&Request::get(url), u64::MAX, "a mark")).unwrap();
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(self.directory.path().join("access")).unwrap();
            if log.contains(&mark) {
                return log.lines().filter_map(request).filter(|line| !line.contains("?mark=")).collect();
            }
            assert!(start.elapsed() < PATIENCE, "the registry does not log {mark}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The configuration, and the files that it refers to.
fn configuration(options: &Options<'_>, directory: &TempDir) -> String {
    let path = |name: &str| directory.path().join(name).display().to_string();
    let mut text = "version: 0.1\nlog: { level: info, accesslog: { disabled: false } }\n".to_owned();
    let storage = format!("{{ filesystem: {{ rootdirectory: {:?} }} }}", path("storage"));
    write!(text, "storage: {storage}\nhttp:\n  addr: 127.0.0.1:0\n  secret: e2e\n").unwrap();
    if let Some(certificate) = options.certificate {
        fs::write(path("tls.crt"), certificate.chain()).unwrap();
        fs::write(path("tls.key"), certificate.key()).unwrap();
        let (chain, key) = (path("tls.crt"), path("tls.key"));
        writeln!(text, "  tls: {{ certificate: {chain:?}, key: {key:?} }}").unwrap();
    }
    if options.has_users {
        fs::write(path("htpasswd"), HTPASSWD).unwrap();
        writeln!(text, "auth: {{ htpasswd: {{ realm: e2e, path: {:?} }} }}", path("htpasswd")).unwrap();
    }
    text
}

/// The address in `msg="listening on 127.0.0.1:36757"`.
fn listening(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("listening on ")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ':'))?;
    rest.get(..end).map(str::to_owned)
}

/// The request in `127.0.0.1 - - [DATE] "GET /v2/ HTTP/1.1" 200 2 "" "AGENT"`.
fn request(line: &str) -> Option<String> {
    let mut parts = line.split('"').skip(1);
    let (request, status) = (parts.next()?, parts.next()?);
    let (request, _protocol) = request.rsplit_once(' ')?;
    Some(format!("{request} {}", status.split_whitespace().next()?))
}

fn descriptor(part: &Part) -> Descriptor {
    let digest = part.digest.parse().unwrap();
    Descriptor { media_type: part.media_type.clone(), digest, size: part.bytes.len() as u64 }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
