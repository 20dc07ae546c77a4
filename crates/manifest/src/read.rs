//! A file of YAML or JSON as the sequence of its documents and objects.
//!
//! The rules are those of apimachinery's `YAMLOrJSONDecoder` and of cli-runtime's `Flatten`: a text that begins with
//! `{` is a stream of JSON values for as long as it reads as one; otherwise documents are separated by lines that begin
//! with `---` and hold nothing more than a comment. Empty documents and `null` are left out. A document with a list
//! under `items` is a list of objects.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::values::MAX_VALUES;
use crate::yaml::parse::ParseError;
use crate::yaml::text::{self, Text};
use crate::{NotAnObject, Object, Position};
use crate::{json, yaml};

/// Files that were put together may have one at the start of each document.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its content.
    pub value: Value,
    /// Which document of the file it is, from 1, empty ones not counted.
    pub number: usize,
    /// Where its content begins.
    pub start: Position,
}

/// Something that the reader saw and that its user should know, although the file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub position: Position,
    /// What.
    pub message: String,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("document {document}, {position}: {message}")]
pub struct ReadError {
    /// Where in the file.
    pub position: Position,
    /// In which document of the file, from 1.
    pub document: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Where in a file an object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which document of the file, from 1.
    pub document: usize,
    /// Which item, from 0, where the document is a list.
    pub item: Option<usize>,
    /// Where the document begins.
    pub start: Position,
}

/// An object and where it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedObject {
    /// The object.
    pub object: Object,
    /// Where it stands in its file.
    pub origin: Origin,
}

/// One step of a path into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a mapping's key.
    Key(&'a str),
    /// The item of a list, from 0.
    Index(usize),
}

/// Reads a file into its documents.
///
/// # Errors
/// The first thing in the file that Kubernetes would refuse: bytes that are no text, broken syntax, a limit (nesting,
/// number of values, copies through aliases).
pub fn read(bytes: &[u8]) -> Result<(Vec<Document>, Vec<Note>), ReadError> {
    read_within(bytes, &mut { MAX_VALUES })
}

fn read_within(bytes: &[u8], budget: &mut usize) -> Result<(Vec<Document>, Vec<Note>), ReadError> {
    let allowed = MAX_VALUES.min(*budget);
    let mut reader = Reader { budget: allowed, ..Reader::default() };
    match reader.read_json(bytes) {
        Json::All => {}
        Json::Until { offset, error } => {
            let rest = bytes.get(offset..).unwrap_or_default();
            reader.origin = Position::of(bytes, offset);
            // A text that begins with `{` may be YAML all the same. The attempt that came further knows better what is
            // wrong.
            reader.read_yaml(rest).map_err(|yaml| match error {
                Some(json) if json.position > yaml.position => json,
                _ => yaml,
            })?;
        }
    }
    *budget -= allowed - reader.budget;
    Ok((reader.documents, reader.notes))
}

/// Reads a file into its objects, lists flattened. `budget`: how many values all files that are read with it may have;
/// what this one has is taken off.
///
/// # Errors
/// Those of [`read`], and a document that is no object: not a mapping, or without a kind.
pub fn read_objects(bytes: &[u8], budget: &mut usize) -> Result<(Vec<LocatedObject>, Vec<Note>), ReadError> {
    let (documents, notes) = read_within(bytes, budget)?;
    let mut objects = Vec::with_capacity(documents.len());
    for Document { value, number, start } in documents {
        let failed = |error: NotAnObject, item: Option<usize>| ReadError {
            position: start,
            document: number,
            message: item
                .map_or_else(|| error.to_string(), |item| format!("item {item} of the list: {error}")),
        };
        let origin = |item| Origin { document: number, item, start };
        match items_of(value) {
            Ok(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    let object = Object::from_value(item).map_err(|error| failed(error, Some(index)))?;
                    objects.push(LocatedObject { object, origin: origin(Some(index)) });
                }
            }
            Err(value) => {
                let object = Object::from_value(value).map_err(|error| failed(error, None))?;
                objects.push(LocatedObject { object, origin: origin(None) });
            }
        }
    }
    Ok((objects, notes))
}

