//! How much files and objects are: the number of their values, a mapping counted several times, since it takes the memory of several.

use serde_json::{Map, Value};

/// How many values a file may have, and all files that are read together: those of any real bundle, the largest of which are known to
/// have less than a third of them, and what a hundred megabytes can hold. Those that aliases copy count in full.
pub const MAX_VALUES: usize = 600_000;

/// How many values a mapping counts for beside itself and its entries: the smallest one takes the memory of some twenty
/// numbers.
pub(crate) const MAPPING: usize = 4;

/// How many values so many bytes of a file have at most. The densest is `{a},`: a mapping, its key and a null.
#[must_use]
pub fn most_values(bytes: usize) -> usize {
    bytes.saturating_mul(MAPPING + 3) / 4
}

/// How many values a mapping of these fields has, as they are counted where YAML is read. (In JSON keys count for nothing there.)
#[must_use]
pub fn number_of_values(fields: &Map<String, Value>) -> usize {
    fields.values().fold(1 + MAPPING, |sum, value| sum + 1 + count_values(value))
}

/// How many values a value is, itself included, counted in the same way.
#[must_use]
pub fn count_values(value: &Value) -> usize {
    match value {
        Value::Object(fields) => number_of_values(fields),
        Value::Array(items) => items.iter().fold(1, |sum, item| sum + count_values(item)),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_objects;
    use rstest::rstest;

    #[rstest]
    #[case::texts("kind: A\napiVersion: v1\n")]
    #[case::lists("kind: A\nx: [1, [a, null], {}]\n")]
    #[case::mappings("{kind: A, x: [{a},{a},{a},{a}]}")]
    fn objects_count_as_much_as_when_they_are_read(#[case] text: &str) {
        let mut budget = MAX_VALUES;
        let (objects, _) = read_objects(text.as_bytes(), &mut budget).unwrap();
        let number = number_of_values(objects[0].object.fields());
        assert_eq!(number, MAX_VALUES - budget);
        assert!(number <= 2 * MAPPING + most_values(text.len()));
    }
}
