//! Raw bytes as text that YAML allows.
//!
//! In: the bytes of a file. Out: text in which every line break is `\n`, so that the parser needs to know one only.
//! YAML 1.1 section 5.1 says which characters may stand in a stream; libyaml's reader enforces it, and so does this.

use std::borrow::Cow;

use super::parse::ParseError;

/// Text with its line breaks normalised.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    /// The text; borrowed where nothing had to be changed.
    pub(crate) text: Cow<'a, str>,
    /// Whether U+2028 or U+2029 occur, which YAML 1.1 takes for line breaks and keeps as they are.
    pub(crate) separators: bool,
}

/// Checks that bytes are UTF-8 without control characters, drops a byte order mark, makes `\r\n`, `\r` and U+0085 line
/// feeds, and ends the last line with one, as Kubernetes does before it parses.
pub(crate) fn read(bytes: &[u8]) -> Result<Text<'_>, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let hint = match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => ", the file looks like UTF-16",
            _ => "",
        };
        ParseError::new(error.valid_up_to(), format!("expected UTF-8 text, got other bytes{hint}"))
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let (mut breaks, mut separators) = (false, false);
    for offset in suspicious(text.as_bytes()) {
        match text.get(offset..).and_then(|rest| rest.chars().next()) {
            Some('\r' | '\u{85}') => breaks = true,
            Some('\u{2028}' | '\u{2029}') => separators = true,
            Some('\u{A0}'..='\u{FFFD}') | None => {}
            Some(other) => {
                let message = format!("control characters are not allowed, got U+{:04X}", u32::from(other));
                return Err(ParseError::new(offset + (bytes.len() - text.len()), message));
            }
        }
    }
    let mut text = if breaks {
        Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\u{85}'], "\n"))
    } else {
        Cow::Borrowed(text)
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.to_mut().push('\n');
    }
    Ok(Text { text, separators })
}

/// Offsets of bytes that need a closer look. Nearly every file has none, so the bytes are looked at many at a time, in a
/// form that the compiler makes vector instructions of.
fn suspicious(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const BLOCK: usize = 128;
    let blocks = bytes.chunks(BLOCK).enumerate();
    blocks
        .filter(|(_, block)| block.iter().fold(0, |found, byte| found | is_suspicious(*byte)) != 0)
        .flat_map(|(number, block)| {
            let found = block.iter().enumerate().filter(|(_, byte)| is_suspicious(**byte) != 0);
            found.map(move |(index, _)| number * BLOCK + index)
        })
}

/// Not 0 where a byte is, or can begin, a character that is refused or is a line break other than `\n`: controls, and the
/// first bytes of U+0080 to U+00BF, of U+2000 to U+2FFF and of U+F000 to U+FFFF.
fn is_suspicious(byte: u8) -> u8 {
    (u8::from(byte < 0x20) & u8::from(byte != b'\n') & u8::from(byte != b'\t'))
        | u8::from(byte == 0x7F)
        | u8::from(byte == 0xC2)
        | u8::from(byte == 0xE2)
        | u8::from(byte == 0xEF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("a: b\n", "a: b\n")]
    #[case::byte_order_mark("\u{FEFF}a\n", "a\n")]
    #[case::windows("a\r\nb\rc", "a\nb\nc\n")]
    #[case::next_line("a\u{85}b\n", "a\nb\n")]
    #[case::separator("a\u{2028}b", "a\u{2028}b\n")]
    #[case::letters("é–😀\u{E000}\u{FFFD}", "é–😀\u{E000}\u{FFFD}\n")]
    #[case::inner_byte_order_mark("\u{FEFF}a\u{FEFF}\n", "a\u{FEFF}\n")]
    fn text_is_normalised(#[case] input: &str, #[case] expected: &str) {
        assert_eq!(read(input.as_bytes()).unwrap().text, expected);
    }

    #[rstest]
    #[case::nul(b"ab\0", 2)]
    #[case::escape(b"\x1b[0m", 0)]
    #[case::delete(b"a\x7f", 1)]
    #[case::c1("a\u{90}".as_bytes(), 1)]
    #[case::no_character("\u{FFFE}".as_bytes(), 0)]
    #[case::latin1(b"caf\xe9", 3)]
    #[case::utf16(b"\xff\xfea\0", 0)]
    fn other_bytes_are_refused(#[case] input: &[u8], #[case] offset: usize) {
        assert_eq!(read(input).unwrap_err().offset, offset);
    }
}
