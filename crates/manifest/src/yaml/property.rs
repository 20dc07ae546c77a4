//! Anchors, aliases and tags.

use std::borrow::Cow;

use super::parse::{Build, ParseError, Parser, Properties, Result};

const CORE_TAGS: &str = "tag:yaml.org,2002:";

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// Reads `&anchor` or `!tag` where one is next, and says whether it did.
    pub(super) fn property(&mut self, properties: &mut Properties<'a>) -> Result<bool> {
        match self.byte() {
            b'&' if properties.anchor.is_none() => properties.anchor = Some(self.name()?),
            b'!' if properties.tag.is_none() => properties.tag = Some(self.tag()?),
            b'&' | b'!' => return self.error("a value has one anchor and one tag at most"),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The node that `*name` stands for.
    pub(super) fn alias(&mut self) -> Result<B::Node> {
        let at = self.pos;
        let name = self.name()?;
        self.build.alias(name, at)
    }

    /// The name behind `&` or `*`.
    fn name(&mut self) -> Result<&'a str> {
        let start = self.pos + 1;
        self.pos = self.word_end(start);
        let ends = self.is_blank_or_end(self.pos)
            || matches!(self.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.pos == start || !ends {
            return self.error(self.unexpected("expected a name of letters, digits, '-' and '_'"));
        }
        Ok(self.slice(start, self.pos))
    }

    /// A tag in its full form. Handles that a directive would define are refused, as directives are.
    fn tag(&mut self) -> Result<Cow<'a, str>> {
        let start = self.pos;
        let tag = if self.at(start + 1) == b'<' {
            self.pos = start + 2;
            let tag = self.uri()?;
            if self.byte() != b'>' {
                return self.error(self.unexpected("expected '>' at the end of the tag"));
            }
            self.pos += 1;
            tag
        } else {
            let handle_end = self.word_end(start + 1);
            match (self.slice(start + 1, handle_end), self.at(handle_end)) {
                ("", b'!') => {
                    self.pos = handle_end + 1;
                    let suffix = self.uri()?;
                    Cow::Owned(format!("{CORE_TAGS}{suffix}"))
                }
                (handle, b'!') => {
                    return Err(ParseError::new(
                        start,
                        format!("the tag handle \"!{handle}!\" is not defined"),
                    ));
                }
                _ => {
                    self.pos = start + 1;
                    // `!` alone is the tag of a string.
                    let suffix = if self.is_blank_or_end(self.pos) { "".into() } else { self.uri()? };
                    Cow::Owned(format!("!{suffix}"))
                }
            }
        };
        if !self.is_blank_or_end(self.pos) {
            return self.error(self.unexpected("expected a blank behind the tag"));
        }
        Ok(tag)
    }

    /// The characters of a tag, escapes undone.
    fn uri(&mut self) -> Result<Cow<'a, str>> {
        let start = self.pos;
        let mut escaped = false;
        while let byte = self.byte()
            && (is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte))
        {
            escaped |= byte == b'%';
            self.pos += 1;
        }
        let uri = self.slice(start, self.pos);
        if uri.is_empty() {
            return self.error(self.unexpected("expected a tag"));
        }
        if !escaped {
            return Ok(uri.into());
        }
        match percent_decode(uri) {
            Some(decoded) => Ok(decoded.into()),
            None => Err(ParseError::new(start, "expected two hexadecimal digits behind each '%' of the tag")),
        }
    }

    fn word_end(&self, mut offset: usize) -> usize {
        while is_word(self.at(offset)) {
            offset += 1;
        }
        offset
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Undoes `%41`; `None` where that gives no text.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}
