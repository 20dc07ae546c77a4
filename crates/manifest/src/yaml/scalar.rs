//! Plain and quoted scalars.

use std::borrow::Cow;

use super::parse::{Build, ParseError, Parser, Result, Scalar};

/// Line breaks between two lines of text, which YAML folds: one becomes a space, each further one a line feed.
struct Fold<'a> {
    first: &'a str,
    rest: String,
}

impl Fold<'_> {
    fn append_to(self, text: &mut String) {
        if self.first != "\n" {
            text.push_str(self.first);
        } else if self.rest.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.rest);
    }
}

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// The plain or quoted scalar that is next. `indent`: the column that its further lines need, where it is plain and
    /// not in a flow collection.
    pub(super) fn scalar(&mut self, indent: isize, flow: bool) -> Result<Scalar<'a>> {
        let (text, plain) = match self.byte() {
            b'.' if self.at_document_end() => {
                return self.error("expected a value, got the end of the document");
            }
            b'"' => (self.double_quoted()?, false),
            b'\'' => (self.single_quoted()?, false),
            _ if self.begins_plain(flow) => (self.plain(indent, flow)?, true),
            b'%' => {
                let message = "found '%', directives are not supported, quote the text if it is none";
                return self.error(message);
            }
            b':' => return self.error("expected a mapping key before ':'"),
            0 => return self.error("expected a value, got the end of the document"),
            byte @ (b'@' | b'`' | b',' | b'*' | b'&' | b'!' | b'|' | b'>' | b'[' | b']' | b'{' | b'}') => {
                let message = format!("no value begins with {:?}, quote it", char::from(byte));
                return self.error(message);
            }
            _ => return self.error(self.unexpected("expected a value")),
        };
        Ok(Scalar { text, plain, tag: None })
    }

    fn begins_plain(&self, flow: bool) -> bool {
        match self.byte() {
            b' ' | b'\t' | b'\n' | 0 | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!'
            | b'|' | b'>' | b'%' | b'@' | b'`' => false,
            b'-' => !matches!(self.at(self.pos + 1), b' ' | b'\t'),
            b'?' | b':' => !flow && !self.is_blank_or_end(self.pos + 1),
            _ => self.break_len(self.pos) == 0,
        }
    }

    fn plain(&mut self, indent: isize, flow: bool) -> Result<Cow<'a, str>> {
        let start = self.pos;
        self.pos = self.plain_end(start, flow);
        let mut text = Cow::Borrowed(self.slice(start, self.pos));
        while let Some(fold) = self.plain_fold(indent)? {
            let outdented = !flow && self.column() < indent;
            if outdented || self.at_end() || self.byte() == b'#' || self.at_document_end() {
                break;
            }
            let start = self.pos;
            self.pos = self.plain_end(start, flow);
            if self.pos == start {
                break;
            }
            let text = text.to_mut();
            fold.append_to(text);
            text.push_str(self.slice(start, self.pos));
        }
        Ok(text)
    }

    /// Where the part of a plain scalar that is on one line ends, blanks at its end left out.
    fn plain_end(&self, start: usize, flow: bool) -> usize {
        let blank = |offset: usize| matches!(self.at(offset), b' ' | b'\t');
        let mut end = self.plain_stop(start, flow);
        while match self.at(end) {
            b':' => !self.is_blank_or_end(end + 1),
            b'#' => end == start || !blank(end - 1),
            _ => false,
        } {
            end = self.plain_stop(end + 1, flow);
        }
        while end > start && blank(end - 1) {
            end -= 1;
        }
        end
    }

    /// Offset of the next byte at which a plain scalar may end, or of the line break. It looks no further than that: a
    /// line can hold a million scalars.
    fn plain_stop(&self, from: usize, flow: bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let in_flow = |byte: &u8| matches!(byte, b':' | b'#' | b',' | b'?' | b'[' | b']' | b'{' | b'}');
        let found = if self.separators {
            let stops = |byte: &u8| matches!(byte, b':' | b'#') || flow && in_flow(byte);
            rest.iter().zip(from..).position(|(byte, offset)| stops(byte) || self.break_len(offset) > 0)
        } else if flow {
            rest.iter().position(|byte| in_flow(byte) || *byte == b'\n')
        } else {
            memchr::memchr3(b':', b'#', b'\n', rest)
        };
        from + found.unwrap_or(rest.len())
    }

    /// Passes blanks and line breaks behind a line of a plain scalar, where there is a line break.
    fn plain_fold(&mut self, indent: isize) -> Result<Option<Fold<'a>>> {
        let offset = self.past_blanks(self.pos);
        if self.break_len(offset) == 0 {
            return Ok(None);
        }
        self.pos = offset;
        let fold = self.fold(|parser| {
            if parser.column() < indent {
                return parser.error("found a tab where indentation is expected, indent with spaces");
            }
            Ok(())
        })?;
        Ok(Some(fold))
    }

    /// Passes the line break that is next, and blanks and further breaks behind it.
    fn fold(&mut self, tab: impl Fn(&Self) -> Result<()>) -> Result<Fold<'a>> {
        let length = self.break_len(self.pos);
        let mut fold = Fold { first: self.slice(self.pos, self.pos + length), rest: String::new() };
        self.pass_break(length);
        self.fold_rest(&mut fold.rest, tab)?;
        Ok(fold)
    }

    fn fold_rest(&mut self, rest: &mut String, tab: impl Fn(&Self) -> Result<()>) -> Result<()> {
        loop {
            match self.byte() {
                b' ' => self.pass_spaces(),
                b'\t' => {
                    tab(self)?;
                    self.pos += 1;
                }
                _ => match self.break_len(self.pos) {
                    0 => return Ok(()),
                    length => {
                        rest.push_str(self.slice(self.pos, self.pos + length));
                        self.pass_break(length);
                    }
                },
            }
        }
    }

    fn single_quoted(&mut self) -> Result<Cow<'a, str>> {
        let start = self.pos + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        if !self.separators
            && let Some(length) = memchr::memchr2(b'\'', b'\n', rest)
            && self.at(start + length) == b'\''
            && self.at(start + length + 1) != b'\''
        {
            self.pos = start + length + 1;
            return Ok(Cow::Borrowed(self.slice(start, start + length)));
        }
        self.quoted(b'\'').map(Cow::Owned)
    }

    fn double_quoted(&mut self) -> Result<Cow<'a, str>> {
        let start = self.pos + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        if !self.separators
            && let Some(length) = memchr::memchr3(b'"', b'\\', b'\n', rest)
            && self.at(start + length) == b'"'
        {
            self.pos = start + length + 1;
            return Ok(Cow::Borrowed(self.slice(start, start + length)));
        }
        self.quoted(b'"').map(Cow::Owned)
    }

    /// A quoted scalar with escapes or over several lines.
    fn quoted(&mut self, quote: u8) -> Result<String> {
        let opening = self.pos;
        let mut text = String::new();
        self.pos += 1;
        loop {
            let start = self.pos;
            self.pos = self.quoted_stop(quote);
            let part = self.slice(start, self.pos);
            if self.break_len(self.pos) > 0 {
                text.push_str(part.trim_end_matches([' ', '\t']));
                self.fold(|_| Ok(()))?.append_to(&mut text);
                self.refuse_document_end(opening)?;
                continue;
            }
            text.push_str(part);
            match self.byte() {
                0 => return Err(ParseError::new(opening, "this quoted text is never closed")),
                b'\\' => match self.break_len(self.pos + 1) {
                    0 => text.push(self.escape()?),
                    length => {
                        // An escaped line break is nothing; empty lines behind it are line feeds.
                        self.pos += 1;
                        self.pass_break(length);
                        self.fold_rest(&mut text, |_| Ok(()))?;
                        self.refuse_document_end(opening)?;
                    }
                },
                _ if quote == b'\'' && self.at(self.pos + 1) == b'\'' => {
                    text.push('\'');
                    self.pos += 2;
                }
                _ => {
                    self.pos += 1;
                    return Ok(text);
                }
            }
        }
    }

    /// Offset of the next quote, line break or, in double quotes, backslash.
    fn quoted_stop(&self, quote: u8) -> usize {
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        let found = if self.separators {
            let stops = |byte: u8| byte == quote || byte == b'\\' && quote == b'"';
            rest.iter().zip(self.pos..).position(|(byte, offset)| stops(*byte) || self.break_len(offset) > 0)
        } else if quote == b'"' {
            memchr::memchr3(b'"', b'\\', b'\n', rest)
        } else {
            memchr::memchr2(b'\'', b'\n', rest)
        };
        self.pos + found.unwrap_or(rest.len())
    }

    fn refuse_document_end(&self, opening: usize) -> Result<()> {
        if self.at_document_end() {
            return Err(ParseError::new(opening, "this quoted text is not closed before the document ends"));
        }
        Ok(())
    }

    /// The character that an escape in double quotes stands for.
    fn escape(&mut self) -> Result<char> {
        let digits = match self.at(self.pos + 1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            simple => {
                let character = match simple {
                    b'0' => '\0',
                    b'a' => '\u{7}',
                    b'b' => '\u{8}',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\u{b}',
                    b'f' => '\u{c}',
                    b'r' => '\r',
                    b'e' => '\u{1b}',
                    b' ' => ' ',
                    b'"' => '"',
                    b'\'' => '\'',
                    b'\\' => '\\',
                    b'N' => '\u{85}',
                    b'_' => '\u{a0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => {
                        return self
                            .error("unknown escape, write a backslash as '\\\\' or use single quotes");
                    }
                };
                self.pos += 2;
                return Ok(character);
            }
        };
        let code = self.slice(self.pos + 2, self.pos + 2 + digits);
        if code.len() != digits || !code.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return self.error(format!("expected {digits} hexadecimal digits in this escape"));
        }
        let character = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        let Some(character) = character else {
            return self.error("this escape stands for no Unicode character");
        };
        self.pos += 2 + digits;
        Ok(character)
    }
}
