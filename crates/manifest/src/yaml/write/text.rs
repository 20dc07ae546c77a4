//! Strings: plain where that is safe, block scalars for several lines, quoted otherwise.

use std::fmt::Write as _;

use super::scan::{Scan, is_special};
use super::{STEP, plain, spaces};

/// Writes a key: plain, else in single quotes, else in double quotes with escapes, and always on one line.
pub(super) fn key(text: &str, out: &mut String) {
    one_line(text, Scan::of(text), out);
}

/// Writes a value and the line break behind it: several lines as a literal block scalar where they fit one, all else as
/// a key. `indent`: the column of the collection that holds it.
pub(super) fn value(text: &str, indent: usize, out: &mut String) {
    let scan = Scan::of(text);
    if scan.has_breaks() && scan.is_printable() && fits_literal(text) && !swells(text, indent + STEP) {
        literal(text, indent + STEP, out);
    } else {
        one_line(text, scan, out);
        out.push('\n');
    }
}

fn one_line(text: &str, scan: Scan, out: &mut String) {
    if !scan.fits_one_line() {
        double_quoted(text, out);
    } else if plain::is_plain(text, scan) {
        out.push_str(text);
    } else {
        single_quoted(text, out);
    }
}

/// Whether some line is more than a line break, and the first and the last such line are more than blanks, which a person
/// would not see and an editor would remove.
fn fits_literal(text: &str) -> bool {
    let is_visible = |line: Option<&str>| line.is_some_and(|line| !line.trim_matches([' ', '\t']).is_empty());
    let content = text.trim_matches('\n');
    is_visible(content.split('\n').next()) && is_visible(content.rsplit('\n').next())
}

/// Whether indentation would be most of a literal block: some hundred columns before each of a million short lines.
fn swells(text: &str, indent: usize) -> bool {
    const HARMLESS: usize = 64 << 10;
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    lines * indent > HARMLESS + 4 * text.len()
}

/// Writes a text as a literal block scalar whose lines begin in column `indent`.
///
/// The header says how far that is from the column of the parent, where the text begins with a blank or an empty line,
/// and how many line breaks end it: none (`-`), one, or more (`+`).
fn literal(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\t', '\n']) {
        let _ = write!(out, "{STEP}");
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) => {
            if body.ends_with('\n') {
                out.push('+');
            }
            body
        }
    };
    out.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            spaces(indent, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn single_quoted(text: &str, out: &mut String) {
    out.push('\'');
    for (index, part) in text.split('\'').enumerate() {
        if index > 0 {
            out.push_str("''");
        }
        out.push_str(part);
    }
    out.push('\'');
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if is_special(character) => {
                // Writing to a string never fails; no character beyond U+FFFF is special.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
