//! Archives of a web server as sources: `rukpak_unpacker`'s HTTP source against a server that behaves, and one that does not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use e2e::certificate::Certificate;
use e2e::image::{Tar, gzip};
use e2e::server::{Length, Response, Server, Step};
use rstest::rstest;
use rukpak_oci::{Basic, Digest, Secret};
use rukpak_tree::Keep;
use rukpak_unpacker::{
    Access, BundleDir, Cache, HttpSource, Limits, Pinned, Progress, Source, UnpackError, Unpacker,
};
use tempfile::TempDir;

const PASSWORD: &str = "hunter2-correct-horse";

/// An archive of a bundle.
fn archive() -> Vec<u8> {
    gzip(&Tar::files(&[("manifests/a.yaml", "a: 1\n"), ("README.md", "hello\n")]).finish())
}

struct Place {
    unpacker: Unpacker,
    cache: Cache,
    _directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self::with(Limits { time: Duration::from_mins(1), ..Limits::default() })
    }

    /// One who waits a second, where nothing happens.
    fn impatient() -> Self {
        Self::with(Limits { idle: Duration::from_secs(1), time: Duration::from_mins(1), ..Limits::default() })
    }

    fn with(limits: Limits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path().join("c"), Cache::BYTES);
        let keep = Keep::prefixes(["manifests", "metadata"]);
        let unpacker = Unpacker::new(Some(cache.clone()), keep, limits);
        Self { unpacker, cache, _directory: directory }
    }

    async fn fetch(
        &self,
        url: &str,
        sha256: Option<Digest>,
        access: &Access,
    ) -> Result<Arc<BundleDir>, UnpackError> {
        let source = Source::Http(HttpSource { url: url.parse().unwrap(), sha256 });
        let progress: Arc<dyn Progress> = Arc::new(());
        self.unpacker.fetch(&source, access, &progress).await
    }

    /// The whole text of the error.
    async fn refused(&self, url: &str, sha256: Option<Digest>, access: &Access) -> String {
        let error = self.fetch(url, sha256, access).await.unwrap_err();
        let text = format!("{error} {error:?} {:#}", Chain(&error));
        assert!(!text.contains(PASSWORD), "{text}");
        format!("{:#}", Chain(&error))
    }
}

struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut error = Some(self.0);
        let mut separator = "";
        while let Some(one) = error {
            write!(f, "{separator}{one}")?;
            (error, separator) = (one.source(), ": ");
        }
        Ok(())
    }
}

fn basic() -> Basic {
    Basic { username: "kim".into(), password: Secret::new(PASSWORD) }
}

#[tokio::test]
async fn what_has_no_digest_is_pinned_to_what_came() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, archive()));
    let fetched = place.fetch(&server.url("/b.tgz"), None, &Access::default()).await.unwrap();
    assert_eq!(fetched.tree().get("manifests/a.yaml"), Some(&b"a: 1\n"[..]));
    assert_eq!(fetched.tree().get("README.md"), None);
    let Pinned::Http { sha256, .. } = fetched.pinned() else { panic!("{:?}", fetched.pinned()) };
    assert_eq!(*sha256, Digest::sha256(&archive()));
    // What it is pinned to is not fetched again, whatever the server says now.
    let progress: Arc<dyn Progress> = Arc::new(());
    let again = place.unpacker.unpack(fetched.pinned(), &Access::default(), &progress).await.unwrap();
    assert_eq!(again.tree().get("manifests/a.yaml"), fetched.tree().get("manifests/a.yaml"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_has_a_digest_is_fetched_once() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, archive()));
    for _ in 0..3 {
        place
            .fetch(&server.url("/b.tgz"), Some(Digest::sha256(&archive())), &Access::default())
            .await
            .unwrap();
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn another_archive_is_refused_and_not_kept() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, archive()));
    let expected = Digest::sha256(b"another");
    for _ in 0..2 {
        let error = place.refused(&server.url("/b.tgz"), Some(expected.clone()), &Access::default()).await;
        let got = Digest::sha256(&archive());
        assert_eq!(
            error,
            format!("got an archive with digest {got} from {}, expected {expected}", server.url("/b.tgz"))
        );
    }
    assert_eq!(server.requests().len(), 2);
}

