//! Digests of content, as descriptors and references name them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256, Sha512};
use thiserror::Error;

/// The hash of some content: `sha256:` or `sha512:`, and hexadecimal digits in lower case.
///
/// These are the two algorithms that the OCI image specification registers (descriptor.md, "Registered algorithms").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

/// How a [`Digest`] is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name in a digest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseDigestError {
    /// It names no algorithm, or another one.
    #[error("got digest {0:?}, expected one that begins with \"sha256:\" or \"sha512:\"")]
    Algorithm(String),
    /// What follows is too short or too long.
    #[error("got {length} characters behind \"{}:\" in a digest, expected {}", .algorithm.as_str(), .algorithm.hex_length())]
    Length {
        /// The algorithm.
        algorithm: Algorithm,
        /// How many characters there are behind it.
        length: usize,
    },
    /// What follows holds something else than the digits `0` to `9` and `a` to `f`.
    #[error("got {0:?} in a digest, expected hexadecimal digits in lower case")]
    Character(char),
}

impl Digest {
    /// The SHA-256 digest of bytes.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The digest of bytes, computed as this one was.
    #[must_use]
    pub fn of_same_kind(&self, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// How it is computed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hexadecimal digits alone.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut known = [Algorithm::Sha256, Algorithm::Sha512].into_iter();
        let (algorithm, hex) = known
            .find_map(|one| Some((one, text.strip_prefix(one.as_str())?.strip_prefix(':')?)))
            .ok_or_else(|| ParseDigestError::Algorithm(text.chars().take(80).collect()))?;
        if let Some(other) = hex.chars().find(|character| !matches!(character, '0'..='9' | 'a'..='f')) {
            return Err(ParseDigestError::Character(other));
        }
        if hex.len() != algorithm.hex_length() {
            return Err(ParseDigestError::Length { algorithm, length: hex.len() });
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A digest in the making.
#[derive(Debug, Clone)]
pub struct Hasher(State);

#[derive(Debug, Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Of nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Takes more content.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of all that was taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest { algorithm: Algorithm::Sha256, hex: hex(&state.finalize()) },
            State::Sha512(state) => Digest { algorithm: Algorithm::Sha512, hex: hex(&state.finalize()) },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// SHA-256 of nothing.
    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn text_and_back() {
        assert_eq!(Digest::sha256(b"").to_string(), EMPTY);
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest, Digest::sha256(b""));
        assert_eq!(digest.of_same_kind(b"a"), Digest::sha256(b"a"));
    }

    #[test]
    fn sha512_is_known_too() {
        let digest: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
        assert_eq!(digest.algorithm(), Algorithm::Sha512);
        let abc = digest.of_same_kind(b"abc").to_string();
        assert!(abc.starts_with("sha512:ddaf35a193617abacc417349ae204131"), "{abc}");
    }

    #[rstest]
    #[case::other_algorithm(
        "md5:00",
        "got digest \"md5:00\", expected one that begins with \"sha256:\" or \"sha512:\""
    )]
    #[case::empty("", "got digest \"\", expected one that begins with \"sha256:\" or \"sha512:\"")]
    #[case::short("sha256:0a", "got 2 characters behind \"sha256:\" in a digest, expected 64")]
    #[case::upper_case("sha256:0A", "got 'A' in a digest, expected hexadecimal digits in lower case")]
    fn errors(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<Digest>().unwrap_err().to_string(), message);
    }
}
