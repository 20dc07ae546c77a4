//! A registry in memory that misbehaves as it is told.
//!
//! It serves what was put into it as the distribution specification says, ranges of blobs included. A [rule](Faults::on)
//! changes the answers to some requests; of several, the one that was made last has the last word. Every request is
//! remembered, so that a test can say what was asked for and with which headers.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod rules;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rukpak_oci::Digest;

use crate::certificate::Certificate;
use crate::image::{Image, Part};
use crate::server::{Request, Response, Server};

pub use rules::*;

/// Changes an answer.
pub type Fault = Arc<dyn Fn(&Request, Response) -> Response + Send + Sync>;

/// Which of the requests that a rule is about it changes the answer of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// All.
    Always,
    /// The first so many.
    First(usize),
    /// All but the first so many.
    After(usize),
}

struct Rule {
    method: &'static str,
    path: String,
    times: Times,
    seen: AtomicUsize,
    fault: Fault,
}

#[derive(Default)]
struct State {
    /// By repository and tag or digest.
    manifests: Mutex<HashMap<(String, String), Part>>,
    /// By digest.
    blobs: Mutex<HashMap<String, Part>>,
    rules: Mutex<Vec<Arc<Rule>>>,
}

/// A registry in memory.
pub struct Faults {
    server: Server,
    state: Arc<State>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// A registry that speaks plain HTTP.
    #[must_use]
    pub fn new() -> Self {
        Self::start(None)
    }

    /// A registry that speaks HTTPS.
    #[must_use]
    pub fn with_tls(certificate: &Certificate) -> Self {
        Self::start(Some(certificate))
    }

    fn start(certificate: Option<&Certificate>) -> Self {
        let state = Arc::new(State::default());
        let for_server = Arc::clone(&state);
        let server = Server::start(certificate, move |request| for_server.answer(request));
        Self { server, state }
    }

    /// A registry with one image, called `bundle:v1`.
    #[must_use]
    pub fn serving(image: &Image) -> Self {
        let faults = Self::new();
        faults.put("bundle:v1", image);
        faults
    }

    /// Stores an image under `REPOSITORY:TAG`, and by its digest.
    pub fn put(&self, name: &str, image: &Image) {
        let (repository, tag) = name.split_once(':').unwrap();
        let mut manifests = self.state.manifests.lock().unwrap();
        for manifest in image.manifests.iter().chain([&image.manifest]) {
            manifests.insert((repository.into(), manifest.digest.clone()), manifest.clone());
        }
        manifests.insert((repository.into(), tag.into()), image.manifest.clone());
        let mut blobs = self.state.blobs.lock().unwrap();
        blobs.extend(image.blobs.iter().map(|blob| (blob.digest.clone(), blob.clone())));
    }

    /// Changes the answers to requests of a method (empty for any) whose path contains a text.
    pub fn on(&self, method: &'static str, path: impl Into<String>, times: Times, fault: Fault) {
        let rule = Rule { method, path: path.into(), times, seen: AtomicUsize::new(0), fault };
        self.state.rules.lock().unwrap().push(Arc::new(rule));
    }

    /// `127.0.0.1:PORT/NAME`.
    #[must_use]
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.server.host())
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// All requests until now, as `GET /v2/`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.server.requests().iter().map(Request::to_string).collect()
    }

    /// The requests whose path contains a text.
    #[must_use]
    pub fn requests_for(&self, path: &str) -> Vec<Request> {
        self.server.requests().into_iter().filter(|request| request.path().contains(path)).collect()
    }
}

impl State {
    fn answer(&self, request: &Request) -> Response {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone();
        rules.iter().fold(self.right(request), |response, rule| {
            let is_meant = (rule.method.is_empty() || rule.method == request.method)
                && request.path().contains(&rule.path);
            if !is_meant {
                return response;
            }
            let seen = rule.seen.fetch_add(1, Ordering::SeqCst);
            let is_hit = match rule.times {
                Times::Always => true,
                Times::First(times) => seen < times,
                Times::After(times) => seen >= times,
            };
            if is_hit { (rule.fault)(request, response) } else { response }
        })
    }

    /// The answer of a registry that behaves.
    fn right(&self, request: &Request) -> Response {
        let not_found = || error(404, "NOT_FOUND", "there is no such thing");
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return error(405, "UNSUPPORTED", "this registry is read-only");
        }
        let Some(path) = request.path().strip_prefix("/v2/") else { return not_found() };
        if path.is_empty() {
            return Response::new(200, *b"{}");
        }
        if let Some((repository, identifier)) = path.split_once("/manifests/") {
            let key = (repository.to_owned(), identifier.to_owned());
            let manifests = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(manifest) = manifests.get(&key) else {
                return error(404, "MANIFEST_UNKNOWN", "manifest unknown");
            };
            return Response::new(200, Arc::clone(&manifest.bytes))
                .header("Content-Type", &manifest.media_type)
                .header("Docker-Content-Digest", Digest::sha256(&manifest.bytes).to_string());
        }
        let Some((_, digest)) = path.split_once("/blobs/") else { return not_found() };
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        match blobs.get(digest) {
            Some(blob) => part_of(&blob.bytes, request.header("range")),
            None => error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
        }
    }
}

/// Content, or what of it a range asks for: `bytes=FROM-`.
fn part_of(bytes: &Arc<[u8]>, range: Option<&str>) -> Response {
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let size = bytes.len();
    let response = match from {
        None => Response::new(200, Arc::clone(bytes)),
        Some(from) => match bytes.get(from..).filter(|rest| !rest.is_empty()) {
            None => Response::new(416, []).header("Content-Range", format!("bytes */{size}")),
            Some(rest) => {
                let range = format!("bytes {from}-{}/{size}", size - 1);
                Response::new(206, rest).header("Content-Range", range)
            }
        },
    };
    response.header("Content-Type", "application/octet-stream").header("Accept-Ranges", "bytes")
}

/// An error in the form of the distribution specification.
#[must_use]
pub fn error(status: u16, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
    Response::new(status, body.to_string().into_bytes()).header("Content-Type", "application/json")
}