#[rstest]
#[case::not_found(404, "no such archive", "answers 404: no such archive")]
#[case::forbidden(403, "<html></html>", "answers 403")]
#[case::an_echo(
    401,
    "you sent Basic a2ltOmh1bnRlcjItY29ycmVjdC1ob3JzZQ==",
    "answers 401: you sent Basic <redacted>"
)]
#[case::no_redirect(304, "", "answers 304")]
#[tokio::test]
async fn other_answers_are_told(#[case] status: u16, #[case] body: &'static str, #[case] message: &str) {
    let place = Place::new();
    let certificate = Certificate::new().unwrap();
    let server = Server::start(Some(&certificate), move |_| Response::new(status, body.as_bytes()));
    let access = Access {
        basic: Some(basic()),
        certificates: Some(certificate.authority().into()),
        ..Access::default()
    };
    let error = place.refused(&server.url("/b.tgz"), None, &access).await;
    assert_eq!(error, format!("{} {message}", server.url("/b.tgz")));
}

#[tokio::test]
async fn credentials_go_by_https_and_to_the_host_they_are_for() {
    let place = Place::new();
    let certificate = Certificate::new().unwrap();
    let elsewhere = Arc::new(Server::start(Some(&certificate), |_| Response::new(200, archive())));
    let target = format!("https://localhost:{}/there.tgz", elsewhere.port());
    let server = Server::start(Some(&certificate), move |request| match request.header("authorization") {
        Some(_) => Response::redirect(302, &target),
        None => Response::new(401, *b"who is there?"),
    });
    let access = Access {
        basic: Some(basic()),
        certificates: Some(certificate.authority().into()),
        ..Access::default()
    };
    place.fetch(&server.url("/b.tgz"), None, &access).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    assert_eq!(elsewhere.requests().len(), 1);
    assert_eq!(elsewhere.requests()[0].header("authorization"), None);
}

/// A server that sends us on to what it was shown.
#[rstest]
#[case::another_server("https://127.0.0.1:1/{}", "cannot connect to https://127.0.0.1:1")]
#[case::host("https://{}.invalid/", "cannot connect to https://<redacted>")]
#[case::not_https(
    "http://127.0.0.1:1/{}",
    "[HERE]/b.tgz redirects to http://127.0.0.1:1, which is not https"
)]
#[case::itself("/{}", "[HERE]/<redacted> answers 404")]
#[tokio::test]
async fn where_a_server_leads_credentials_are_not_told(
    #[case] target: &'static str,
    #[case] message: &str,
    #[values(false, true)] is_decoded: bool,
) {
    let place = Place::new();
    let certificate = Certificate::new().unwrap();
    let server = Server::start(Some(&certificate), move |request| {
        let shown = request.header("authorization").unwrap_or_default().trim_start_matches("Basic ");
        let told = if is_decoded { PASSWORD } else { shown.trim_end_matches('=') };
        match request.path() {
            "/b.tgz" => Response::redirect(302, &target.replace("{}", told)),
            _ => Response::new(404, []),
        }
    });
    let access = Access {
        basic: Some(basic()),
        certificates: Some(certificate.authority().into()),
        ..Access::default()
    };
    let error = place.refused(&server.url("/b.tgz"), None, &access).await;
    assert!(error.starts_with(&message.replace("[HERE]", &server.url(""))), "{error}");
    let encoded = basic().encoded().expose().trim_end_matches('=').to_owned();
    assert!(!error.contains(&encoded) && !error.contains(&encoded.to_lowercase()), "{error}");
}