impl Origin {
    /// Where a path into the object stands in its file; where the path ends early, its last part that exists.
    ///
    /// Reads the document again, so it is for findings only.
    #[must_use]
    pub fn locate(&self, bytes: &[u8], path: &[Step<'_>]) -> Position {
        let mut steps = Vec::with_capacity(path.len() + 2);
        if let Some(item) = self.item {
            steps.extend([Step::Key("items"), Step::Index(item)]);
        }
        steps.extend_from_slice(path);
        // From the start of the line, since indentation counts; but JSON may begin behind other JSON.
        let line = Position { line: self.start.line, column: 1 };
        let (Some(line), Some(start)) = (line.offset_in(bytes), self.start.offset_in(bytes)) else {
            return self.start;
        };
        let indented = bytes.get(line..start).is_some_and(|indentation| indentation.trim_ascii().is_empty());
        let (from, columns) = if indented { (line, 0) } else { (start, self.start.column - 1) };
        let Ok(Text { text, separators }) = text::read(bytes.get(from..).unwrap_or_default()) else {
            return self.start;
        };
        let end = separator(&text).map_or(text.len(), |separator| separator.start);
        let Some(offset) = yaml::locate(text.get(..end).unwrap_or_default(), separators, &steps) else {
            return self.start;
        };
        let within = Position::of(text.as_bytes(), offset);
        let columns = if within.line == 1 { columns } else { 0 };
        Position { line: within.line + self.start.line - 1, column: within.column + columns }
    }
}

/// The items of a list, an item without a type taking it from the list as in `PodList`; or the value, if it is no list.
fn items_of(value: Value) -> Result<Vec<Value>, Value> {
    let Value::Object(mut map) = value else { return Err(value) };
    // Null is an empty list.
    let is_list = map.get("items").is_some_and(|items| items.is_array() || items.is_null());
    if !is_list || !map.get("kind").is_some_and(Value::is_string) {
        return Err(Value::Object(map));
    }
    if map.get("items").is_some_and(Value::is_null) {
        return Ok(Vec::new());
    }
    let Some(Value::Array(mut items)) = map.remove("items") else { return Err(Value::Object(map)) };
    let text = |map: &Map<String, Value>, key| map.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    if let (Some(kind), Some(api_version)) = (text(&map, "kind"), text(&map, "apiVersion")) {
        let kind = kind.strip_suffix("List").unwrap_or(&kind);
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            if !item.contains_key("kind") && !item.contains_key("apiVersion") {
                item.insert("kind".into(), kind.into());
                item.insert("apiVersion".into(), api_version.clone().into());
            }
        }
    }
    Ok(items)
}

/// A file that is being read.
struct Reader {
    documents: Vec<Document>,
    notes: Vec<Note>,
    /// How many more values the file may have.
    budget: usize,
    /// Where in the file the text begins that offsets count from.
    origin: Position,
    /// The last offset into that text of which the position was asked for, and that position: where counting goes on.
    counted: (usize, Position),
}

/// How far a file is a stream of JSON values.
enum Json {
    All,
    /// YAML begins at the offset; the error is what JSON has against it.
    Until {
        offset: usize,
        error: Option<ReadError>,
    },
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            documents: Vec::new(),
            notes: Vec::new(),
            budget: MAX_VALUES,
            origin: Position::START,
            counted: (0, Position::START),
        }
    }
}

