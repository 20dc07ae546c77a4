//! Values from a document: what Go's decoder does behind the parser.
//!
//! Aliases become copies, `<<` merges, the last of several equal keys wins, keys become strings. The limit on aliases is
//! go-yaml's (`allowedAliasRatio`): how much of a document may come out of them falls with its size.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::parse::{Build, MAX_DEPTH, ParseError, Scalar};
use super::resolve;
use crate::values::MAPPING;

/// How many bytes of text anchors and aliases may copy.
const MAX_COPIED_BYTES: usize = 32 << 20;

/// What the error says where a file has more values than it may have.
pub(crate) const TOO_MANY: &str = "there are too many values, split the file or the bundle";

/// A mapping's key.
pub(crate) enum Key {
    Name(String),
    /// `<<`, whose value's entries become entries of the mapping.
    Merge,
}

/// Where a collection's entries and items begin on the stacks of all that is open.
pub(crate) struct Open {
    entries: usize,
    items: usize,
    at: usize,
}

/// What an anchor stands for.
enum Anchored {
    /// The collection that it stands at is not complete.
    Open,
    Complete(Value, Size),
}

/// How much a value is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    mappings: usize,
    /// Of text.
    bytes: usize,
    /// Collections that are in each other.
    depth: usize,
}

/// Builds values.
pub(crate) struct Values<'a> {
    entries: Vec<(String, Value)>,
    items: Vec<Value>,
    anchors: HashMap<&'a str, Anchored>,
    depth: usize,
    /// How many values the document may have.
    budget: usize,
    nodes: usize,
    mappings: usize,
    aliased: usize,
    /// Text in copies: of what anchors stand for, and of what aliases put in.
    copied_bytes: usize,
    /// Nodes that anchors stand for, those of an anchor within another counted twice.
    anchored: usize,
}

impl<'a> Values<'a> {
    /// Builds a document of at most `budget` values, aliases counted in full, and mappings several times.
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            entries: Vec::new(),
            items: Vec::new(),
            anchors: HashMap::new(),
            depth: 0,
            budget,
            nodes: 0,
            mappings: 0,
            aliased: 0,
            copied_bytes: 0,
            anchored: 0,
        }
    }

    /// How many values the document counts for.
    pub(crate) fn values(&self) -> usize {
        self.nodes + MAPPING * self.mappings
    }

    fn count(&mut self, at: usize) -> Result<(), ParseError> {
        self.nodes += 1;
        if self.values() > self.budget {
            return Err(ParseError::new(at, TOO_MANY));
        }
        Ok(())
    }

    fn remember(&mut self, anchor: Option<&'a str>, value: &Value, at: usize) -> Result<(), ParseError> {
        let Some(anchor) = anchor else { return Ok(()) };
        let size = Size::of(value);
        self.anchored += size.nodes + MAPPING * size.mappings;
        self.copied_bytes += size.bytes;
        if self.anchored > self.budget || self.copied_bytes > MAX_COPIED_BYTES {
            return Err(ParseError::new(at, "the document's anchors stand for too much"));
        }
        self.anchors.insert(anchor, Anchored::Complete(value.clone(), size));
        Ok(())
    }

    /// Counts what an alias puts in. go-yaml's rule, and two that it lacks: on bytes, and on depth.
    fn admit(&mut self, size: Size, at: usize) -> Result<(), ParseError> {
        self.nodes += size.nodes;
        self.mappings += size.mappings;
        self.aliased += size.nodes;
        self.copied_bytes += size.bytes;
        let excessive = self.aliased > 100 && self.nodes > 1000 && self.aliased > allowed_aliased(self.nodes);
        if excessive || self.values() > self.budget || self.copied_bytes > MAX_COPIED_BYTES {
            return Err(ParseError::new(at, "the document contains excessive aliasing"));
        }
        if self.depth + size.depth > MAX_DEPTH {
            return Err(ParseError::new(at, format!("nested deeper than {MAX_DEPTH} levels by this alias")));
        }
        Ok(())
    }
}

/// How many of a document's nodes may come out of aliases: 99 % of up to 400,000, 10 % of 4,000,000, and between the two
/// a share that falls evenly.
fn allowed_aliased(nodes: usize) -> usize {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    match nodes {
        ..=LOW => nodes / 100 * 99 + nodes % 100 * 99 / 100,
        HIGH.. => nodes / 10,
        _ => nodes / 100 * (99 - 89 * (nodes - LOW) / (HIGH - LOW)),
    }
}

impl Size {
    fn of(value: &Value) -> Self {
        let (mut size, children): (Self, &mut dyn Iterator<Item = &Value>) = match value {
            Value::String(text) => return Self { nodes: 1, bytes: text.len(), ..Self::default() },
            Value::Null | Value::Bool(_) | Value::Number(_) => return Self { nodes: 1, ..Self::default() },
            Value::Array(items) => (Self { nodes: 1, ..Self::default() }, &mut items.iter()),
            Value::Object(map) => {
                let bytes = map.keys().map(String::len).sum();
                (Self { nodes: 1 + map.len(), mappings: 1, bytes, depth: 0 }, &mut map.values())
            }
        };
        for child in children {
            let child = Self::of(child);
            size.nodes += child.nodes;
            size.mappings += child.mappings;
            size.bytes += child.bytes;
            size.depth = size.depth.max(child.depth);
        }
        size.depth += 1;
        size
    }
}

