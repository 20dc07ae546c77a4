//! What is in a text, found in one pass over its bytes.

/// Which of the characters that matter to a writer a text holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan(u8);

const BREAK: u8 = 1;
const TAB: u8 = 2;
/// A character that can stand nowhere as it is.
const SPECIAL: u8 = 4;
/// A byte with which such a character may begin.
const SUSPICIOUS: u8 = 8;
/// `:` or `#`.
const STOP: u8 = 16;

/// What each byte means.
static MEANING: [u8; 256] = {
    let mut meaning = [0; 256];
    let mut byte = 0;
    while byte < meaning.len() {
        #[expect(clippy::indexing_slicing, reason = "the loop ends where the table does")]
        {
            meaning[byte] = match byte {
                0x0A => BREAK,
                0x09 => TAB,
                0x00..0x20 | 0x7F => SPECIAL,
                // The first bytes of U+0080 to U+00BF, of U+2000 to U+2FFF and of U+F000 to U+FFFF.
                0xC2 | 0xE2 | 0xEF => SUSPICIOUS,
                0x23 | 0x3A => STOP,
                _ => 0,
            };
        }
        byte += 1;
    }
    meaning
};

impl Scan {
    pub(super) fn of(text: &str) -> Self {
        let found = text
            .bytes()
            .fold(0, |found, byte| found | MEANING.get(usize::from(byte)).copied().unwrap_or_default());
        if found & SUSPICIOUS != 0 && text.chars().any(is_special) {
            Self(found | SPECIAL)
        } else {
            Self(found)
        }
    }

    /// Whether all characters can stand as they are, line breaks and tabs aside.
    pub(super) fn is_printable(self) -> bool {
        self.0 & SPECIAL == 0
    }

    /// Whether the text is more than one line.
    pub(super) fn has_breaks(self) -> bool {
        self.0 & BREAK != 0
    }

    /// Whether all characters can stand as they are on one line. Tabs cannot be told from spaces there.
    pub(super) fn fits_one_line(self) -> bool {
        self.0 & (SPECIAL | BREAK | TAB) == 0
    }

    /// Whether there is a `:` or `#`, which may end a plain text.
    pub(super) fn has_stops(self) -> bool {
        self.0 & STOP != 0
    }
}

/// Whether a character is a control, a line break other than `\n`, a byte order mark or no character at all: what YAML 1.1
/// does not count as printable, or reads as something else. Line feeds and tabs are not meant.
pub(super) fn is_special(character: char) -> bool {
    match character {
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' => true,
        '\n' | '\t' | ' '..='~' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'.. => false,
        _ => true,
    }
}
