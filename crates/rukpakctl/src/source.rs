//! Where a bundle is read from: SOURCE on the command line.
//!
//! In: what was typed. Out: a [`Source`], or an error that says what was expected. The transports are those of
//! containers-transports(5). Archives are recognised by their content, never by their name.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rukpak_oci::{ParseReferenceError, Reference, without_user};
use rukpak_tree::ShownPath;
use rukpak_unpacker::{Source, StoreKind, StoreSource};

/// What was typed for SOURCE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A source, by its transport.
    Source(Source),
    /// A directory, an archive, or an image of a registry: whatever there is.
    Bare(PathBuf),
}

impl Typed {
    /// Understands what was typed, without a look at the file system.
    pub(crate) fn parse(typed: OsString) -> Result<Self, String> {
        let bytes = typed.as_bytes();
        if bytes == b"-" {
            return Ok(Self::Source(Source::Stdin));
        }
        if let Some(reference) = bytes.strip_prefix(b"docker://") {
            let reference = str::from_utf8(reference).map_err(|_| NO_TEXT)?.parse::<Reference>();
            let reference = reference.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
            return Ok(Self::Source(Source::Image(reference)));
        }
        match store(bytes)? {
            Some(store) => Ok(Self::Source(Source::Store(store))),
            None => Ok(Self::Bare(typed.into())),
        }
    }

    /// The source. Looks whether there is a directory or file where that decides.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        let path = match self {
            Self::Source(source) => return Ok(source.clone()),
            Self::Bare(path) => path,
        };
        let shown = path
            .to_str()
            .map_or_else(|| ShownPath::of_host(path), |path| ShownPath::of_host(&*without_user(path)));
        if path.as_os_str().is_empty() {
            bail!("the source is an empty text, expected a directory, an archive, an image or `-`");
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(Source::Directory(path.clone())),
            Ok(_) => Ok(Source::Archive(path.clone())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                if let Some(transport) = foreign_transport(path) {
                    bail!(
                        "found no directory or archive {shown}; there is no transport {transport}, expected oci, oci-archive, \
                         docker-archive or docker"
                    );
                }
                match path.to_str().map(bare_reference) {
                    Some(Ok(Some(reference))) => Ok(Source::Image(reference)),
                    Some(Err(error)) => {
                        Err(error).with_context(|| format!("found no directory or archive {shown}"))
                    }
                    _ => bail!(
                        "found no directory or archive {shown}; an image is docker://REGISTRY/REPOSITORY:TAG"
                    ),
                }
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
        }
    }
}

/// What is said where nothing stands behind the colon, or what stands there is no text.
const NO_PATH: &str = "there is no path behind the colon";
const NO_TEXT: &str = "the name of an image is text, in UTF-8";

/// A transport of containers-transports(5) that is not read here.
fn foreign_transport(typed: &Path) -> Option<&'static str> {
    let known = ["dir", "docker-daemon", "containers-storage", "sif", "ostree"];
    known.into_iter().find(|transport| {
        let rest = typed.as_os_str().as_bytes().strip_prefix(transport.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b":"))
    })
}

/// `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` and `docker-archive:FILE[:REFERENCE]`. A path cannot have a colon, as in
/// containers-transports(5).
pub(crate) fn store(typed: &[u8]) -> Result<Option<StoreSource>, &'static str> {
    let kinds = [StoreKind::OciLayout, StoreKind::OciArchive, StoreKind::DockerArchive];
    let found = kinds
        .into_iter()
        .find_map(|kind| Some((kind, typed.strip_prefix(kind.transport().as_bytes())?.strip_prefix(b":")?)));
    let Some((kind, rest)) = found else { return Ok(None) };
    let mut parts = rest.splitn(2, |byte| *byte == b':');
    let path = parts.next().filter(|path| !path.is_empty()).ok_or(NO_PATH)?;
    let path = OsString::from_vec(path.to_owned()).into();
    let name = parts.next().filter(|name| !name.is_empty()).map(|name| String::from_utf8(name.to_owned()));
    Ok(Some(StoreSource { kind, path, name: name.transpose().map_err(|_| NO_TEXT)? }))
}

/// An image that was typed without its transport, if it names its registry: `bundles/x` is rather a path with an error in
/// it than an image of Docker Hub.
fn bare_reference(typed: &str) -> Result<Option<Reference>, ParseReferenceError> {
    let is_registry = typed.split_once('/').is_some_and(|(first, _)| {
        first == "localhost" || first.contains(['.', ':']) && !matches!(first, "." | "..")
    });
    if is_registry { typed.parse().map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn typed(text: &str) -> Result<Typed, String> {
        Typed::parse(text.into())
    }

    #[rstest]
    #[case::layout("oci:dir", StoreKind::OciLayout, "dir", None)]
    #[case::layout_and_tag("oci:/a/dir:v1", StoreKind::OciLayout, "/a/dir", Some("v1"))]
    #[case::archive("oci-archive:x.tar", StoreKind::OciArchive, "x.tar", None)]
    #[case::docker(
        "docker-archive:x.tar:quay.io/a/b:v1",
        StoreKind::DockerArchive,
        "x.tar",
        Some("quay.io/a/b:v1")
    )]
    #[case::no_tag("oci:dir:", StoreKind::OciLayout, "dir", None)]
    fn stores(#[case] text: &str, #[case] kind: StoreKind, #[case] path: &str, #[case] name: Option<&str>) {
        let expected = StoreSource { kind, path: path.into(), name: name.map(str::to_owned) };
        assert_eq!(typed(text), Ok(Typed::Source(Source::Store(expected))));
    }

    #[rstest]
    #[case::no_path(b"oci:", NO_PATH)]
    #[case::no_path_but_a_tag(b"oci-archive::v1", NO_PATH)]
    #[case::tag(b"oci:dir:\xff", NO_TEXT)]
    #[case::reference(b"docker://a/b:\xff", NO_TEXT)]
    fn what_names_no_source(#[case] typed: &[u8], #[case] expected: &str) {
        assert_eq!(Typed::parse(OsString::from_vec(typed.to_owned())), Err(expected.to_owned()));
    }

    /// The path of a file may be any bytes.
    #[test]
    fn a_path_need_not_be_text() {
        let typed = OsString::from_vec(b"oci:\xff:v1".to_vec());
        assert!(matches!(Typed::parse(typed), Ok(Typed::Source(Source::Store(_)))));
    }

    #[test]
    fn other_forms() {
        assert_eq!(typed("-"), Ok(Typed::Source(Source::Stdin)));
        assert_eq!(typed("docker://a/b"), Ok(Typed::Source(Source::Image("a/b".parse().unwrap()))));
        for path in ["./-", "oci", "bundle.tgz", "ocix:dir"] {
            assert_eq!(typed(path), Ok(Typed::Bare(path.into())));
        }
        assert!(typed("docker://A b").is_err());
    }

    #[rstest]
    #[case("quay.io/a/b:v1", true)]
    #[case("localhost/a", true)]
    #[case("127.0.0.1:5000/a", true)]
    #[case("bundles/a", false)]
    #[case("../a/b", false)]
    #[case("./a", false)]
    #[case("a.tgz", false)]
    fn images_that_name_their_registry(#[case] text: &str, #[case] is_image: bool) {
        assert_eq!(bare_reference(text).unwrap().is_some(), is_image);
    }
}