impl Reader {
    /// Reads JSON values for as long as there are some.
    fn read_json(&mut self, bytes: &[u8]) -> Json {
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Json::Until { offset: 0, error: None };
        }
        let mut budget = self.budget;
        let values: Vec<_> = json::values(bytes, &mut budget).collect();
        self.budget = budget;
        for value in values {
            match value {
                Ok((offset, value)) => self.push(bytes, value, offset),
                Err(error) => {
                    let position = Position::of(bytes, error.offset);
                    let document = self.documents.len() + 1;
                    let offset = error.start;
                    let error = Some(ReadError { position, document, message: error.message });
                    self.counted = (0, Position::START);
                    return Json::Until { offset, error };
                }
            }
        }
        Json::All
    }

    fn read_yaml(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let Text { text, separators } = text::read(bytes).map_err(|error| self.error(bytes, 0, error))?;
        let mut start = 0;
        // A separator with nothing before it is not taken off by apimachinery's reader, but begins the document.
        let mut is_begun = false;
        loop {
            let rest = text.get(start..).unwrap_or_default();
            let separator = separator(rest);
            let end = separator.as_ref().map_or(rest.len(), |separator| separator.start);
            let next = separator.as_ref().map_or(text.len(), |separator| start + separator.end);
            let mut document = rest.get(..end).unwrap_or_default();
            let is_next_begun = document.is_empty() && !is_begun;
            if let Some(behind) = document.strip_prefix(BYTE_ORDER_MARK) {
                document = behind;
                start += BYTE_ORDER_MARK.len_utf8();
            }
            let root = yaml::load(document, separators, is_begun, &mut self.budget)
                .map_err(|error| self.error(text.as_bytes(), start, error))?;
            if let Some(value) = root.node {
                self.push(text.as_bytes(), value, start + root.start);
            }
            if let Some(offset) = root.ignored {
                let message =
                    "what follows the end of the document here is ignored, as Kubernetes ignores it";
                let position = self.position(text.as_bytes(), start + offset);
                self.notes.push(Note { position, message: message.into() });
            }
            let Some(separator) = separator else { return Ok(()) };
            if let Some(offset) = separator.text {
                let message = "expected nothing but a comment behind '---'";
                return Err(self.error(
                    text.as_bytes(),
                    next - separator.end,
                    ParseError::new(offset, message),
                ));
            }
            start = next;
            is_begun = is_next_begun;
        }
    }

    fn push(&mut self, text: &[u8], value: Value, offset: usize) {
        if !value.is_null() {
            let start = self.position(text, offset);
            self.documents.push(Document { value, number: self.documents.len() + 1, start });
        }
    }

    /// The position of an offset. Fast where offsets only grow: files of a million documents are read, too, and all of
    /// them may stand on one line.
    fn position(&mut self, text: &[u8], offset: usize) -> Position {
        let (from, start) = if offset < self.counted.0 { (0, Position::START) } else { self.counted };
        let rest = text.get(from..).unwrap_or_default();
        let position = start.plus(Position::of(rest, offset - from));
        self.counted = (offset, position);
        self.origin.plus(position)
    }

    fn error(&mut self, text: &[u8], start: usize, error: ParseError) -> ReadError {
        ReadError {
            position: self.position(text, start + error.offset),
            document: self.documents.len() + 1,
            message: error.message,
        }
    }
}

/// A line that separates documents.
struct Separator {
    /// Offset of the line.
    start: usize,
    /// Offset of the next line.
    end: usize,
    /// Offset of what stands behind `---`, where that is more than a comment.
    text: Option<usize>,
}

/// The next line that begins with `---`.
fn separator(text: &str) -> Option<Separator> {
    let start =
        if text.starts_with("---") { 0 } else { memchr::memmem::find(text.as_bytes(), b"\n---")? + 1 };
    let line = text.get(start..)?;
    let line = memchr::memchr(b'\n', line.as_bytes()).and_then(|end| line.get(..end)).unwrap_or(line);
    let behind = line.get(3..)?.trim_start();
    let is_comment = behind.is_empty() || behind.starts_with('#');
    Some(Separator {
        start,
        end: (start + line.len() + 1).min(text.len()),
        text: (!is_comment).then(|| start + line.len() - behind.len()),
    })
}

#[cfg(test)]
mod tests;
