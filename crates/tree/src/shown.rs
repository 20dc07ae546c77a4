//! Names and sizes as an error prints them.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};

/// How many characters of a name are printed.
const SHOWN_CHARACTERS: usize = 160;

/// A name of unknown origin, safe to print: control and formatting characters, backslashes and bytes that are not UTF-8
/// are escaped as in a Rust literal, and a long name is cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShownPath(String);

impl ShownPath {
    /// Makes a name printable.
    #[must_use]
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        let mut shown = String::new();
        let mut left = SHOWN_CHARACTERS;
        for chunk in name.utf8_chunks() {
            let valid = chunk.valid().chars().map(Shown::Character);
            let invalid = chunk.invalid().iter().copied().map(Shown::Byte);
            for part in valid.chain(invalid) {
                if left == 0 {
                    let _ = write!(shown, "... ({} bytes)", name.len());
                    return Self(shown);
                }
                left -= 1;
                part.push_to(&mut shown);
            }
        }
        Self(shown)
    }

    /// Makes a name of the host printable.
    #[must_use]
    pub fn of_host(name: impl AsRef<OsStr>) -> Self {
        Self::new(name.as_ref().as_encoded_bytes())
    }

    /// The printable text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One character of a name, or one byte that belongs to none.
enum Shown {
    Character(char),
    Byte(u8),
}

impl Shown {
    fn push_to(self, text: &mut String) {
        match self {
            Self::Byte(byte) => {
                let _ = write!(text, "\\x{byte:02x}");
            }
            Self::Character(character) if character == '\\' || !is_harmless(character) => {
                text.extend(character.escape_default());
            }
            Self::Character(character) => text.push(character),
        }
    }
}

/// Whether a character can go to a terminal as it is: it is no control character, and none that reorders or hides the text
/// around it, which is as bad.
#[must_use]
pub fn is_harmless(character: char) -> bool {
    let formats = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !character.is_control() && !formats
}

/// A number of bytes, printed in the largest unit that divides it: `16 MiB`, `1000 bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = [(30, "GiB"), (20, "MiB"), (10, "KiB")]
            .into_iter()
            .find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift);
        match (unit, self.0) {
            (Some((shift, unit)), bytes) => write!(f, "{} {unit}", bytes >> shift),
            (None, 1) => f.write_str("1 byte"),
            (None, bytes) => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("manifests/é.yaml".as_bytes(), "manifests/é.yaml")]
    #[case::terminal_escape(b"a\x1b[31mb\n", r"a\u{1b}[31mb\n")]
    #[case::right_to_left("a\u{202e}b".as_bytes(), r"a\u{202e}b")]
    #[case::not_utf8(b"a\xff\xfeb", r"a\xff\xfeb")]
    #[case::backslash(br"a\nb", r"a\\nb")]
    #[case::nul(b"a\0", r"a\u{0}")]
    fn names(#[case] name: &[u8], #[case] shown: &str) {
        assert_eq!(ShownPath::new(name).as_str(), shown);
    }

    #[test]
    fn a_long_name_is_cut() {
        let shown = ShownPath::new("é".repeat(1000));
        assert_eq!(shown.as_str(), format!("{}... (2000 bytes)", "é".repeat(160)));
        assert_eq!(ShownPath::new("a".repeat(160)).as_str(), "a".repeat(160));
    }

    #[rstest]
    #[case(0, "0 bytes")]
    #[case(1, "1 byte")]
    #[case(1000, "1000 bytes")]
    #[case(1024, "1 KiB")]
    #[case(16 << 20, "16 MiB")]
    #[case((16 << 20) + 1, "16777217 bytes")]
    #[case(10 << 30, "10 GiB")]
    fn sizes(#[case] bytes: u64, #[case] shown: &str) {
        assert_eq!(ByteSize(bytes).to_string(), shown);
    }
}
