//! Where in a file something stands.

use std::fmt;

/// A line and a column of a text, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position of a byte offset. Costs a scan of the text before it, so it is for errors and findings only.
    ///
    /// An offset past the end gives the end; bytes that are not UTF-8 count as one column each.
    #[must_use]
    pub fn of(text: &[u8], offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let last = before.get(start..).unwrap_or_default();
        // A continuation byte (10xxxxxx) belongs to the character before it.
        let column = last.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Self { line, column }
    }

    /// The position in the whole of what has position `within` in the text that begins here.
    pub(crate) fn plus(self, within: Self) -> Self {
        let column = if within.line == 1 { self.column - 1 } else { 0 };
        Self { line: self.line + within.line - 1, column: within.column + column }
    }

    /// The byte offset of this position in a text; `None` where the text has no such line.
    pub(crate) fn offset_in(self, text: &[u8]) -> Option<usize> {
        let line = match self.line.checked_sub(2) {
            None => 0,
            Some(nth) => memchr::memchr_iter(b'\n', text).nth(nth)? + 1,
        };
        let rest = text.get(line..)?;
        let starts = |byte: &u8| *byte & 0xC0 != 0x80;
        let column =
            rest.iter().enumerate().filter(|(_, byte)| starts(byte)).nth(self.column.checked_sub(1)?);
        Some(column.map_or(text.len(), |(offset, _)| line + offset))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::start("ab", 0, 1, 1)]
    #[case::inside("ab\ncd", 4, 2, 2)]
    #[case::after_a_newline("ab\n", 3, 2, 1)]
    #[case::past_the_end("ab", 9, 1, 3)]
    #[case::characters_not_bytes("é: x", 4, 1, 4)]
    fn positions(#[case] text: &str, #[case] offset: usize, #[case] line: usize, #[case] column: usize) {
        assert_eq!(Position::of(text.as_bytes(), offset), Position { line, column });
    }
}
