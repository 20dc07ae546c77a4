//! Why credentials cannot be had. These texts name files, registries and programs, and never hold what a configuration
//! or a helper keeps: the messages of `serde_json` and `base64` quote their input, so they are not among the causes.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use rukpak_tree::{ByteSize, ShownPath};
use thiserror::Error;

use super::config::ENTRIES;
use super::files::FILE_SIZE;
use super::helper::OUTPUT_SIZE;

/// Why there is no keyring, or no answer from it.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// A file that was asked for is not there.
    #[error("found no file {path}, which {named_by} names")]
    NoFile {
        /// The file.
        path: ShownPath,
        /// The flag or the variable.
        named_by: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read the registry credentials in {path}")]
    ReadFile {
        /// The file.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// A file is too large to be one of credentials.
    #[error("cannot use the registry credentials in {path}: the file has more than {}", ByteSize(FILE_SIZE))]
    LargeFile {
        /// The file.
        path: ShownPath,
    },
    /// A file was read, and makes no keyring.
    #[error("cannot use the registry credentials in {path}")]
    File {
        /// The file.
        path: ShownPath,
        /// Why.
        source: Box<KeyringError>,
    },
    /// The document is not JSON.
    #[error("expected registry credentials as JSON, got {got} at line {line}, column {column}")]
    Json {
        /// Whether there was anything.
        got: &'static str,
        /// As `serde_json` counts.
        line: usize,
        /// As `serde_json` counts.
        column: usize,
    },
    /// The document, or a field of it, is of another type.
    #[error("expected {expected} as {field} of the registry credentials, got {got}")]
    Type {
        /// The name of the field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// There are too many entries.
    #[error("got credentials for {0} registries, the limit is {ENTRIES}")]
    TooMany(usize),
    /// What is kept under one key is not understood.
    #[error("cannot use the credentials of registry {registry}")]
    Entry {
        /// The key, without its scheme.
        registry: ShownPath,
        /// Why.
        source: CredentialsError,
    },
    /// A credential helper gave no answer.
    #[error("cannot get the credentials of registry {registry} from the credential helper {program}")]
    Helper {
        /// As the helper was asked.
        registry: String,
        /// The name of the program.
        program: String,
        /// Why.
        source: HelperError,
    },
}

/// Why an entry holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// The entry is of another type.
    #[error("expected an object, got {0}")]
    Entry(&'static str),
    /// A field is of another type.
    #[error("expected a text as `{field}`, got {got}")]
    Field {
        /// The name of the field.
        field: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// `auth` is not encoded.
    #[error("`auth` is not base64")]
    Base64,
    /// `auth` is not text.
    #[error("`auth` is not UTF-8 within its base64")]
    Utf8,
    /// `auth` is not of two parts.
    #[error("`auth` is not USER:PASSWORD within its base64, it has no colon")]
    NoColon,
    /// `registrytoken` is no value of a header.
    #[error("`registrytoken` has a line break or another control character, which no header can hold")]
    NoHeader,
    /// `credHelpers` names no program.
    #[error("expected the name of a credential helper, of letters, digits, `-`, `_` and `.`")]
    HelperName,
}

/// Why a credential helper gives no answer.
#[derive(Debug, Error)]
pub enum HelperError {
    /// There is no such program.
    #[error(
        "found no such program in $PATH; install it, or remove it from the configuration of Docker or Podman"
    )]
    Missing,
    /// It cannot be run.
    #[error("cannot run the program")]
    Run(#[source] io::Error),
    /// It takes too long.
    #[error("the program did not end within {0:?}")]
    TimedOut(Duration),
    /// It prints too much.
    #[error("the program printed more than {}", ByteSize(OUTPUT_SIZE))]
    TooLong,
    /// It says that it failed.
    #[error("the program failed with {status}: {said}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it printed, on one line and cut, without what may be a secret.
        said: String,
    },
    /// It ended well, and what it printed is something else.
    #[error("the program printed {0} bytes, expected JSON with `Username` and `Secret`")]
    Answer(usize),
}
