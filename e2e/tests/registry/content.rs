//! Images as others build them: several layers of every compression, whiteouts, several platforms.

use e2e::image::{self, DOCKER_LIST, Image, OCI_INDEX, OCI_TAR, OCI_ZSTD, Part, Tar, gzip, layer, zstd};
use e2e::noise::noise;
use e2e::process::{Host, files};
use rstest::rstest;

use super::registry;

/// Unpacks an image that was put into the registry.
fn unpacked(image: &Image) -> Option<Vec<(String, String)>> {
    let (host, registry) = (Host::new(), registry()?);
    registry.put("image:v1", image);
    host.run(["unpack", &registry.image("image:v1"), "--to", "out"]).ok();
    let text = |(path, content)| (path, String::from_utf8(content).unwrap());
    Some(files(&host.path("out")).into_iter().map(text).collect())
}

fn expected(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|&(path, content)| (path.to_owned(), content.to_owned())).collect()
}

fn zstd_layer(tar: &Tar) -> Part {
    Part::new(OCI_ZSTD, zstd(&tar.finish()))
}

fn plain_layer(tar: &Tar) -> Part {
    Part::new(OCI_TAR, tar.finish())
}

#[rstest]
#[case::whiteout(
    Tar::new().file("manifests/.wh.a.yaml", ""),
    &[("manifests/b.yaml", "b"), ("metadata/x.yaml", "x")]
)]
#[case::whiteout_of_a_directory(
    Tar::new().file(".wh.metadata", ""),
    &[("manifests/a.yaml", "a"), ("manifests/b.yaml", "b")]
)]
#[case::opaque(
    Tar::new().directory("manifests/").file("manifests/.wh..wh..opq", "").file("manifests/c.yaml", "c"),
    &[("manifests/c.yaml", "c"), ("metadata/x.yaml", "x")]
)]
#[case::opaque_after_its_files(
    Tar::new().file("manifests/c.yaml", "c").file("manifests/.wh..wh..opq", ""),
    &[("manifests/c.yaml", "c"), ("metadata/x.yaml", "x")]
)]
#[case::replaced(
    Tar::new().file("manifests/a.yaml", "new"),
    &[("manifests/a.yaml", "new"), ("manifests/b.yaml", "b"), ("metadata/x.yaml", "x")]
)]
#[case::whiteout_of_what_the_layer_brings(
    Tar::new().file("manifests/.wh.a.yaml", "").file("manifests/a.yaml", "new"),
    &[("manifests/a.yaml", "new"), ("manifests/b.yaml", "b"), ("metadata/x.yaml", "x")]
)]
#[case::file_in_place_of_a_directory(
    Tar::new().file(".wh.metadata", "").file("manifests/d/e.yaml", "e"),
    &[("manifests/a.yaml", "a"), ("manifests/b.yaml", "b"), ("manifests/d/e.yaml", "e")]
)]
#[case::hard_link_to_a_lower_layer(
    Tar::new().hard_link("manifests/c.yaml", "manifests/a.yaml"),
    &[("manifests/a.yaml", "a"), ("manifests/b.yaml", "b"), ("manifests/c.yaml", "a"), ("metadata/x.yaml", "x")]
)]
fn layers_are_put_on_top_of_each_other(
    #[case] upper: Tar,
    #[case] result: &[(&str, &str)],
    #[values(layer, zstd_layer, plain_layer)] lower_form: fn(&Tar) -> Part,
    #[values(layer, zstd_layer, plain_layer)] upper_form: fn(&Tar) -> Part,
) {
    let lower = Tar::files(&[("manifests/a.yaml", "a"), ("manifests/b.yaml", "b"), ("metadata/x.yaml", "x")]);
    let image = Image::new(&[lower_form(&lower), upper_form(&upper)]);
    let Some(files) = unpacked(&image) else { return };
    assert_eq!(files, expected(result));
}

