//! Flow collections: `[a, b]` and `{a: b}`, as JSON has them.

use super::block::MAX_KEY;
use super::parse::{Build, ParseError, Parser, Properties, Result, Scalar};

/// A node that may turn out to be a key.
enum Token<'a, N> {
    Scalar(Scalar<'a>, Option<&'a str>),
    Node(N),
}

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// The collection whose bracket is next.
    pub(super) fn flow_collection(&mut self, anchor: Option<&'a str>) -> Result<B::Node> {
        self.descend()?;
        let at = self.pos;
        let mut open = self.build.open(anchor, at)?;
        self.pos += 1;
        let node = if self.at(at) == b'[' {
            self.flow_entries(at, b']', |parser| parser.flow_item(&mut open))?;
            self.build.close_sequence(open, anchor)?
        } else {
            self.flow_entries(at, b'}', |parser| parser.flow_pair(&mut open))?;
            self.build.close_mapping(open, anchor)?
        };
        self.ascend();
        Ok(node)
    }

    /// Entries with commas between them, up to the closing bracket.
    fn flow_entries(
        &mut self,
        at: usize,
        close: u8,
        mut entry: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let closing = char::from(close);
        loop {
            self.skip_in_flow()?;
            if self.byte() == close {
                break;
            }
            if self.at_end() {
                return Err(ParseError::new(
                    at,
                    format!("expected {closing:?} somewhere behind this bracket"),
                ));
            }
            entry(self)?;
            self.skip_in_flow()?;
            match self.byte() {
                b',' => self.pos += 1,
                byte if byte == close => break,
                _ => return self.error(self.unexpected(&format!("expected ',' or {closing:?}"))),
            }
        }
        self.pos += 1;
        Ok(())
    }

    fn flow_item(&mut self, open: &mut B::Open) -> Result<()> {
        self.build.item_follows(open);
        let at = self.pos;
        if self.byte() == b'?' {
            let mut pair = self.build.open(None, at)?;
            self.explicit_pair(&mut pair)?;
            let node = self.build.close_mapping(pair, None)?;
            self.build.item(open, node);
            return Ok(());
        }
        let (token, is_key) = self.flow_token(true)?;
        let node = if is_key {
            // `[a: b]` is a list of one mapping.
            let mut pair = self.build.open(None, at)?;
            let key = self.key_of(token, at)?;
            self.flow_value_of(&mut pair, key, at)?;
            self.build.close_mapping(pair, None)?
        } else {
            self.node_of(token, at)?
        };
        self.build.item(open, node);
        Ok(())
    }

    fn flow_pair(&mut self, open: &mut B::Open) -> Result<()> {
        if self.byte() == b'?' {
            return self.explicit_pair(open);
        }
        let at = self.pos;
        let (token, is_key) = self.flow_token(true)?;
        let key = self.key_of(token, at)?;
        if is_key {
            return self.flow_value_of(open, key, at);
        }
        self.build.value_follows(open, &key);
        let value = self.empty(Properties::default(), at)?;
        self.build.entry(open, key, value, at)
    }

    /// `? key : value`.
    fn explicit_pair(&mut self, open: &mut B::Open) -> Result<()> {
        let at = self.pos;
        self.pos += 1;
        self.skip_in_flow()?;
        let (token, _) = self.flow_token(false)?;
        let key = self.key_of(token, at)?;
        self.skip_in_flow()?;
        if self.byte() == b':' {
            self.pos += 1;
            return self.flow_value_of(open, key, at);
        }
        self.build.value_follows(open, &key);
        let value = self.empty(Properties::default(), at)?;
        self.build.entry(open, key, value, at)
    }

    /// The value of a key whose `:` is passed.
    fn flow_value_of(&mut self, open: &mut B::Open, key: B::Key, key_at: usize) -> Result<()> {
        self.build.value_follows(open, &key);
        self.skip_in_flow()?;
        let at = self.pos;
        let value = if matches!(self.byte(), b',' | b'}' | b']') {
            self.empty(Properties::default(), at)?
        } else {
            let (token, _) = self.flow_token(false)?;
            self.node_of(token, at)?
        };
        self.build.entry(open, key, value, key_at)
    }

    /// A node; with `keys`, also whether it is a key, in which case its `:` is passed.
    fn flow_token(&mut self, keys: bool) -> Result<(Token<'a, B::Node>, bool)> {
        let (start, line) = (self.pos, self.line_start);
        let mut properties = Properties::default();
        while self.property(&mut properties)? {
            self.skip_in_flow()?;
        }
        let token = match self.byte() {
            b'[' | b'{' => Token::Node(self.flow_collection(properties.anchor)?),
            b'*' if properties.is_empty() => Token::Node(self.alias()?),
            b',' | b']' | b'}' | b':' | b'?' | 0 if !properties.is_empty() => {
                let scalar = Scalar { text: "".into(), plain: properties.tag.is_none(), tag: properties.tag };
                Token::Scalar(scalar, properties.anchor)
            }
            b'-' if self.is_blank_or_end(self.pos + 1) => {
                return self.error("a list item with '-' is not allowed inside brackets");
            }
            b'*' => return self.error("an alias cannot have an anchor or a tag"),
            _ => {
                let mut scalar = self.scalar(self.flow_indent, true)?;
                scalar.tag = properties.tag;
                Token::Scalar(scalar, properties.anchor)
            }
        };
        let colon = self.past_blanks(self.pos);
        let is_key = keys && self.at(colon) == b':' && self.line_start == line && colon - start <= MAX_KEY;
        if is_key {
            self.pos = colon + 1;
        }
        Ok((token, is_key))
    }

    fn key_of(&mut self, token: Token<'a, B::Node>, at: usize) -> Result<B::Key> {
        match token {
            Token::Scalar(scalar, anchor) => self.build.key(scalar, anchor, at),
            Token::Node(node) => self.build.node_as_key(node, at),
        }
    }

    fn node_of(&mut self, token: Token<'a, B::Node>, at: usize) -> Result<B::Node> {
        match token {
            Token::Scalar(scalar, anchor) => self.build.scalar(scalar, anchor, at),
            Token::Node(node) => Ok(node),
        }
    }
}
