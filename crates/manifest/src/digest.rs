//! SHA-256 digests.

use std::fmt;
use std::io;
use std::str::FromStr;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::json;

const PREFIX: &str = "sha256:";

/// How many bytes a digest has.
const LENGTH: usize = 32;

/// A SHA-256 digest. As text: `sha256:` and 64 hexadecimal digits in lower case, the form of OCI descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; LENGTH]);

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseDigestError {
    /// It names no algorithm, or another one.
    #[error("got digest {0:?}, expected one that begins with \"sha256:\"")]
    Algorithm(String),
    /// What follows is not 64 digits long.
    #[error("got {length} characters behind \"sha256:\" in digest {digest:?}, expected 64")]
    Length {
        /// The text.
        digest: String,
        /// How many characters there are behind the algorithm.
        length: usize,
    },
    /// What follows holds something else than the digits `0` to `9` and `a` to `f`.
    #[error("got {character:?} in digest {digest:?}, expected hexadecimal digits in lower case")]
    Character {
        /// The text.
        digest: String,
        /// The first character that is none of them.
        character: char,
    },
}

/// The digest of a value: that of its canonical JSON, see [`json::canonical`].
#[must_use]
pub fn digest(value: &Value) -> Digest {
    hashed(|hasher| json::canonical(value, hasher))
}

/// The digest of a value that is a mapping of these fields.
#[must_use]
pub fn digest_of(fields: &Map<String, Value>) -> Digest {
    hashed(|hasher| json::canonical_of(fields, hasher))
}

fn hashed(write: impl FnOnce(&mut Hasher) -> io::Result<()>) -> Digest {
    let mut hasher = Hasher(Sha256::new());
    // Values always have a JSON form, and a hasher takes every byte.
    let _ = write(&mut hasher);
    Digest(hasher.0.finalize().into())
}

impl Digest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 64 hexadecimal digits alone.
    #[must_use]
    pub fn hex(&self) -> String {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).flatten().collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest = || text.to_owned();
        let Some(hex) = text.strip_prefix(PREFIX) else {
            return Err(ParseDigestError::Algorithm(digest()));
        };
        let is_digit = |character: &char| matches!(character, '0'..='9' | 'a'..='f');
        if let Some(character) = hex.chars().find(|character| !is_digit(character)) {
            return Err(ParseDigestError::Character { digest: digest(), character });
        }
        let mut nibbles =
            hex.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|nibble| u8::try_from(nibble).ok());
        let mut bytes = [0; LENGTH];
        for byte in &mut bytes {
            let (Some(high), Some(low)) = (nibbles.next(), nibbles.next()) else {
                return Err(ParseDigestError::Length { digest: digest(), length: hex.len() });
            };
            *byte = high << 4 | low;
        }
        match nibbles.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(ParseDigestError::Length { digest: digest(), length: hex.len() }),
        }
    }
}

/// A SHA-256 computation that can be written to.
struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// SHA-256 of nothing.
    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn text_and_back() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(EMPTY.parse(), Ok(Digest::of(b"")));
    }

    #[test]
    fn a_value_has_the_digest_of_its_canonical_form() {
        let value = json!({"b": [1, "é"], "a": null});
        assert_eq!(digest(&value), Digest::of("{\"a\":null,\"b\":[1,\"é\"]}".as_bytes()));
        assert_ne!(digest(&value), digest(&json!({"b": ["é", 1], "a": null})));
    }

    #[rstest]
    #[case::other_algorithm(
        "sha512:00",
        "got digest \"sha512:00\", expected one that begins with \"sha256:\""
    )]
    #[case::empty("", "got digest \"\", expected one that begins with \"sha256:\"")]
    #[case::short("sha256:0a", "got 2 characters behind \"sha256:\" in digest \"sha256:0a\", expected 64")]
    #[case::upper_case(
        "sha256:0A",
        "got 'A' in digest \"sha256:0A\", expected hexadecimal digits in lower case"
    )]
    fn errors(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<Digest>().unwrap_err().to_string(), message);
    }

    #[test]
    fn a_digit_too_many() {
        let text = format!("{EMPTY}0");
        let expected = ParseDigestError::Length { digest: text.clone(), length: 65 };
        assert_eq!(text.parse::<Digest>(), Err(expected));
    }
}
