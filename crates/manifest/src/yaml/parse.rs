//! The grammar of YAML, as libyaml has it and therefore Go and Kubernetes.
//!
//! In: the text of one document. Out: calls to a [`Build`], which makes of them what it wants: values, a position, a
//! trace for a test. The parser is a recursive descent over bytes. libyaml is a scanner that inserts tokens in front of
//! ones that it has already seen (a mapping shows itself only at the `:` behind its first key); here the same decision is
//! taken by looking ahead on one line, which is as far as an implicit key may reach. Both accept the same documents: a
//! test compares them event by event.
//!
//! What it leaves out, since Kubernetes has no use for it and refuses it in the end: directives, and mapping keys that
//! are lists or mappings.

use std::borrow::Cow;

/// Nesting at which a document is refused. Real definitions stay far below it.
pub(crate) const MAX_DEPTH: usize = 256;

/// Why a text is refused, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseError {
    /// Byte offset into the text.
    pub(crate) offset: usize,
    /// What is wrong.
    pub(crate) message: String,
}

impl ParseError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// A scalar as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar<'a> {
    /// Its text, with line folding and escapes undone.
    pub(crate) text: Cow<'a, str>,
    /// Whether it stands there without quotes and is no block scalar, so that `12` is a number.
    pub(crate) plain: bool,
    /// Its tag, in full: `tag:yaml.org,2002:int`, `!local`.
    pub(crate) tag: Option<Cow<'a, str>>,
}

/// What stands before a node: `&anchor` and `!tag`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties<'a> {
    pub(crate) anchor: Option<&'a str>,
    pub(crate) tag: Option<Cow<'a, str>>,
}

impl Properties<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.anchor.is_none() && self.tag.is_none()
    }
}