#[tokio::test]
async fn credentials_do_not_go_in_the_clear() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, archive()));
    let access = Access { basic: Some(basic()), ..Access::default() };
    let error = place.refused(&server.url("/b.tgz"), None, &access).await;
    assert_eq!(error, format!("{} is not https, over which alone credentials go", server.url("/b.tgz")));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused_unless_any_will_do() {
    let place = Place::new();
    let certificate = Certificate::new().unwrap();
    let server = Server::start(Some(&certificate), |_| Response::new(200, archive()));
    let error = place.refused(&server.url("/b.tgz"), None, &Access::default()).await;
    assert!(error.starts_with("cannot connect to https://") && error.contains("certificate"), "{error}");
    let access = Access { insecure_skip_verify: true, ..Access::default() };
    place.fetch(&server.url("/b.tgz"), None, &access).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_up_for_once() {
    for breaks in [1, 2] {
        let place = Place::new();
        let calls = AtomicUsize::new(0);
        let server = Server::start(None, move |_| {
            let (whole, half) = (archive(), archive()[..40].to_vec());
            if calls.fetch_add(1, Ordering::SeqCst) < breaks {
                Response::new(200, whole.clone())
                    .sent(Length::Bytes(whole.len() as u64), vec![Step::Send(half.into()), Step::Cut])
            } else {
                Response::new(200, whole)
            }
        });
        let result = place.fetch(&server.url("/b.tgz"), None, &Access::default()).await;
        assert_eq!(result.is_ok(), breaks == 1, "{result:?}");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_server_that_stalls_is_given_up() {
    let place = Place::impatient();
    let server = Server::start(None, |_| {
        Response::new(200, archive())
            .sent(Length::Bytes(1000), vec![Step::Send(archive()[..40].to_vec().into()), Step::Hang])
    });
    let error = place.refused(&server.url("/b.tgz"), None, &Access::default()).await;
    assert_eq!(error, format!("{} made no progress for 1 s, after 40 bytes", server.url("/b.tgz")));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_is_no_archive_is_told_with_its_address() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, *b"<html>log in first</html>"));
    let error = place.refused(&server.url("/b.tgz?token=hunter2"), None, &Access::default()).await;
    assert_eq!(
        error,
        format!(
            "{}: expected a tar archive, plain or compressed with gzip or zstd, got text",
            server.url("/b.tgz")
        )
    );
}

/// Some server's page for those who come while it is being mended, and half of a file that is being written.
#[rstest]
#[case::a_page(b"<html>back in a minute</html>".to_vec())]
#[case::half(archive()[..archive().len() / 2].to_vec())]
#[tokio::test]
async fn what_stands_in_for_an_archive_is_no_lasting_failure(#[case] body: Vec<u8>) {
    let place = Place::new();
    let served = body.clone();
    let server = Server::start(None, move |_| Response::new(200, served.clone()));
    let (url, access) = (server.url("/b.tgz"), Access::default());
    let error = place.fetch(&url, None, &access).await.unwrap_err();
    assert!(matches!(error, UnpackError::HttpContent { .. }) && !error.is_permanent(), "{error}");
    // What is wrong with another file is not what is to be told.
    let error = place.fetch(&url, Some(Digest::sha256(&archive())), &access).await.unwrap_err();
    assert!(matches!(error, UnpackError::HttpDigest { .. }) && !error.is_permanent(), "{error}");
    // This is what was meant, and always will be.
    let error = place.fetch(&url, Some(Digest::sha256(&body)), &access).await.unwrap_err();
    assert!(matches!(error, UnpackError::Archive { .. }) && error.is_permanent(), "{error}");
}

/// A process that was stopped, or that waits for a slow server, holds the lock of what it fetches.
#[rstest]
#[case::of_no_digest(None)]
#[case::of_a_digest(Some(Digest::sha256(&archive())))]
#[tokio::test]
async fn whoever_holds_a_lock_is_not_waited_for_in_vain(#[case] sha256: Option<Digest>) {
    let place = Place::impatient();
    let server = Server::start(None, |_| Response::new(200, archive()));
    let url = server.url("/b.tgz");
    place.fetch(&url, sha256.clone(), &Access::default()).await.unwrap();
    place.cache.settled().await;
    let entries: Vec<_> = std::fs::read_dir(place.cache.root().join("entries")).unwrap().collect();
    let [Ok(entry)] = entries.as_slice() else { panic!("{entries:?}") };
    std::fs::remove_file(entry.path()).unwrap();
    let name = format!("work/{}.lock", entry.file_name().to_str().unwrap());
    let lock = std::fs::File::create(place.cache.root().join(name)).unwrap();
    lock.lock().unwrap();
    place.fetch(&url, sha256, &Access::default()).await.unwrap();
    place.cache.settled().await;
    assert!(entry.path().exists(), "it is kept all the same");
}

#[tokio::test]
async fn names_that_leave_the_archive_are_refused() {
    let place = Place::new();
    let server = Server::start(None, |_| Response::new(200, gzip(&Tar::new().file("../x", "x").finish())));
    let error = place.refused(&server.url("/b.tgz"), None, &Access::default()).await;
    assert_eq!(error, format!("{}: ../x: a name must not contain ..", server.url("/b.tgz")));
}

#[rstest]
#[case::password(
    "https://kim:hunter2-correct-horse@localhost/b.tgz",
    "https://localhost/b.tgz has a user or password in it, which belong in a Secret"
)]
#[case::file("file:///etc/passwd", "file:///etc/passwd is no web address, expected https:// or http://")]
#[tokio::test]
async fn addresses_that_are_refused(#[case] url: &str, #[case] message: &str) {
    assert_eq!(Place::new().refused(url, None, &Access::default()).await, message);
}
