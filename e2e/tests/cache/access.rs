//! A cache of tenants: nobody gets from it what they could not fetch themselves.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::certificate::Certificate;
use e2e::faults::Times::Always;
use e2e::faults::{Faults, content, guarded, with_header};
use e2e::image::Image;
use e2e::server::{Response, Server};
use rukpak_oci::{Basic, Digest, Keyring, Secret};
use rukpak_unpacker::{Access, BundleDir, HttpSource, Source, UnpackError};

use super::{Place, runtime};

const CHALLENGE: &str = "Basic realm=\"private\"";

/// What kim shows a server.
fn of_kim() -> String {
    format!("Basic {}", STANDARD.encode("kim:password"))
}

/// Kim, where a registry is.
fn kim(faults: &Faults) -> Access {
    let config = format!(
        r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#,
        faults.server().host(),
        STANDARD.encode("kim:password")
    );
    Access { keyring: Keyring::from_docker_config(config.as_bytes()).unwrap(), ..Access::default() }
}

/// Somebody whose access is verified.
fn verified(access: Access) -> Access {
    Access { verify_access: true, ..access }
}

/// A place whose registry lets in nobody but kim.
fn private() -> Place {
    let place = Place::new();
    place.faults.on("", "/v2/", Always, guarded(&[&of_kim()], CHALLENGE));
    place
}

impl Place {
    /// Fetches something, as a process of its own would.
    fn fetch(&self, source: &Source, access: &Access) -> Result<Arc<BundleDir>, UnpackError> {
        let fetch = async {
            let fetched = self.unpacker().fetch(source, access, &(Arc::new(()) as _)).await;
            self.cache.settled().await;
            fetched
        };
        runtime().block_on(fetch)
    }
}

#[test]
fn a_private_image_is_given_to_those_who_could_pull_it() {
    let place = private();
    let source = Source::Image(place.reference().parse().unwrap());
    let kim = kim(&place.faults);
    place.fetch(&source, &kim).unwrap();
    place.fetch(&source, &Access::default()).unwrap();
    let refused = place.fetch(&source, &verified(Access::default())).unwrap_err();
    assert!(refused.to_string().contains("authentication required"), "{refused}");
    let found = place.fetch(&source, &verified(kim)).unwrap();
    assert_eq!(found.tree().iter().count(), 7);
    assert_eq!(place.gets(), [1; 6], "the content came from the cache");
}

/// A registry of one's own may call anything by a digest that the cache has.
#[test]
fn a_digest_that_a_registry_only_says_proves_nothing() {
    let place = Place::new();
    place.fetch(&Source::Image(place.reference().parse().unwrap()), &Access::default()).unwrap();
    let liar = Faults::serving(&Image::of_files(&[("manifests/x.yaml", "x: 1\n")]));
    liar.on("HEAD", "/manifests/", Always, with_header("Docker-Content-Digest", place.image.digest()));
    let source = Source::Image(liar.image("bundle:v1").parse().unwrap());
    let found = place.fetch(&source, &Access::default()).unwrap();
    assert_eq!(found.tree().iter().count(), 7, "whoever trusts all who ask need not know");
    place.fetch(&source, &verified(Access::default())).unwrap_err();
    liar.on("GET", "/manifests/", Always, content(*b"{}"));
    place.fetch(&source, &verified(Access::default())).unwrap_err();
}

#[test]
fn a_private_archive_is_given_to_those_who_could_fetch_it() {
    let place = Place::new();
    let archive: Arc<[u8]> = place.image.layers()[0].bytes.clone();
    let sha256 = Some(Digest::sha256(&archive));
    let guard = guarded(&[&of_kim()], CHALLENGE);
    let certificate = Certificate::new().unwrap();
    let server = Server::start(Some(&certificate), move |request| {
        guard(request, Response::new(200, Arc::clone(&archive)))
    });
    let source = Source::Http(HttpSource { url: server.url("/bundle.tgz").parse().unwrap(), sha256 });
    let basic = Basic { username: "kim".into(), password: Secret::new("password".to_owned()) };
    let anybody = Access { certificates: Some(certificate.authority().to_owned()), ..Access::default() };
    let kim = Access { basic: Some(basic), ..anybody.clone() };
    place.fetch(&source, &kim).unwrap();
    place.fetch(&source, &anybody).unwrap();
    let asked = server.requests().len();
    place.fetch(&source, &verified(anybody)).unwrap_err();
    place.fetch(&source, &verified(kim)).unwrap();
    assert!(server.requests().len() > asked);
}
