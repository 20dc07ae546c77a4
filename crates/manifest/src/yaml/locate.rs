//! Where in a document a path leads.

use super::parse::{Build, ParseError, Scalar};
use crate::Step;

/// Follows a path through a parse and remembers how far it came.
pub(crate) struct Locator<'p> {
    path: &'p [Step<'p>],
    /// How many steps of the path lead to the node that comes next; `None` where it is beside the path.
    next: Option<usize>,
    /// How many steps led to `found`.
    depth: usize,
    /// Offset of the key or item at the end of these steps, or of the root.
    found: Option<usize>,
    /// Whether `found` is an item, whose offset is that of its node.
    pending: bool,
}

/// A collection on the way, or beside it.
pub(crate) struct Open {
    /// How many steps lead to it; `None` where it is beside the path.
    depth: Option<usize>,
    items: usize,
}

/// A key's text and offset.
pub(crate) struct Key {
    text: String,
    at: usize,
}

impl<'p> Locator<'p> {
    pub(crate) fn new(path: &'p [Step<'p>]) -> Self {
        Self { path, next: Some(0), depth: 0, found: None, pending: true }
    }

    /// Offset of the last part of the path that the document has.
    pub(crate) fn found(&self) -> Option<usize> {
        self.found
    }

    /// A node begins: takes the number of steps that lead to it.
    fn begin(&mut self, at: usize) -> Option<usize> {
        if self.next.is_some() && self.pending {
            self.found = Some(at);
        }
        self.pending = false;
        self.next.take()
    }

    /// The step leads on, to `at` where that is known.
    fn advance(&mut self, depth: usize, at: Option<usize>) {
        self.next = Some(depth);
        if depth < self.depth {
            return;
        }
        self.depth = depth;
        self.pending = at.is_none();
        if at.is_some() {
            self.found = at;
        }
    }
}

impl<'a> Build<'a> for Locator<'_> {
    type Node = String;
    type Key = Key;
    type Open = Open;

    fn scalar(&mut self, scalar: Scalar<'a>, _: Option<&'a str>, at: usize) -> Result<String, ParseError> {
        self.begin(at);
        Ok(scalar.text.into_owned())
    }

    fn key(&mut self, scalar: Scalar<'a>, _: Option<&'a str>, at: usize) -> Result<Key, ParseError> {
        Ok(Key { text: scalar.text.into_owned(), at })
    }

    fn node_as_key(&mut self, node: String, at: usize) -> Result<Key, ParseError> {
        Ok(Key { text: node, at })
    }

    fn alias(&mut self, _: &'a str, at: usize) -> Result<String, ParseError> {
        self.begin(at);
        Ok(String::new())
    }

    fn open(&mut self, _: Option<&'a str>, at: usize) -> Result<Open, ParseError> {
        Ok(Open { depth: self.begin(at), items: 0 })
    }

    fn value_follows(&mut self, open: &mut Open, key: &Key) {
        self.next = None;
        if let Some(depth) = open.depth
            && self.path.get(depth) == Some(&Step::Key(&key.text))
        {
            self.advance(depth + 1, Some(key.at));
        }
    }

    fn item_follows(&mut self, open: &mut Open) {
        self.next = None;
        if let Some(depth) = open.depth
            && self.path.get(depth) == Some(&Step::Index(open.items))
        {
            self.advance(depth + 1, None);
        }
        open.items += 1;
    }

    fn entry(&mut self, _: &mut Open, _: Key, _: String, _: usize) -> Result<(), ParseError> {
        Ok(())
    }

    fn item(&mut self, _: &mut Open, _: String) {}

    fn close_mapping(&mut self, _: Open, _: Option<&'a str>) -> Result<String, ParseError> {
        Ok(String::new())
    }

    fn close_sequence(&mut self, _: Open, _: Option<&'a str>) -> Result<String, ParseError> {
        Ok(String::new())
    }
}
