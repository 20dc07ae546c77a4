//! JSON with line breaks, and with numbers as Go writes them.
//!
//! Only large floats differ from what `serde_json` writes: below 1e21 Go writes the digits of a whole number, not an
//! exponent, and readers that tell integers from floats take the two for different numbers.

use std::io::{self, Write};

use serde_json::ser::{Formatter, PrettyFormatter};

/// Writes the layout of `serde_json`'s pretty printer.
#[derive(Default)]
pub(super) struct Pretty(PrettyFormatter<'static>);

impl Formatter for Pretty {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        const TOO_LARGE: f64 = 1e21;
        if value.fract() == 0.0 && value.abs() < TOO_LARGE && value.abs() > 1.0 {
            return write!(writer, "{value}");
        }
        self.0.write_f64(writer, value)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde::Serialize;
    use serde_json::{Serializer, Value, json};

    use super::Pretty;

    fn written(value: &Value) -> String {
        let mut out = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut out, Pretty::default())).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[rstest]
    #[case::below_the_smallest_integer(json!(-9_223_372_036_854_775_808.0), "-9223372036854776000")]
    #[case::above_the_largest_integer(json!(18_446_744_073_709_551_616.0), "18446744073709552000")]
    #[case::above_what_go_writes_without_an_exponent(json!(1e21), "1e+21")]
    #[case::fraction(json!(1.5), "1.5")]
    #[case::integer(json!(u64::MAX), "18446744073709551615")]
    fn numbers(#[case] value: Value, #[case] expected: &str) {
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn the_layout_is_that_of_the_pretty_printer() {
        let value = json!({"a": [1, {"b": []}], "c": {}, "d": "x"});
        assert_eq!(written(&value), serde_json::to_string_pretty(&value).unwrap());
    }
}
