//! What an input is, told by its first bytes.

use std::fmt;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A tar archive.
    Tar,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tar => "tar",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// How an input that begins so is compressed, as [`read_archive`](crate::read_archive) tells it; four bytes are enough.
/// What is not recognised is taken for a tar archive.
#[must_use]
pub fn compression(head: &[u8]) -> Format {
    Format::of(head)
}

impl Format {
    /// How an input is compressed. What is not recognised is taken for a tar archive, which its first header will tell.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a frame to skip, with which some writers begin.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Tar,
        }
    }
}

/// Whether the first header has the mark of POSIX or GNU tar. Archives of older writers have none.
pub(super) fn has_tar_magic(head: &[u8]) -> bool {
    head.get(257..).is_some_and(|magic| magic.starts_with(b"ustar"))
}

/// What a content that is no tar archive seems to be, and how it was compressed.
pub(super) fn describe(head: &[u8], compressed: Format) -> String {
    let content = match head {
        [] => "nothing",
        [0x1f, 0x8b, ..] => "a gzip stream",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a zstd stream",
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => "a zip archive",
        [b'B', b'Z', b'h', ..] => "a bzip2 stream",
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "an xz stream",
        [0x04, 0x22, 0x4d, 0x18, ..] => "an lz4 stream",
        [b'7', b'z', 0xbc, 0xaf, ..] => "a 7-Zip archive",
        [0x1f, 0x9d, ..] => "a compress stream",
        head if is_text(head) => "text",
        _ => "data of an unknown format",
    };
    match compressed {
        Format::Tar => content.to_owned(),
        Format::Gzip | Format::Zstd => format!("{content}, compressed with {compressed}"),
    }
}

/// Whether bytes are UTF-8, cut off at any place, without control characters that no text has.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let valid = head.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.contains(|character: char| {
        character.is_control() && !matches!(character, '\n' | '\r' | '\t' | '\u{c}')
    })
}
