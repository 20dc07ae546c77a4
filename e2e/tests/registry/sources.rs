//! A bundle is the same wherever it comes from.

use std::fs;
use std::path::Path;

use e2e::process::{Host, Run, files, run, run_with};
use e2e::programs;
use e2e::registry::Registry;
use rstest::rstest;

use super::{bundle, registry, skopeo};

/// A form of SOURCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Directory,
    Tar,
    Tgz,
    Stdin,
    Layout,
    OciArchive,
    DockerArchive,
    Docker,
    Bare,
}

/// The bundle in one form, and what keeps it there.
struct Source {
    host: Host,
    typed: String,
    input: Vec<u8>,
    _registry: Option<Registry>,
}

impl Source {
    /// `None` where a program is missing.
    fn of(form: Form) -> Option<Self> {
        let host = Host::new();
        let mut input = Vec::new();
        let mut registry = None;
        let pulled = |target: &str| {
            host.run(["pull", &bundle(), "--to", target]).ok();
            target.to_owned()
        };
        let typed = match form {
            Form::Directory => bundle(),
            Form::Tar => tar(&host, "-cf", "bundle.tar")?,
            Form::Tgz => tar(&host, "-czf", "bundle.tgz")?,
            Form::Stdin => {
                input = fs::read(host.path(&tar(&host, "-czf", "bundle.tgz")?)).unwrap();
                "-".to_owned()
            }
            Form::Layout => pulled("oci:layout:v1"),
            Form::OciArchive => pulled("oci-archive:bundle.tar"),
            Form::DockerArchive => pulled("docker-archive:bundle.tar:registry.example.com/bundle:v1"),
            Form::Docker | Form::Bare => {
                let reference = registry.insert(self::registry()?).image("bundle:v1");
                host.run(["push", &bundle(), &reference]).ok();
                if form == Form::Docker { format!("docker://{reference}") } else { reference }
            }
        };
        Some(Self { host, typed, input, _registry: registry })
    }

    fn run(&self, command: &str, flags: &[&str]) -> Run {
        let arguments = [&[command, &self.typed, "-q"], flags].concat();
        run_with(&mut self.host.rukpakctl(arguments), &self.input)
    }
}

/// Packs the bundle as people do.
fn tar(host: &Host, flags: &str, name: &str) -> Option<String> {
    let tar = programs::installed("tar")?;
    run(host.command(tar).args([flags, name, "-C", &bundle(), "."])).ok();
    Some(name.to_owned())
}

#[rstest]
fn the_same_output_for_every_form_of_source(
    #[values(
        Form::Directory,
        Form::Tar,
        Form::Tgz,
        Form::Stdin,
        Form::Layout,
        Form::OciArchive,
        Form::DockerArchive,
        Form::Docker,
        Form::Bare
    )]
    form: Form,
    #[values("render", "validate", "inspect")] command: &str,
) {
    let Some(source) = Source::of(form) else { return };
    let expected = Host::new().run([command, &bundle(), "-q"]);
    assert!(!expected.stdout.is_empty() || command == "validate", "{}", expected.stderr);
    assert_eq!(source.run(command, &[]), expected);
    assert_eq!(source.host.leftovers(), Vec::<&Path>::new());
}

#[rstest]
#[case(Form::Directory)]
#[case(Form::Tar)]
#[case(Form::Tgz)]
#[case(Form::Stdin)]
#[case(Form::Layout)]
#[case(Form::OciArchive)]
#[case(Form::DockerArchive)]
#[case(Form::Docker)]
#[case(Form::Bare)]
fn the_same_files_for_every_form_of_source(#[case] form: Form) {
    let Some(source) = Source::of(form) else { return };
    source.run("unpack", &["--to", "out"]).ok();
    assert_eq!(files(&source.host.path("out")), files(Path::new(&bundle())));
    assert_eq!(source.host.leftovers(), Vec::<&Path>::new());
}

/// A directory becomes a layout, which `skopeo` copies to the registry in one format or another.
#[rstest]
#[case::as_it_is(&[])]
#[case::docker_schema_2(&["--format", "v2s2"])]
#[case::zstd(&["--dest-compress", "--dest-compress-format", "zstd"])]
#[case::oci(&["--format", "oci"])]
fn what_skopeo_pushes_is_read(#[case] options: &[&str]) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["pull", &bundle(), "--to", "oci:layout:v1"]).ok();
    let reference = format!("docker://{}", registry.image("bundle:v1"));
    let copy = [&["copy", "--dest-tls-verify=false"], options, &["oci:layout:v1", &reference]].concat();
    if !skopeo(&host, &copy) {
        return;
    }
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", &reference]).ok(), expected);
}

#[test]
fn a_tag_that_is_not_there_is_named() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["push", &bundle(), &registry.image("bundle:v1")]).ok();
    let text = host.run(["render", &registry.image("bundle:v2")]).refused();
    super::assert_says("a_tag_that_is_not_there", &text);
}

#[test]
fn a_repository_that_is_not_there_is_named() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let text = host.run(["render", &registry.image("nothing/here:v1")]).refused();
    super::assert_says("a_repository_that_is_not_there", &text);
}

#[test]
fn a_directory_with_something_in_it_is_not_written_to() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let reference = registry.image("bundle:v1");
    host.run(["push", &bundle(), &reference]).ok();
    let kept = host.write("out/kept", "kept");
    let Run { code, stderr, .. } = host.run(["unpack", "-q", &reference, "--to", "out"]);
    assert_eq!(code, Some(1));
    super::assert_says("a_directory_with_something_in_it", &stderr);
    assert_eq!(files(&host.path("out")), [("kept".to_owned(), b"kept".to_vec())], "{kept}");
}

/// The registry is gone when the image is wanted again.
#[rstest]
#[case::render(&["render", "-q"])]
#[case::validate(&["validate", "-q"])]
#[case::inspect(&["inspect", "-q"])]
fn a_digest_is_not_asked_for_twice(#[case] command: &[&str]) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let pushed = host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok();
    let arguments = [command, &[pushed.trim_end()]].concat();
    let first = host.run(&arguments).ok();
    drop(registry);
    assert_eq!(host.run(&arguments).ok(), first);
    // Whoever has no cache would have had to ask.
    let elsewhere = Host::new().run(&arguments);
    assert_eq!(elsewhere.code, Some(1), "{}", elsewhere.stderr);
}

/// A tag is asked for each time, and what it means is fetched once.
#[test]
fn a_tag_that_did_not_move_is_not_fetched_twice() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let reference = registry.image("bundle:v1");
    host.run(["push", "-q", &bundle(), &reference]).ok();
    let before = registry.requests().len();
    let first = host.run(["render", "-q", &reference]).ok();
    let in_between = registry.requests().len();
    assert_eq!(host.run(["render", "-q", &reference]).ok(), first);
    let requests = registry.requests();
    let fetched = |from: usize, to: usize| {
        requests[from..to].iter().filter(|request| request.starts_with("GET /v2/bundle/")).count()
    };
    // The manifest and the layer; then nothing.
    assert_eq!((fetched(before, in_between), fetched(in_between, requests.len())), (2, 0), "{requests:#?}");
}

#[test]
fn a_tag_that_moved_is_fetched_anew() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let reference = registry.image("bundle:latest");
    for example in ["cache-webhooks", "hello-operator", "cache-webhooks"] {
        let bundle = super::example(example);
        host.run(["push", "-q", &bundle, &reference]).ok();
        let expected = host.run(["render", "-q", &bundle]).ok();
        assert_eq!(host.run(["render", "-q", &reference]).ok(), expected);
    }
}