/// What a layer is tells its content.
#[rstest]
#[case(OCI_TAR)]
#[case(OCI_ZSTD)]
fn a_media_type_that_lies_about_the_compression(#[case] media_type: &str) {
    let tar = Tar::files(&[("manifests/a.yaml", "a")]);
    let Some(files) = unpacked(&Image::new(&[Part::new(media_type, gzip(&tar.finish()))])) else { return };
    assert_eq!(files, expected(&[("manifests/a.yaml", "a")]));
}

#[test]
fn layers_in_the_format_of_docker() {
    let layers = ["one", "two"]
        .map(|text| layer(&Tar::files(&[("manifests/a.yaml", text), ("manifests/b.yaml", "b")])));
    let Some(files) = unpacked(&Image::docker(&layers)) else { return };
    assert_eq!(files, expected(&[("manifests/a.yaml", "two"), ("manifests/b.yaml", "b")]));
}

/// More layers than come at once, a large one first and a small one last, and all of them change the same file.
#[test]
fn many_layers_of_very_different_sizes() {
    let noise = noise(24 << 20, 1);
    let layers = (0..12_usize).map(|number| {
        let size = if number == 0 { noise.len() } else { 1 << (22 - number) };
        let tar = Tar::new().file("elsewhere/noise", noise.get(..size).unwrap());
        let name = format!("manifests/{number:02}.yaml");
        layer(&tar.file("manifests/all.yaml", number.to_string()).file(name, "x"))
    });
    let image = Image::new(&layers.collect::<Vec<_>>());
    let Some(files) = unpacked(&image) else { return };
    assert_eq!((files.len(), files.last().unwrap().1.as_str()), (13, "11"));
}

#[rstest]
#[case::oci(OCI_INDEX, Image::new)]
#[case::docker(DOCKER_LIST, Image::docker)]
fn an_index_of_two_platforms(#[case] media_type: &str, #[case] make: fn(&[Part]) -> Image) {
    let image = |platform: &str| make(&[layer(&Tar::files(&[("manifests/a.yaml", platform)]))]);
    let platforms = ["linux/arm64", "linux/amd64"];
    let index = Image::index(media_type, &platforms.map(|platform| (platform, image(platform))));
    let Some(files) = unpacked(&index) else { return };
    let ours = if cfg!(target_arch = "aarch64") { "linux/arm64" } else { "linux/amd64" };
    assert_eq!(files, expected(&[("manifests/a.yaml", ours)]));
}

/// Only one image has its parts there: the others need not.
#[test]
fn of_an_index_only_one_image_is_fetched() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let image = |platform| Image::of_files(&[("manifests/a.yaml", platform)]);
    let platforms = ["linux/arm64", "linux/amd64"];
    let index = Image::index(OCI_INDEX, &platforms.map(|platform| (platform, image(platform))));
    registry.put("image:v1", &index);
    let before = registry.requests().len();
    host.run(["pull", &registry.image("image:v1"), "--to", "oci:layout"]).ok();
    let gets = registry.requests().split_off(before);
    let blobs = gets.iter().filter(|request| request.starts_with("GET") && request.contains("/blobs/"));
    assert_eq!(blobs.count(), 2, "a configuration and a layer: {gets:#?}");
}

/// `rukpakctl` fetches a layer of hundreds of megabytes in the memory that a small one takes.
#[test]
fn memory_does_not_grow_with_a_layer() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    // One megabyte that does not compress, over and over, each time as a member of its own.
    let tar = Tar::new().file("elsewhere/noise", noise(1 << 20, 1)).unfinished();
    let end = Tar::files(&[("manifests/a.yaml", "a")]).finish();
    let bytes = [gzip(&tar).repeat(300), gzip(&end)].concat();
    registry.put("image:v1", &Image::new(&[Part::new(image::OCI_GZIP, bytes)]));
    // Address space, of which a program takes several times what it uses.
    host.run_within(200, ["unpack", &registry.image("image:v1"), "--to", "out"]).ok();
    assert_eq!(files(&host.path("out")), [("manifests/a.yaml".to_owned(), b"a".to_vec())]);
    host.run_within(200, ["pull", &registry.image("image:v1"), "--to", "oci:layout"]).ok();
}
