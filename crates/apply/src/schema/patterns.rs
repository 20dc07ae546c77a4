//! Patterns, which a server reads with Go's `regexp`, and looks for anywhere in a text.

mod go;

use std::cell::RefCell;
use std::collections::HashMap;

use regex_automata::Input;
use regex_automata::meta::{Cache, Config, Regex};

use crate::crd_upgrade::Budget;

/// How long a pattern is, in bytes; a longer one is not judged. Those of real definitions have some hundred.
const MAX_PATTERN: usize = 4096;

/// How long a text is, in bytes; in a longer one nothing is looked for.
const MAX_TEXT: usize = 64 * 1024;

/// How large a pattern becomes, in bytes of memory. A few characters, `(a{100}){100}`, say ten thousand states.
const MAX_COMPILED: usize = 1 << 20;

/// How large all patterns that are kept are together, in bytes of memory.
const KEPT: usize = 4 << 20;

/// What it costs to compile one.
const COMPILE: usize = 10_000;

/// What of a pattern and of a text is looked at for a unit of the budget: so many bytes of the one for each byte of the other. In the
/// worst case that is a microsecond of work, as what else a unit stands for.
const WORK: usize = 4096;

/// The patterns that were compiled so far.
#[derive(Default)]
pub(super) struct Patterns(RefCell<Compiled>);

#[derive(Default)]
struct Compiled {
    /// `None` for one that means nothing to us.
    patterns: HashMap<String, Option<Regex>>,
    /// How large they are together.
    bytes: usize,
    /// What the last one has needed to look for itself. It may become far larger than a pattern.
    cache: Option<Cache>,
}

impl Patterns {
    /// Whether a pattern is found in a text. `None` where that is not known.
    pub(super) fn is_match(&self, pattern: &str, text: &str, budget: &Budget) -> Option<bool> {
        if pattern.len() > MAX_PATTERN || text.len() > MAX_TEXT {
            return None;
        }
        let Compiled { patterns, bytes, cache } = &mut *self.0.borrow_mut();
        if !patterns.contains_key(pattern) {
            if !budget.spend(COMPILE) {
                return None;
            }
            let compiled = compile(pattern);
            let size = pattern.len() + compiled.as_ref().map_or(0, Regex::memory_usage);
            if *bytes + size > KEPT {
                patterns.clear();
                *bytes = 0;
            }
            *bytes += size;
            patterns.insert(pattern.to_owned(), compiled);
        }
        let regex = patterns.get(pattern)?.as_ref()?;
        // In the worst case each byte is looked at for each state of the pattern.
        if !budget.spend(1 + regex.memory_usage() * text.len() / WORK) {
            return None;
        }
        let cache = match cache {
            Some(cache) => {
                cache.reset(regex);
                cache
            }
            None => cache.insert(regex.create_cache()),
        };
        Some(regex.search_half_with(cache, &Input::new(text).earliest(true)).is_some())
    }
}

/// Without automata that grow while they look: what they need is bounded for each, and not for all.
fn compile(pattern: &str) -> Option<Regex> {
    let config = Config::new().nfa_size_limit(Some(MAX_COMPILED)).hybrid(false).dfa(false);
    Regex::builder().configure(config).build(&go::translated(pattern)?).ok()
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

    #[test]
    fn a_few_characters_that_would_look_for_seconds_are_not_judged() {
        let (patterns, budget) = (Patterns::default(), Budget::default());
        let (short, long) = ("a(?:[ab]{100}){60}c", "ab".repeat(MAX_TEXT / 2));
        assert_eq!(patterns.is_match(short, "ab", &budget), Some(false));
        assert_eq!(patterns.is_match(short, &long, &budget), None);
        assert!(budget.is_spent());
    }

    #[test]
    fn patterns_do_not_take_memory_without_end() {
        let patterns = Patterns::default();
        for number in 0..60 {
            let pattern = format!("a(?:[ab]{{100}}){{5}}(?:[abd]{{100}}){{40}}|[ab]*b[ab]{{40}}c{number}");
            assert_eq!(patterns.is_match(&pattern, &"ab".repeat(100), &Budget::default()), Some(false));
            let compiled = patterns.0.borrow();
            let cache = compiled.cache.as_ref().unwrap().memory_usage();
            assert!(compiled.bytes <= KEPT && cache < KEPT, "{} and {cache}", compiled.bytes);
            let kept: usize = compiled.patterns.values().flatten().map(Regex::memory_usage).sum();
            assert!((1..=compiled.bytes).contains(&kept));
        }
        assert!(patterns.0.borrow().patterns.len() < 60);
    }
}
