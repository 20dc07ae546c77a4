//! What `pull` writes can be read again, by us and by `skopeo`.

use std::path::Path;

use e2e::image::{Image, Tar, layer};
use e2e::process::{Host, files};
use rstest::rstest;

use super::{bundle, registry, skopeo};

#[test]
fn into_a_directory() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["push", &bundle(), &registry.image("bundle:v1")]).ok();
    host.run(["pull", &registry.image("bundle:v1"), "--to", "out"]).ok();
    assert_eq!(files(&host.path("out")), files(Path::new(&bundle())));
    assert_eq!(host.leftovers(), Vec::<&Path>::new());
}

#[rstest]
#[case::layout("oci:layout", "oci:layout")]
#[case::layout_and_tag("oci:layout:v1", "oci:layout:v1")]
#[case::oci_archive("oci-archive:bundle.tar", "oci-archive:bundle.tar")]
#[case::oci_archive_and_tag("oci-archive:bundle.tar:v1", "oci-archive:bundle.tar:v1")]
#[case::docker_archive("docker-archive:bundle.tar", "docker-archive:bundle.tar")]
#[case::docker_archive_and_name(
    "docker-archive:bundle.tar:example.com/bundle:v1",
    "docker-archive:bundle.tar:example.com/bundle:v1"
)]
fn into_a_store(#[case] target: &str, #[case] source: &str) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["push", &bundle(), &registry.image("bundle:v1")]).ok();
    host.run(["pull", &registry.image("bundle:v1"), "--to", target]).ok();
    assert_eq!(host.leftovers(), Vec::<&Path>::new());
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", source]).ok(), expected);
    // skopeo copies and verifies what it reads; we render its copy.
    if skopeo(&host, &["copy", source, "oci:copy:v1"]) {
        assert_eq!(host.run(["render", "-q", "oci:copy:v1"]).ok(), expected);
    }
}

#[test]
fn a_layout_holds_several_images() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    for (example, tag) in [("cache-webhooks", "v1"), ("hello-operator", "v2")] {
        let reference = registry.image(&format!("bundle:{tag}"));
        host.run(["push", &super::example(example), &reference]).ok();
        host.run(["pull", &reference, "--to", &format!("oci:layout:{tag}")]).ok();
    }
    for (example, tag) in [("cache-webhooks", "v1"), ("hello-operator", "v2")] {
        let expected = host.run(["render", "-q", &super::example(example)]).ok();
        assert_eq!(host.run(["render", "-q", &format!("oci:layout:{tag}")]).ok(), expected);
    }
}

/// Two layers of one digest are one blob.
#[rstest]
#[case("oci:layout:v1")]
#[case("oci-archive:image.tar:v1")]
#[case("docker-archive:image.tar:example.com/image:v1")]
fn an_image_with_a_layer_twice(#[case] stored: &str) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let first = layer(&Tar::files(&[("manifests/a.yaml", "one")]));
    let second = layer(&Tar::files(&[("manifests/a.yaml", "two")]));
    registry.put("image:v1", &Image::new(&[first.clone(), second, first]).with_diff_ids());
    host.run(["pull", &registry.image("image:v1"), "--to", stored]).ok();
    for source in [registry.image("image:v1"), stored.to_owned()] {
        let target = if source == stored { "from-store" } else { "from-registry" };
        host.run(["unpack", &source, "--to", target]).ok();
        assert_eq!(files(&host.path(target)), [("manifests/a.yaml".to_owned(), b"one".to_vec())]);
    }
}

/// What `pull` gets is the same the second time.
#[test]
fn twice_into_archives_of_the_same_bytes() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["push", &bundle(), &registry.image("bundle:v1")]).ok();
    for kind in ["oci-archive", "docker-archive"] {
        let archive = |name: &str| {
            host.run(["pull", &registry.image("bundle:v1"), "--to", &format!("{kind}:{name}:a/b:v1")]).ok();
            std::fs::read(host.path(name)).unwrap()
        };
        assert!(archive(&format!("{kind}.1")) == archive(&format!("{kind}.2")), "{kind}");
    }
}
