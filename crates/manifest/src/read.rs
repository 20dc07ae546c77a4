//! A file of YAML or JSON as the sequence of its documents and objects.
//!
//! The rules are those of apimachinery's `YAMLOrJSONDecoder` and of cli-runtime's `Flatten`: a text that begins with
//! `{` is a stream of JSON values for as long as it reads as one; otherwise documents are separated by lines that begin
//! with `---` and hold nothing more than a comment. Empty documents and `null` are left out. A document with a list
//! under `items` is a list of objects.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::yaml::parse::ParseError;
use crate::yaml::text::{self, Text};
use crate::{NotAnObject, Object, Position};
use crate::{json, yaml};

/// Files that were put together may have one at the start of each document.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// How many values a file may have. Those that aliases copy count in full, and a mapping for several, so that this is
/// some 300 MB in the worst case. The largest definitions known have about 100,000.
const MAX_VALUES: usize = 2_000_000;

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
        loop {
            let rest = text.get(start..).unwrap_or_default();
            let separator = separator(rest);
            let end = separator.as_ref().map_or(rest.len(), |separator| separator.start);
            let next = separator.as_ref().map_or(text.len(), |separator| start + separator.end);
            let mut document = rest.get(..end).unwrap_or_default();
            if let Some(behind) = document.strip_prefix(BYTE_ORDER_MARK) {
                document = behind;
                start += BYTE_ORDER_MARK.len_utf8();
            }
            let root = yaml::load(document, separators, &mut self.budget)
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn documents_are_numbered_and_placed() {
        let (documents, notes) = read(b"# c\n---\n\n a: 1\n---\n~\n--- # d\nb: 2\n").unwrap();
        let places: Vec<_> = documents.iter().map(|document| (document.number, document.start)).collect();
        assert_eq!(places, [(1, at(4, 2)), (2, at(8, 1))]);
        assert_eq!(notes, []);
    }

    #[test]
    fn what_kubernetes_ignores_is_noted() {
        let (documents, notes) = read(b"  a: 1\nb: 2\n---\nc: 3\n...\nd: 4\n").unwrap();
        assert_eq!(documents.len(), 2);
        let places: Vec<_> = notes.iter().map(|note| note.position).collect();
        assert_eq!(places, [at(2, 1), at(6, 1)]);
    }

    #[rstest]
    #[case::json("{\"a\": 1} {\"b\":\n 2}", vec![at(1, 1), at(1, 10)])]
    #[case::json_then_yaml("{\"a\": 1}\n---\nb: 2\n---\nc: 3\n", vec![at(1, 1), at(3, 1), at(5, 1)])]
    #[case::yaml_that_begins_like_json("{a: 1}\n", vec![at(1, 1)])]
    fn json_is_placed(#[case] text: &str, #[case] expected: Vec<Position>) {
        let (documents, _) = read(text.as_bytes()).unwrap();
        assert_eq!(documents.iter().map(|document| document.start).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case::json("{\n  \"a\": 1 \"b\": 2\n}", at(2, 13))]
    #[case::yaml("{\"a\": 1,\n b: [}\n", at(2, 6))]
    #[case::behind_json("{\"a\": 1}\n---\nb: [}\n", at(3, 5))]
    #[case::second_document("a: 1\n---\nb: [}\n", at(3, 5))]
    fn errors_are_placed(#[case] text: &str, #[case] expected: Position) {
        assert_eq!(read(text.as_bytes()).unwrap_err().position, expected);
    }

    #[test]
    fn a_million_documents_are_read_in_one_pass() {
        let text = "---\na\n".repeat(200_000);
        assert_eq!(read(text.as_bytes()).unwrap().0.len(), 200_000);
    }

    #[rstest]
    #[case::json("{\"a\":1} ".repeat(200_000), 200_000)]
    #[case::plain("[".to_owned() + &"b, ".repeat(400_000) + "]", 1)]
    #[case::separators_in_plain("a: ".to_owned() + &"b\u{2028} ".repeat(400_000), 1)]
    #[case::separators_in_quotes("a: \"".to_owned() + &"b\u{2028}".repeat(400_000) + "\"", 1)]
    fn a_single_line_is_read_in_one_pass(#[case] text: String, #[case] documents: usize) {
        assert_eq!(read(text.as_bytes()).unwrap().0.len(), documents);
    }

    #[test]
    fn a_document_is_placed_before_what_is_ignored_behind_it() {
        let (documents, notes) = read(b" a: 1\n...\n\nb: 2\n---\nc: 3\n").unwrap();
        let starts: Vec<_> = documents.iter().map(|document| document.start).collect();
        assert_eq!(starts, [at(1, 2), at(6, 1)]);
        assert_eq!(notes.iter().map(|note| note.position).collect::<Vec<_>>(), [at(4, 1)]);
    }

    #[rstest]
    #[case::lists("[".to_owned() + &"[],".repeat(2_100_000) + "]")]
    #[case::documents("---\na: b\n".repeat(400_000))]
    #[case::json("{\"a\":[".to_owned() + &"1,".repeat(2_100_000) + "1]}")]
    fn the_number_of_values_is_limited(#[case] text: String) {
        let error = read(text.as_bytes()).map(drop).unwrap_err();
        assert_eq!(error.message, crate::yaml::load::TOO_MANY);
    }

    #[test]
    fn lists_are_flattened() {
        let text = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- kind: X\n  apiVersion: y/v1\n---\nkind: Z\napiVersion: v1\n";
        let (objects, _) = read_objects(text.as_bytes(), &mut 10_000).unwrap();
        let keys: Vec<_> = objects.iter().map(|located| located.object.key().to_string()).collect();
        assert_eq!(keys, ["Pod a", "X.y ", "Z "]);
        assert_eq!(
            objects.iter().map(|located| located.origin.item).collect::<Vec<_>>(),
            [Some(0), Some(1), None]
        );
    }

    #[test]
    fn files_share_a_budget() {
        let mut budget = 30;
        let text = b"kind: A\napiVersion: v1\n";
        assert!(read_objects(text, &mut budget).is_ok());
        // The mapping and its four parts, and the mapping's own weight.
        assert_eq!(budget, 30 - 5 - 4);
        let error = (0..9).find_map(|_| read_objects(text, &mut budget).err());
        assert_eq!(error.map(|error| error.message).as_deref(), Some(crate::yaml::load::TOO_MANY));
        let json = br#"{"kind": "A", "apiVersion": "v1", "x": [{}, 1]}"#;
        let mut budget = 20;
        assert!(read_objects(json, &mut budget).is_ok());
        assert!(read_objects(json, &mut budget).is_err());
    }

    #[test]
    fn null_items_are_an_empty_list() {
        let (objects, _) = read_objects(b"apiVersion: v1\nkind: List\nitems: null\n", &mut 10_000).unwrap();
        assert_eq!(objects, []);
    }

    #[rstest]
    #[case::scalar(
        "a: 1\n---\ntext\n",
        "document 2, line 3, column 1: expected a mapping with apiVersion and kind, got a string"
    )]
    #[case::kind("apiVersion: v1\n", "document 1, line 1, column 1: the object has no kind")]
    #[case::item(
        "kind: List\napiVersion: v1\nitems: [1]\n",
        "document 1, line 1, column 1: item 0 of the list: expected a mapping with apiVersion and kind, got a number"
    )]
    fn what_is_no_object_is_refused(#[case] text: &str, #[case] expected: &str) {
        let text = text.replace("a: 1", "{kind: A, apiVersion: v1}");
        assert_eq!(read_objects(text.as_bytes(), &mut 10_000).unwrap_err().to_string(), expected);
    }

    const NESTED: &str = "# comment\nkind: A\napiVersion: v1\nspec:\n  list:\n  - name: x\n  - {name: y,\n     port: 1}\n  \"quoted\": z\n";

    #[rstest]
    #[case::key(&[Step::Key("spec")], at(4, 1))]
    #[case::item(&[Step::Key("spec"), Step::Key("list"), Step::Index(1)], at(7, 5))]
    #[case::flow(&[Step::Key("spec"), Step::Key("list"), Step::Index(1), Step::Key("port")], at(8, 6))]
    #[case::quoted(&[Step::Key("spec"), Step::Key("quoted")], at(9, 3))]
    #[case::ends_early(&[Step::Key("spec"), Step::Key("list"), Step::Index(7), Step::Key("name")], at(5, 3))]
    #[case::not_there(&[Step::Key("status")], at(2, 1))]
    #[case::root(&[], at(2, 1))]
    fn paths_are_located(#[case] path: &[Step<'_>], #[case] expected: Position) {
        for (text, shift) in
            [(NESTED.to_owned(), 0), (format!("b: 1\nkind: B\napiVersion: v1\n---\n{NESTED}"), 4)]
        {
            let (objects, _) = read_objects(text.as_bytes(), &mut 10_000).unwrap();
            let found = objects.last().unwrap().origin.locate(text.as_bytes(), path);
            assert_eq!(found, at(expected.line + shift, expected.column));
        }
    }

    #[rstest]
    #[case::yaml(
        "kind: List\napiVersion: v1\nitems:\n- kind: A\n  apiVersion: v1\n- kind: B\n  apiVersion: v1\n  spec: 1\n",
        at(8, 3)
    )]
    #[case::json("{\"kind\": \"X\"}\n{\"items\": [1, {\"spec\": 2}]}", at(2, 16))]
    #[case::json_on_one_line("{\"kind\": \"X\"}{\"items\": [1, {\"spec\": 2}]}", at(1, 29))]
    #[case::indented("  items:\n  - a\n  - spec: 1\n", at(3, 5))]
    fn items_are_located(#[case] text: &str, #[case] expected: Position) {
        let (documents, _) = read(text.as_bytes()).unwrap();
        let last = documents.last().unwrap();
        let origin = Origin { document: last.number, item: Some(1), start: last.start };
        assert_eq!(origin.locate(text.as_bytes(), &[Step::Key("spec")]), expected);
    }

    #[test]
    fn the_last_of_equal_keys_is_located() {
        let text = b"kind: A\napiVersion: v1\na: 1\na: 2\n";
        let origin = &read_objects(text, &mut 10_000).unwrap().0[0].origin;
        assert_eq!(origin.locate(text, &[Step::Key("a")]), at(4, 1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_objects(&bytes, &mut 10_000);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-a:{}\\[\\],&*!|>'\"% #\\n\\t?.<~0é]{0,200}") {
            if let Ok((documents, _)) = read(text.as_bytes()) {
                for document in documents {
                    let origin = Origin { document: document.number, item: None, start: document.start };
                    let place = origin.locate(text.as_bytes(), &[Step::Key("a"), Step::Index(0)]);
                    prop_assert!(place >= document.start || place.line > 0);
                }
            }
        }
    }

    #[test]
    fn merged_and_copied_values_are_values() {
        let (documents, _) = read(b"a: &a {b: 1}\nc: {<<: *a, d: *a}\n").unwrap();
        assert_eq!(documents[0].value, json!({"a": {"b": 1}, "c": {"b": 1, "d": {"b": 1}}}));
    }
}
