//! Where a bundle is read from: SOURCE on the command line.
//!
//! In: what was typed. Out: a [`Source`], or an error that says what was expected. The transports are those of
//! containers-transports(5). Archives are recognised by their content, never by their name.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

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
    pub(crate) fn parse(typed: OsString) -> Result<Self, ParseReferenceError> {
        let bytes = typed.as_bytes();
        if bytes == b"-" {
            return Ok(Self::Source(Source::Stdin));
        }
        if let Some(reference) = bytes.strip_prefix(b"docker://") {
            let reference = String::from_utf8_lossy(reference).parse()?;
            return Ok(Self::Source(Source::Image(reference)));
        }
        match store(bytes) {
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

/// `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` and `docker-archive:FILE[:REFERENCE]`. A path cannot have a colon, as in
/// containers-transports(5).
pub(crate) fn store(typed: &[u8]) -> Option<StoreSource> {
    let kinds = [StoreKind::OciLayout, StoreKind::OciArchive, StoreKind::DockerArchive];
    kinds.into_iter().find_map(|kind| {
        let rest = typed.strip_prefix(kind.transport().as_bytes())?.strip_prefix(b":")?;
        let mut parts = rest.splitn(2, |byte| *byte == b':');
        let path = OsString::from_vec(parts.next().unwrap_or_default().to_owned()).into();
        let name = parts.next().filter(|name| !name.is_empty());
        Some(StoreSource { kind, path, name: name.map(|name| String::from_utf8_lossy(name).into_owned()) })
    })
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

    fn typed(text: &str) -> Result<Typed, ParseReferenceError> {
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