impl<'a> Build<'a> for Values<'a> {
    type Node = Value;
    type Key = Key;
    type Open = Open;

    fn scalar(
        &mut self,
        scalar: Scalar<'a>,
        anchor: Option<&'a str>,
        at: usize,
    ) -> Result<Value, ParseError> {
        self.count(at)?;
        let Scalar { text, plain, tag } = scalar;
        let value = resolve::value(plain, tag.as_deref(), text)
            .map_err(|error| ParseError::new(at, error.to_string()))?;
        self.remember(anchor, &value, at)?;
        Ok(value)
    }

    fn key(&mut self, scalar: Scalar<'a>, anchor: Option<&'a str>, at: usize) -> Result<Key, ParseError> {
        self.count(at)?;
        let Scalar { text, plain, tag } = scalar;
        if resolve::is_merge(plain, tag.as_deref(), &text) {
            return Ok(Key::Merge);
        }
        let failed = |error: resolve::ResolveError| ParseError::new(at, error.to_string());
        if anchor.is_some() {
            let value = resolve::value(plain, tag.as_deref(), text.clone()).map_err(failed)?;
            self.remember(anchor, &value, at)?;
        }
        resolve::key(plain, tag.as_deref(), text).map(Key::Name).map_err(failed)
    }

    fn node_as_key(&mut self, node: Value, at: usize) -> Result<Key, ParseError> {
        match node {
            Value::String(text) => Ok(Key::Name(text)),
            Value::Bool(_) | Value::Number(_) => {
                let text = node.to_string();
                resolve::key(true, None, text.into())
                    .map(Key::Name)
                    .map_err(|error| ParseError::new(at, error.to_string()))
            }
            Value::Null => Err(ParseError::new(at, "unsupported map key: null")),
            Value::Array(_) | Value::Object(_) => {
                Err(ParseError::new(at, "a list or a mapping cannot be a mapping key"))
            }
        }
    }

    fn alias(&mut self, name: &'a str, at: usize) -> Result<Value, ParseError> {
        self.count(at)?;
        let (value, size) = match self.anchors.get(name) {
            None => return Err(ParseError::new(at, format!("unknown anchor '{name}' referenced"))),
            Some(Anchored::Open) => {
                return Err(ParseError::new(at, format!("anchor '{name}' value contains itself")));
            }
            // A copy costs no more than the anchor did, and that was within its limits.
            Some(Anchored::Complete(value, size)) => (value.clone(), *size),
        };
        self.admit(size, at)?;
        Ok(value)
    }

    fn open(&mut self, anchor: Option<&'a str>, at: usize) -> Result<Open, ParseError> {
        self.count(at)?;
        self.depth += 1;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Anchored::Open);
        }
        Ok(Open { entries: self.entries.len(), items: self.items.len(), at })
    }

    fn value_follows(&mut self, _: &mut Open, _: &Key) {}

    fn item_follows(&mut self, _: &mut Open) {}

    fn entry(&mut self, _: &mut Open, key: Key, value: Value, at: usize) -> Result<(), ParseError> {
        match (key, value) {
            (Key::Name(name), value) => self.entries.push((name, value)),
            (Key::Merge, Value::Object(map)) => self.entries.extend(map),
            (Key::Merge, Value::Array(maps)) if maps.iter().all(Value::is_object) => {
                // Of several mappings the first has precedence, and of several entries the last.
                let maps = maps.into_iter().rev().filter_map(|map| match map {
                    Value::Object(map) => Some(map),
                    _ => None,
                });
                self.entries.extend(maps.flatten());
            }
            (Key::Merge, _) => {
                let message = "map merge requires map or sequence of maps as the value";
                return Err(ParseError::new(at, message));
            }
        }
        Ok(())
    }

    fn item(&mut self, _: &mut Open, value: Value) {
        self.items.push(value);
    }

    fn close_mapping(&mut self, open: Open, anchor: Option<&'a str>) -> Result<Value, ParseError> {
        // In the order of the text, so that the last of several equal keys wins.
        let map: Map<String, Value> = self.entries.drain(open.entries..).collect();
        self.mappings += 1;
        self.close(Value::Object(map), anchor, open.at)
    }

    fn close_sequence(&mut self, open: Open, anchor: Option<&'a str>) -> Result<Value, ParseError> {
        let items = self.items.drain(open.items..).collect();
        self.close(Value::Array(items), anchor, open.at)
    }
}

impl<'a> Values<'a> {
    fn close(&mut self, value: Value, anchor: Option<&'a str>, at: usize) -> Result<Value, ParseError> {
        self.depth -= 1;
        self.remember(anchor, &value, at)?;
        Ok(value)
    }
}