/// What a parse makes of a document. `at` is the byte offset at which the thing begins.
pub(crate) trait Build<'a> {
    /// A finished node.
    type Node;
    /// A finished mapping key.
    type Key;
    /// A collection that is being read.
    type Open;

    /// A scalar that is a value.
    fn scalar(
        &mut self,
        scalar: Scalar<'a>,
        anchor: Option<&'a str>,
        at: usize,
    ) -> Result<Self::Node, ParseError>;
    /// A scalar that is a mapping key.
    fn key(
        &mut self,
        scalar: Scalar<'a>,
        anchor: Option<&'a str>,
        at: usize,
    ) -> Result<Self::Key, ParseError>;
    /// A node that turns out to be a mapping key: an alias, or what stands behind `?`.
    fn node_as_key(&mut self, node: Self::Node, at: usize) -> Result<Self::Key, ParseError>;
    /// A reference to an anchor.
    fn alias(&mut self, name: &'a str, at: usize) -> Result<Self::Node, ParseError>;
    /// A mapping or sequence begins.
    fn open(&mut self, anchor: Option<&'a str>, at: usize) -> Result<Self::Open, ParseError>;
    /// A mapping's key is complete and its value comes next.
    fn value_follows(&mut self, open: &mut Self::Open, key: &Self::Key);
    /// A sequence's next item begins.
    fn item_follows(&mut self, open: &mut Self::Open);
    /// An entry of the mapping is complete.
    fn entry(
        &mut self,
        open: &mut Self::Open,
        key: Self::Key,
        value: Self::Node,
        at: usize,
    ) -> Result<(), ParseError>;
    /// An item of the sequence is complete.
    fn item(&mut self, open: &mut Self::Open, value: Self::Node);
    /// The mapping ends.
    fn close_mapping(&mut self, open: Self::Open, anchor: Option<&'a str>) -> Result<Self::Node>;
    /// The sequence ends.
    fn close_sequence(&mut self, open: Self::Open, anchor: Option<&'a str>) -> Result<Self::Node>;
}

/// The root node of a document, and where it begins and ends.
#[derive(Debug)]
pub(crate) struct Root<N> {
    /// The node; `None` where the document holds nothing but comments.
    pub(crate) node: Option<N>,
    /// Offset of its first byte.
    pub(crate) start: usize,
    /// Offset of the first byte behind the document that is neither blank nor a comment, where there is one:
    /// Kubernetes reads one document and ignores what follows it.
    pub(crate) ignored: Option<usize>,
}

/// Reads one document, the text of which is empty or ends with a line break. `separators`: see [`super::text::Text`].
/// `is_begun`: whether `---` stands before the text, so that nothing need follow.
pub(crate) fn document<'a, B: Build<'a>>(
    text: &'a str,
    separators: bool,
    is_begun: bool,
    build: &mut B,
) -> Result<Root<B::Node>, ParseError> {
    let mut parser = Parser { text, pos: 0, line_start: 0, depth: 0, flow_indent: 0, separators, build };
    parser.skip(true)?;
    let start = parser.pos;
    if parser.at_end() {
        return Ok(Root { node: None, start, ignored: None });
    }
    let mut node = None;
    if !parser.at_document_end() {
        node = Some(parser.block_node(-1, Place::ROOT)?);
        if !parser.skip_in_flow()? && parser.pos != parser.line_start && !parser.at_end() {
            return parser.error(parser.unexpected("expected the end of the line"));
        }
    } else if !is_begun {
        return parser.error("found '...', which ends a document, where none has begun");
    }
    if parser.at_document_end() {
        parser.pos += 3;
    }
    parser.skip_in_flow()?;
    let ignored = (!parser.at_end()).then_some(parser.pos);
    Ok(Root { node, start, ignored })
}

pub(crate) type Result<T, E = ParseError> = std::result::Result<T, E>;

/// What may begin at the place where a block node is expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Whether a mapping or sequence may begin on this very line, as behind `- ` but not behind `key: `.
    pub(super) collection: bool,
    /// Whether a sequence may stand in the column of the mapping that it is a value of.
    pub(super) indentless: bool,
}

impl Place {
    pub(super) const ROOT: Self = Self { collection: true, indentless: false };
    pub(super) const ITEM: Self = Self { collection: true, indentless: false };
    pub(super) const VALUE: Self = Self { collection: false, indentless: true };
    pub(super) const EXPLICIT: Self = Self { collection: true, indentless: true };
}

/// The state of a parse.
pub(super) struct Parser<'a, 'b, B> {
    pub(super) text: &'a str,
    /// Offset of the next byte.
    pub(super) pos: usize,
    /// Offset of the first byte of the current line.
    pub(super) line_start: usize,
    pub(super) depth: usize,
    /// The column that tabs must not be left of, where a flow collection goes on on another line.
    pub(super) flow_indent: isize,
    pub(super) separators: bool,
    pub(super) build: &'b mut B,
}

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// The byte at an offset; 0, which no text holds, at and behind the end.
    pub(super) fn at(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(offset).copied().unwrap_or(0)
    }

    pub(super) fn byte(&self) -> u8 {
        self.at(self.pos)
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    /// A part of the text, for offsets that the parser found at character boundaries.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The current column, from 0. It is used for indentation only, and nothing but ASCII stands before a token that
    /// decides on it, so bytes are characters.
    pub(super) fn column(&self) -> isize {
        isize::try_from(self.pos - self.line_start).unwrap_or(isize::MAX)
    }

    /// The length of the line break at an offset, 0 where there is none.
    pub(super) fn break_len(&self, offset: usize) -> usize {
        match self.at(offset) {
            b'\n' => 1,
            0xE2 if self.separators
                && self.at(offset + 1) == 0x80
                && matches!(self.at(offset + 2), 0xA8 | 0xA9) =>
            {
                3
            }
            _ => 0,
        }
    }

    /// Whether a blank, a line break or the end is at an offset.
    pub(super) fn is_blank_or_end(&self, offset: usize) -> bool {
        matches!(self.at(offset), b' ' | b'\t' | b'\n' | 0) || self.break_len(offset) > 0
    }

    /// Offset of the first byte at or behind an offset that is no blank.
    pub(super) fn past_blanks(&self, mut offset: usize) -> usize {
        while matches!(self.at(offset), b' ' | b'\t') {
            offset += 1;
        }
        offset
    }

    /// Goes behind a line break of the given length.
    pub(super) fn pass_break(&mut self, length: usize) {
        self.pos += length;
        self.line_start = self.pos;
    }

    /// Offset of the end of the line that an offset is on.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let end = self.text.len();
        if self.separators {
            return (from..end).find(|offset| self.break_len(*offset) > 0).unwrap_or(end);
        }
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(end, |length| from + length)
    }

    /// Whether `...` ends the document here.
    pub(super) fn at_document_end(&self) -> bool {
        self.byte() == b'.'
            && self.pos == self.line_start
            && self.slice(self.pos, self.pos + 3) == "..."
            && self.is_blank_or_end(self.pos + 3)
    }

    /// Goes to the next token: over blanks, comments and line breaks. Says whether it passed a line break.
    ///
    /// `indentation`: whether what comes next may be the beginning of a block collection, so that a tab, which has no
    /// width that all agree on, is an error.
    pub(super) fn skip(&mut self, indentation: bool) -> Result<bool> {
        self.skip_blanks_and_comments(indentation, true)
    }

    /// [`Self::skip`] within `[]` and `{}`, where indentation has no meaning and tabs are blanks.
    pub(super) fn skip_in_flow(&mut self) -> Result<bool> {
        self.skip_blanks_and_comments(false, false)
    }

    fn skip_blanks_and_comments(&mut self, mut indentation: bool, block: bool) -> Result<bool> {
        let mut passed = false;
        loop {
            match self.byte() {
                b' ' => self.pass_spaces(),
                b'\t' if !indentation => self.pos += 1,
                b'\t' => {
                    let message = "found a tab where indentation is expected, indent with spaces";
                    return Err(ParseError::new(self.pos, message));
                }
                b'#' => self.pos = self.line_end(self.pos),
                _ => match self.break_len(self.pos) {
                    0 => return Ok(passed),
                    length => {
                        self.pass_break(length);
                        passed = true;
                        indentation = block;
                    }
                },
            }
        }
    }

    /// Passes spaces, eight at a time: indentation is a good part of most files.
    pub(super) fn pass_spaces(&mut self) {
        const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
        while let Some(bytes) = self.text.as_bytes().get(self.pos..).and_then(<[u8]>::first_chunk::<8>) {
            let others = u64::from_le_bytes(*bytes) ^ SPACES;
            self.pos += others.trailing_zeros() as usize / 8;
            if others != 0 {
                return;
            }
        }
        while self.byte() == b' ' {
            self.pos += 1;
        }
    }

    /// Counts a level of nesting; every call is followed by one of [`Self::ascend`].
    pub(super) fn descend(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError::new(self.pos, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(ParseError::new(self.pos, message))
    }
}
