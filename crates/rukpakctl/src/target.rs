//! Where `pull` and `unpack` write to: TARGET and DIR on the command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use rukpak_oci::Reference;
use rukpak_tree::ShownPath;
use rukpak_unpacker::{StoreKind, StoreSource};

use crate::source::store;

/// Where a bundle is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Its files, into a directory.
    Directory(PathBuf),
    /// An image, into a layout or an archive.
    Store(StoreSource),
}

/// Understands a directory.
pub(crate) fn directory() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|typed| match Target::parse_directory(typed) {
        Ok(path) if path.as_os_str().is_empty() => Err("expected a directory".to_owned()),
        parsed => parsed,
    })
}

impl Target {
    /// Understands what was typed.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(Self::parse)
    }

    fn parse(typed: OsString) -> Result<Self, String> {
        match store(typed.as_bytes())? {
            Some(store) if store.path.as_os_str() == "-" => {
                Err("an image is not written to standard output; a file or directory of this name is ./-"
                    .into())
            }
            Some(store) => match store.name.as_deref().map(|name| check_name(store.kind, name)) {
                Some(Err(refused)) => Err(refused),
                Some(Ok(())) | None => Ok(Self::Store(store)),
            },
            None if typed.as_bytes().starts_with(b"docker://") => Err("`push` writes to a registry".into()),
            None if typed.is_empty() => Err("expected a directory, an image layout or an archive".into()),
            None => match transport(&typed) {
                Some(transport) => Err(format!(
                    "there is no transport {transport}, expected oci, oci-archive or docker-archive; a directory of this \
                     name is ./{}",
                    ShownPath::of_host(Path::new(&typed))
                )),
                None => Self::parse_directory(typed).map(Self::Directory),
            },
        }
    }

    /// `-` is standard output wherever something is read from or written to, which takes no directory.
    fn parse_directory(typed: OsString) -> Result<PathBuf, String> {
        if typed == "-" {
            return Err("files are not written to standard output; a directory of this name is ./-".into());
        }
        Ok(typed.into())
    }
}

/// Refuses what no image can be called: a layout has the annotation `org.opencontainers.image.ref.name`, by the grammar of the image
/// specification, `annotations.md`; a docker archive a reference.
fn check_name(kind: StoreKind, name: &str) -> Result<(), String> {
    if kind == StoreKind::DockerArchive {
        return match name.parse::<Reference>() {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
        };
    }
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let separators = |one: char| matches!(one, '-' | '.' | '_' | ':' | '@' | '+' | '/');
    if name.replace("--", "-").split(separators).all(is_word) {
        return Ok(());
    }
    Err(format!("got tag {name:?}, expected letters and digits, with one of - . _ : @ + / between them"))
}

/// What stands before a colon where that is before any slash.
fn transport(typed: &OsStr) -> Option<ShownPath> {
    let bytes = typed.as_bytes();
    let colon = bytes.iter().position(|byte| matches!(byte, b':' | b'/'))?;
    let (transport, rest) = bytes.split_at(colon);
    rest.starts_with(b":").then(|| ShownPath::of_host(Path::new(OsStr::from_bytes(transport))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    #[rstest]
    #[case::tag("oci:x:v1", true)]
    #[case::long("oci-archive:x:quay.io/a/b--c:v1.2+3_4", true)]
    #[case::blank("oci:x:a b", false)]
    #[case::control_character("oci:x:a\u{7}", false)]
    #[case::separator_at_its_end("oci:x:v1-", false)]
    #[case::reference("docker-archive:x:quay.io/a/b:v1", true)]
    #[case::upper_case("docker-archive:x:example.com/UPPER:y", false)]
    fn names_of_images(#[case] typed: &str, #[case] is_good: bool) {
        assert_eq!(Target::parse(typed.into()).is_ok(), is_good);
    }

    #[rstest]
    #[case::nothing("", Err("expected a directory, an image layout or an archive"))]
    #[case::directory("a/b", Ok("a/b"))]
    #[case::directory_with_a_colon("./a:b", Ok("./a:b"))]
    #[case::colon_further_on("/a:b/c", Ok("/a:b/c"))]
    #[case::wrong_transport(
        "oci-dir:x",
        Err(
            "there is no transport oci-dir, expected oci, oci-archive or docker-archive; a directory of this name is ./oci-dir:x"
        )
    )]
    #[case::registry("docker://a/b", Err("`push` writes to a registry"))]
    #[case::no_path("oci:", Err("there is no path behind the colon"))]
    #[case::standard_output(
        "-",
        Err("files are not written to standard output; a directory of this name is ./-")
    )]
    #[case::an_image_to_standard_output(
        "oci-archive:-:v1",
        Err("an image is not written to standard output; a file or directory of this name is ./-")
    )]
    #[case::directory_like_standard_output("./-", Ok("./-"))]
    fn directories(#[case] typed: &str, #[case] expected: Result<&str, &str>) {
        let expected = expected.map(|path| Target::Directory(path.into())).map_err(str::to_owned);
        assert_eq!(Target::parse(typed.into()), expected);
    }
}
