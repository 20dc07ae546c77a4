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

/// As `kubectl` has it: where `---` comes first it is part of the document, and between two it is not.
#[rstest]
#[case::alone("...\n", None)]
#[case::before_a_document("...\na: 1\n", None)]
#[case::behind_a_comment("# c\n\n...\n", None)]
#[case::in_the_second_document("a: 1\n---\n...\nb: 1\n", None)]
#[case::behind_two_separators("---\n---\n...\n", None)]
#[case::behind_an_empty_line("\n---\n...\n", None)]
#[case::begun("---\n...\na: 1\n", Some(0))]
#[case::begun_with_a_comment("--- # c\n...\n", Some(0))]
#[case::begun_behind_another("a: 1\n---\n---\n...\n", Some(1))]
#[case::of_a_document("a: 1\n...\n", Some(1))]
fn the_end_of_a_document_that_has_not_begun(#[case] text: &str, #[case] documents: Option<usize>) {
    assert_eq!(read(text.as_bytes()).ok().map(|(documents, _)| documents.len()), documents);
}

#[test]
fn many_documents_are_read_in_one_pass() {
    let text = "---\na\n".repeat(200_000);
    assert_eq!(read(text.as_bytes()).unwrap().0.len(), 200_000);
}

#[rstest]
#[case::json("{\"a\":1} ".repeat(80_000), 80_000)]
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
