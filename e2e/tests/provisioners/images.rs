//! Bundles in images: tags, digests, registries that ask who is there, and ones that nobody vouches for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::certificate::Certificate;
use e2e::controlplane::eventually;
use e2e::faults::Faults;
use e2e::image::Image;
use e2e::provisioners::bundle::{maps, operator};
use e2e::provisioners::{Place, Private, Which};
use e2e::registry::PASSWORD;
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn an_image_is_pinned_to_its_digest_and_installed() {
    let Some(place) = Place::new("image").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    let seen = web.see().await;
    let pinned = seen.text("/status/resolvedSource/image/ref");
    assert!(pinned.starts_with(&place.image("v1").replace(":v1", "@sha256:")), "{seen}");
    assert_eq!(seen.says("Unpacked"), "True/UnpackSuccessful");
    assert_eq!(seen.says("HasValidBundle"), "True/BundleLoaded");
    assert_eq!(seen.says("Stalled"), "False/Settled");
    assert_eq!(seen.message("Installed"), format!("Instantiated bundle {} successfully", web.name()));
    assert_eq!(seen.at("/status/activeSource"), seen.at("/status/resolvedSource"));
    assert_eq!(seen.at("/status/observedGeneration"), 1);
    assert!(seen.text("/status/contentURL").ends_with(&format!("/bundles/{}.tgz", web.name())), "{seen}");
    assert_eq!(
        seen.inventory(),
        [format!("{0}_map-0__ConfigMap", place.name()), format!("{0}_map-1__ConfigMap", place.name())]
    );
    assert!(place.objects("v1/ConfigMap").has("map-1").await);
}

#[tokio::test]
async fn a_tag_that_is_missing_is_said_and_found_when_it_comes() {
    let Some(place) = Place::anywhere("no-tag").await else { return };
    let web = place.create(place.spec(Which::Plain, &place.image("v1"))).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let expected = "source bundle content: error fetching image descriptor";
    assert!(seen.message("Unpacked").contains(expected), "{seen}");
    assert_eq!((seen.says("Installed"), seen.says("Healthy")), nothing_installed());
    assert_eq!(seen.says("Reconciling"), "True/UnpackFailed");
    let _ = place.push("v1", &maps(1, "1"));
    web.until_settled().await;
}

#[tokio::test]
async fn two_failures_of_one_reason_are_two_events() {
    let Some(place) = Place::anywhere("two-events").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    for tag in ["one", "two"] {
        web.switch_to(&place.image(tag)).await;
        web.until_says("Unpacked", "False/UnpackFailed").await;
        web.switch_to(&place.image("v1")).await;
        web.until_settled().await;
    }
    eventually("an event of each", async || {
        let notes: Vec<_> = place.events().await.iter().map(|event| event["note"].to_string()).collect();
        let is_told = |tag: &str| notes.iter().any(|note| note.contains(&format!(":{tag}")));
        (is_told("one") && is_told("two")).then_some(())
    })
    .await;
}

/// What is said of `Installed` and `Healthy` where nothing could be installed.
fn nothing_installed() -> (String, String) {
    ("False/InstallFailed".into(), "False/InstallationStatusFalse".into())
}

#[tokio::test]
async fn a_private_image_needs_its_pull_secret_and_is_pulled_when_that_comes() {
    let Some(place) = Place::new("private").await else { return };
    let Some(private) = Private::push(&maps(1, "1")) else { return };
    let secret = format!("{}-pull", place.name());
    let mut spec = place.spec(Which::Plain, private.image());
    spec["source"]["image"]["pullSecret"] = secret.clone().into();
    let web = place.create(spec).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let expected = format!("get secret rukpak-system/{secret}: Secret {secret:?} not found");
    assert!(seen.message("Unpacked").contains(&expected), "{seen}");

    let secrets = place.system("v1/Secret");
    secrets.create(private.secret(&secret, "not-the-word")).await;
    let seen = web
        .until("the wrong password is refused", |seen| !seen.message("Unpacked").contains("get secret"))
        .await;
    assert_eq!(seen.says("Unpacked"), "False/UnpackFailed");

    let right = private.secret(&secret, PASSWORD);
    secrets.change(&secret, json!({"stringData": right["stringData"]})).await;
    let seen = web.until_settled().await;
    assert!(seen.text("/status/resolvedSource/image/ref").contains("@sha256:"), "{seen}");
    assert_eq!(seen.text("/status/resolvedSource/image/pullSecret"), secret);
    let said = place.everything_said().await;
    for word in [PASSWORD, "not-the-word", &STANDARD.encode(format!("kim:{PASSWORD}"))] {
        assert!(!said.contains(word), "a password was said");
    }
}

