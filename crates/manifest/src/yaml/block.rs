//! Block collections: mappings and sequences that indentation holds together.

use super::parse::{Build, ParseError, Parser, Place, Properties, Result, Scalar};

/// How long an implicit key may be, in characters (YAML 1.1, section 9.1.2).
pub(super) const MAX_KEY: usize = 1024;

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// A node inside a block collection of column `indent` (-1: none). A node that is not there is an empty scalar.
    pub(super) fn block_node(&mut self, indent: isize, place: Place) -> Result<B::Node> {
        // Whether a collection may begin at `start`, the first token of this line that belongs to the node.
        let mut fresh = self.skip(place.collection)? || place.collection;
        let mut start = self.pos;
        // Properties of earlier lines belong to the node; those of this line to a key, if one follows.
        let mut outer = Properties::default();
        let mut inner = Properties::default();
        loop {
            if self.is_outside(indent) {
                self.join(&mut outer, &mut inner)?;
                return self.outside(indent, place, outer, start);
            }
            if !self.property(&mut inner)? {
                break;
            }
            if self.skip(false)? {
                self.join(&mut outer, &mut inner)?;
                fresh = true;
                start = self.pos;
            }
        }
        if matches!(self.byte(), b'-' | b'?') && self.is_blank_or_end(self.pos + 1) {
            if !fresh || start != self.pos {
                let what = if self.byte() == b'-' { "a list item" } else { "a mapping key" };
                return self.error(format!("{what} is not allowed here, begin it on a line of its own"));
            }
            let column = self.column();
            return match self.byte() {
                b'-' => self.block_sequence(column, outer.anchor, false),
                _ => self.block_mapping(column, outer.anchor, start, None),
            };
        }
        let column = self.column_of(start);
        match self.byte() {
            b'[' | b'{' => {
                self.join(&mut outer, &mut inner)?;
                self.flow_indent = indent + 1;
                let node = self.flow_collection(outer.anchor)?;
                if self.colon_follows().is_some() {
                    return self.error("a list or a mapping cannot be a mapping key");
                }
                Ok(node)
            }
            b'|' | b'>' => {
                self.join(&mut outer, &mut inner)?;
                let text = self.block_scalar(indent)?;
                self.build.scalar(Scalar { text, plain: false, tag: outer.tag }, outer.anchor, start)
            }
            b'*' => {
                if !inner.is_empty() {
                    return self.error("an alias cannot have an anchor or a tag");
                }
                let node = self.alias()?;
                if self.key_ends_at(start, self.line_start, indent, fresh)? {
                    let key = self.build.node_as_key(node, start)?;
                    return self.block_mapping(column, outer.anchor, start, Some(key));
                }
                if !outer.is_empty() {
                    return self.error("an alias cannot have an anchor or a tag");
                }
                Ok(node)
            }
            _ => {
                let line = self.line_start;
                let mut scalar = self.scalar_behind(&inner, indent + 1)?;
                if self.key_ends_at(start, line, indent, fresh)? {
                    scalar.tag = inner.tag;
                    let key = self.build.key(scalar, inner.anchor, start)?;
                    return self.block_mapping(column, outer.anchor, start, Some(key));
                }
                self.join(&mut outer, &mut inner)?;
                scalar.tag = outer.tag;
                self.build.scalar(scalar, outer.anchor, start)
            }
        }
    }

    /// Whether what comes next does not belong to a node inside a collection of column `indent`.
    fn is_outside(&self, indent: isize) -> bool {
        self.column() <= indent || self.at_end() || self.at_document_end()
    }

    fn column_of(&self, offset: usize) -> isize {
        isize::try_from(offset - self.line_start).unwrap_or(isize::MAX)
    }

    /// A node of which nothing but its properties is inside its collection. Two things may stand in the very column of
    /// the collection: the sequence that is a mapping's value, and a block scalar.
    fn outside(
        &mut self,
        indent: isize,
        place: Place,
        properties: Properties<'a>,
        at: usize,
    ) -> Result<B::Node> {
        if self.column() == indent {
            match self.byte() {
                b'-' if place.indentless && self.is_blank_or_end(self.pos + 1) => {
                    return self.block_sequence(indent, properties.anchor, true);
                }
                b'|' | b'>' => {
                    let text = self.block_scalar(indent)?;
                    let scalar = Scalar { text, plain: false, tag: properties.tag };
                    return self.build.scalar(scalar, properties.anchor, at);
                }
                _ => {}
            }
        }
        self.empty(properties, at)
    }

    /// An empty scalar, which is null unless its tag says otherwise.
    pub(super) fn empty(&mut self, properties: Properties<'a>, at: usize) -> Result<B::Node> {
        let plain = properties.tag.is_none();
        self.build.scalar(Scalar { text: "".into(), plain, tag: properties.tag }, properties.anchor, at)
    }

    /// Moves properties of one line to those of the lines before it.
    fn join(&self, outer: &mut Properties<'a>, inner: &mut Properties<'a>) -> Result<()> {
        let Properties { anchor, tag } = std::mem::take(inner);
        if (anchor.is_some() && outer.anchor.is_some()) || (tag.is_some() && outer.tag.is_some()) {
            return self.error("a value has one anchor and one tag at most");
        }
        outer.anchor = outer.anchor.or(anchor);
        outer.tag = outer.tag.take().or(tag);
        Ok(())
    }

    /// The sequence whose first `-` is next; `indentless`: it stands in the column of the mapping that it is a value of.
    fn block_sequence(
        &mut self,
        column: isize,
        anchor: Option<&'a str>,
        indentless: bool,
    ) -> Result<B::Node> {
        self.descend()?;
        let mut open = self.build.open(anchor, self.pos)?;
        loop {
            self.pos += 1;
            self.build.item_follows(&mut open);
            let item = self.block_node(column, Place::ITEM)?;
            self.build.item(&mut open, item);
            self.skip_to_next_line()?;
            if self.column() < column || self.is_outside(-1) {
                break;
            }
            let item = self.byte() == b'-' && self.is_blank_or_end(self.pos + 1);
            match self.column() == column {
                true if item => {}
                true if indentless => break,
                _ => return self.error(self.unexpected("expected '-' for the list's next item")),
            }
        }
        self.ascend();
        self.build.close_sequence(open, anchor)
    }

    /// The mapping in `column`. `first`: its first key, where that and its `:` are passed already; else `?` is next.
    fn block_mapping(
        &mut self,
        column: isize,
        anchor: Option<&'a str>,
        at: usize,
        first: Option<B::Key>,
    ) -> Result<B::Node> {
        self.descend()?;
        let mut open = self.build.open(anchor, at)?;
        let mut key_at = at;
        let mut implicit = first;
        loop {
            let (key, value) = match implicit.take() {
                Some(key) => {
                    self.build.value_follows(&mut open, &key);
                    let value = self.block_node(column, Place::VALUE)?;
                    (key, value)
                }
                None => self.explicit_entry(&mut open, column)?,
            };
            self.build.entry(&mut open, key, value, key_at)?;
            self.skip_to_next_line()?;
            if self.column() < column || self.is_outside(-1) {
                break;
            }
            key_at = self.pos;
            if self.column() != column {
                return self.error(self.unexpected("expected the mapping's next key"));
            }
            if self.byte() != b'?' || !self.is_blank_or_end(self.pos + 1) {
                implicit = Some(self.implicit_key(column)?);
            }
        }
        self.ascend();
        self.build.close_mapping(open, anchor)
    }

    /// Goes from the end of an entry to the next token, which has to be on another line.
    ///
    /// Text that a quote or a bracket closes may end in any column, that of the next key too. Plain and block scalars have
    /// passed the line break already, and blanks of the next line.
    fn skip_to_next_line(&mut self) -> Result<()> {
        let end = self.pos;
        let behind_text = end > self.line_start && !matches!(self.at(end - 1), b' ' | b'\t');
        if !self.skip(false)? && behind_text && !self.at_end() {
            return self.error(self.unexpected("expected the end of the line"));
        }
        Ok(())
    }

    /// `? key` and, where it is there, `: value`.
    fn explicit_entry(&mut self, open: &mut B::Open, column: isize) -> Result<(B::Key, B::Node)> {
        let at = self.pos;
        self.pos += 1;
        let node = self.block_node(column, Place::EXPLICIT)?;
        let key = self.build.node_as_key(node, at)?;
        self.skip(false)?;
        self.build.value_follows(open, &key);
        let value = if self.column() == column && self.byte() == b':' && self.is_blank_or_end(self.pos + 1) {
            self.pos += 1;
            self.block_node(column, Place::EXPLICIT)?
        } else {
            self.empty(Properties::default(), at)?
        };
        Ok((key, value))
    }

    /// A key of one line, and the `:` behind it.
    fn implicit_key(&mut self, column: isize) -> Result<B::Key> {
        let (start, line) = (self.pos, self.line_start);
        let mut properties = Properties::default();
        while self.property(&mut properties)? {
            if self.skip(false)? {
                return Err(ParseError::new(start, "expected a mapping key behind its anchor or tag"));
            }
        }
        let key = match self.byte() {
            b'*' if properties.is_empty() => {
                let node = self.alias()?;
                self.build.node_as_key(node, start)?
            }
            b'[' | b'{' => return self.error("a list or a mapping cannot be a mapping key"),
            b'-' if self.is_blank_or_end(self.pos + 1) => {
                return self.error("expected the mapping's next key, got a list item");
            }
            b'|' | b'>' | b'*' => return self.error(self.unexpected("expected the mapping's next key")),
            _ => {
                let mut scalar = self.scalar_behind(&properties, column + 1)?;
                scalar.tag = properties.tag;
                self.build.key(scalar, properties.anchor, start)?
            }
        };
        if !self.key_ends_at(start, line, column, true)? {
            return Err(ParseError::new(start, "expected ':' behind the mapping key"));
        }
        Ok(key)
    }

    /// The scalar behind properties; an empty one where they are all that stands before a `:`.
    fn scalar_behind(&mut self, properties: &Properties<'a>, indent: isize) -> Result<Scalar<'a>> {
        if !properties.is_empty() && self.byte() == b':' && self.is_blank_or_end(self.pos + 1) {
            return Ok(Scalar { text: "".into(), plain: true, tag: None });
        }
        self.scalar(indent, false)
    }

    /// The offset of the `:` that comes next on this line, if one does that makes a key of what stands before it.
    fn colon_follows(&self) -> Option<usize> {
        let offset = self.past_blanks(self.pos);
        (self.at(offset) == b':' && self.is_blank_or_end(offset + 1)).then_some(offset)
    }

    /// Whether the scalar that began at `start`, on the line that begins at `line`, is a key inside a collection of column
    /// `indent`; if so, passes its `:`.
    fn key_ends_at(&mut self, start: usize, line: usize, indent: isize, fresh: bool) -> Result<bool> {
        let Some(colon) = self.colon_follows() else { return Ok(false) };
        if line != self.line_start {
            if self.column() <= indent {
                return Ok(false);
            }
            let message =
                "found ':' in text that goes on from an earlier line, is this line indented too far?";
            return Err(ParseError::new(colon, message));
        }
        if !fresh {
            let message = "a mapping is not allowed here, quote the text if ':' is part of it";
            return Err(ParseError::new(colon, message));
        }
        if colon - start > MAX_KEY && self.slice(start, colon).chars().count() > MAX_KEY {
            let message =
                format!("a mapping key has {MAX_KEY} characters at most, write a longer one behind '?'");
            return Err(ParseError::new(start, message));
        }
        self.pos = colon + 1;
        Ok(true)
    }

    /// What was expected, and what stands there instead.
    pub(super) fn unexpected(&self, expected: &str) -> String {
        match self.slice(self.pos, self.text.len()).chars().next() {
            None => format!("{expected}, got the end of the document"),
            Some('\t') => format!("{expected}, got a tab"),
            Some('\n') => format!("{expected}, got the end of the line"),
            Some(other) => format!("{expected}, got {other:?}"),
        }
    }
}
