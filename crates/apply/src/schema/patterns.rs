//! Patterns, which a server reads with Go's `regexp`, and looks for anywhere in a text.

mod go;

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::crd_upgrade::Budget;

/// How long a pattern is, in bytes; a longer one is not judged. Those of real definitions have some hundred.
const MAX_PATTERN: usize = 4096;

/// How long a text is, in bytes; in a longer one nothing is looked for.
const MAX_TEXT: usize = 64 * 1024;

/// How large a pattern becomes, in bytes of memory.
const MAX_COMPILED: usize = 1 << 20;

/// What it costs to compile one.
const COMPILE: usize = 10_000;

/// The patterns that were compiled so far; `None` for one that means nothing to us.
#[derive(Default)]
pub(super) struct Patterns(RefCell<HashMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether a pattern is found in a text. `None` where that is not known.
    pub(super) fn is_match(&self, pattern: &str, text: &str, budget: &Budget) -> Option<bool> {
        if pattern.len() > MAX_PATTERN || text.len() > MAX_TEXT {
            return None;
        }
        let mut compiled = self.0.borrow_mut();
        if !compiled.contains_key(pattern) {
            if !budget.spend(COMPILE) {
                return None;
            }
            compiled.insert(pattern.to_owned(), compile(pattern));
        }
        let regex = compiled.get(pattern)?.as_ref()?;
        // In the worst case each byte is looked at for each part of the pattern.
        (budget.spend(1 + pattern.len() * text.len() / 1024)).then(|| regex.is_match(text))
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&go::translated(pattern)?).size_limit(MAX_COMPILED).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::anywhere("b", "abc", Some(true))]
    #[case::ends("^b$", "abc", Some(false))]
    #[case::digits_are_ascii(r"^\d$", "٣", Some(false))]
    #[case::words_are_ascii(r"^\w+$", "straße", Some(false))]
    #[case::not_words(r"^\W$", "ß", Some(true))]
    #[case::spaces_are_ascii(r"^[\s]$", "\u{a0}", Some(false))]
    #[case::boundary(r"\bß", "aß", Some(true))]
    #[case::a_character_is_one("^.{1,3}$", "äöü", Some(true))]
    #[case::less_is_no_boundary(r"^\<a\>$", "<a>", Some(true))]
    #[case::bracket_in_class("^[[]$", "[", Some(true))]
    #[case::class_that_begins_with_its_end("^[]a]+$", "]a", Some(true))]
    #[case::ampersands("^[a&&b]+$", "&ab", Some(true))]
    #[case::tildes("^[a~~b]+$", "~", Some(true))]
    #[case::dashes(r"^[\w-.]+$", "a-.", Some(true))]
    #[case::dash_at_the_end("^[a-]+$", "-a", Some(true))]
    #[case::range_of_signs("^[+--]+$", ",", Some(true))]
    #[case::posix("^[[:alpha:]_]+$", "a_", Some(true))]
    #[case::negated_posix("^[^[:space:]]+$", "a b", Some(false))]
    #[case::scripts(r"^\p{Greek}[\pL]$", "αß", Some(true))]
    #[case::brace("^{a}{,2}$", "{a}{,2}", Some(true))]
    #[case::times("^a{2,}b{1}$", "aab", Some(true))]
    #[case::flags("(?i)^AB$", "ab", Some(true))]
    #[case::named("^(?P<n>a)$", "a", Some(true))]
    #[case::hex(r"^\x41\x{42}[\x43-\x{44}]$", "ABD", Some(true))]
    #[case::escaped(r"^\.\-\/\_[\]\-]$", ".-/_]", Some(true))]
    #[case::newline("^.$", "\n", Some(false))]
    #[case::end_of_text("^a$", "a\n", Some(false))]
    #[case::not_a_boundary(r"\Ba", "ba", None)]
    #[case::quoting(r"\Qa.b\E", "a.b", None)]
    #[case::octal(r"\101", "A", None)]
    #[case::looking_ahead("^(?!a)", "b", None)]
    #[case::broken("(", "b", None)]
    #[case::too_large("(a{1000}){1000}", "a", None)]
    fn meaning(#[case] pattern: &str, #[case] text: &str, #[case] expected: Option<bool>) {
        assert_eq!(Patterns::default().is_match(pattern, text, &Budget::default()), expected);
    }
}