#[tokio::test]
async fn a_registry_is_believed_by_the_certificate_that_the_source_names() {
    let Some(place) = Place::new("vouched").await else { return };
    let certificate = Certificate::new().unwrap();
    let faults = Faults::with_tls(&certificate);
    let files = operator(&place.group(), "1.0.0");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    faults.put("operator:v1", &Image::of_files(&files));
    let operator = place.create(place.spec(Which::RegistryV1, &faults.image("operator:v1"))).await;
    let seen = operator.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("certificate"), "{seen}");
    operator.respec(json!({"source": {"image": {"certificateData": certificate.authority()}}})).await;
    let seen = operator.until_settled().await;
    assert!(seen.message("Installed").starts_with("Instantiated bundle"), "{seen}");
    assert_eq!(seen.at("/status/resolvedSource/image/certificateData"), &Value::Null);
    assert_eq!(seen.text("/status/bundle/version"), "1.0.0");
}

#[tokio::test]
async fn a_registry_that_is_not_verified_is_a_warning() {
    let Some(place) = Place::anywhere("believed").await else { return };
    let faults = Faults::with_tls(&Certificate::new().unwrap());
    let files = maps(1, "1");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    faults.put("web:v1", &Image::of_files(&files));
    let mut spec = place.spec(Which::Plain, &faults.image("web:v1"));
    spec["source"]["image"]["insecureSkipTLSVerify"] = true.into();
    let web = place.create(spec).await;
    web.until_settled().await;
    place.until_warned("InsecureSource").await;
}

/// As for a pod, one that is not there or not right does no harm.
#[tokio::test]
async fn the_pull_secrets_of_the_provisioner_are_tried_one_after_the_other() {
    let Some(place) = Place::new("shared-secrets").await else { return };
    let Some(private) = Private::push(&maps(1, "1")) else { return };
    let [missing, malformed, good] = [1, 2, 3].map(|number| format!("{}-{number}", place.name()));
    let secrets = place.system("v1/Secret");
    let content = json!({".dockerconfigjson": r#"{"auths": {"a.example": {"auth": "no base64!"}}}"#});
    let kind = "kubernetes.io/dockerconfigjson";
    secrets.create(json!({"metadata": {"name": malformed}, "type": kind, "stringData": content})).await;
    secrets.create(private.dockercfg(&good, PASSWORD)).await;
    let names = [&missing, &malformed, &good].map(|name| json!({"name": name}));
    let (accounts, name) = (place.system("v1/ServiceAccount"), Which::Plain.name());
    let web = place.create(place.spec(Which::Plain, private.image())).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    accounts.change(name, json!({"imagePullSecrets": names})).await;
    web.look_again("now").await;
    let seen = web.until("it is unpacked", |now| now.says("Unpacked") != seen.says("Unpacked")).await;
    assert_eq!(seen.says("Unpacked"), "True/UnpackSuccessful");
    accounts.change(name, json!({"imagePullSecrets": null})).await;
    assert!(!place.everything_said().await.contains(PASSWORD));
}

#[rstest]
#[case::of_another_type(
    json!({"type": "Opaque", "stringData": {".dockerconfigjson": "{}"}}),
    "is of type \"Opaque\", expected kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg"
)]
#[case::unreadable(
    json!({"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": r#"{"a.example": {"auth": "no base64!"}}"#}}),
    "cannot be read: "
)]
#[tokio::test]
async fn a_pull_secret_that_is_none_is_said(#[case] mut secret: Value, #[case] expected: &str) {
    let number = expected.len();
    let Some(place) = Place::anywhere(&format!("no-secret-{number}")).await else { return };
    let name = format!("{}-pull", place.name());
    secret["metadata"] = json!({"name": name});
    place.system("v1/Secret").create(secret).await;
    let mut spec = place.spec(Which::Plain, &place.image("v1"));
    spec["source"]["image"]["pullSecret"] = name.clone().into();
    let seen = place.create(spec).await.until_says("Unpacked", "False/UnpackFailed").await;
    let expected = format!("secret rukpak-system/{name} {expected}");
    assert!(seen.message("Unpacked").contains(&expected), "{seen}");
}
