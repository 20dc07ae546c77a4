//! JSON that may be hostile, where all of it becomes values.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Values of a document. An object of one field, which is two, takes six hundred bytes for as few as seven.
const VALUES: usize = 100_000;

/// Reads a document, unless it has so many values that they would take much more memory than its text.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Count(&mut 0).deserialize(&mut json)?;
    serde_json::from_slice(bytes)
}

/// Counts values, and keeps none.
struct Count<'c>(&'c mut usize);

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        *self.0 += 1;
        if *self.0 > VALUES {
            return Err(D::Error::custom(format_args!("more than {VALUES} values, the limit,")));
        }
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            fields.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    #[test]
    fn what_is_within_the_limit_is_read() {
        let document = json!({"a": [null, true, 1, -1, 1.5, "x"], "b": {"c": {}}});
        assert_eq!(parse::<Value>(document.to_string().as_bytes()).unwrap(), document);
        let many = format!("[{}0]", "0,".repeat(VALUES - 2));
        assert!(parse::<Value>(many.as_bytes()).is_ok());
    }

    #[rstest]
    #[case::list(format!("[{}0]", "0,".repeat(VALUES - 1)))]
    #[case::objects(format!("[{}0]", r#"{"":0},"#.repeat(VALUES / 2)))]
    #[case::fields(format!("{{{}\"\":0}}", "\"\":0,".repeat(VALUES - 1)))]
    fn many_values_are_refused(#[case] text: String) {
        let error = parse::<Value>(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("more than 100000 values, the limit,"), "{error}");
    }

    #[test]
    fn what_is_no_json_is_refused_as_ever() {
        for text in ["", "{", "{} x", "[1,]", r#"{"a" 1}"#, &"[".repeat(1000)] {
            let (ours, theirs) = (parse::<Value>(text.as_bytes()), serde_json::from_str::<Value>(text));
            assert_eq!(ours.unwrap_err().to_string(), theirs.unwrap_err().to_string());
        }
    }
}
