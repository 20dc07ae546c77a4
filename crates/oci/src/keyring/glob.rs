//! Wildcards, by the rules of Go's `filepath.Match`: `*` any characters, `?` one, `[a-z]` and `[^a-z]` one of some, `\`
//! the next as it is. The texts are parts of a host's name, so that there is no separator to stop at.

/// Whether a pattern describes all of a name. A malformed one describes none.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // What stands behind the last star, and the rest of the name from which it was tried. An earlier star need not be
    // tried again: whatever it could take, the last one can.
    let mut star: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            star = Some((rest, name));
            pattern = rest;
        } else if pattern.is_empty() && name.is_empty() {
            return true;
        } else if let Some(rest) = one(pattern, name) {
            (pattern, name) = rest;
        } else {
            let Some((behind, tried)) = star else { return false };
            let mut characters = tried.chars();
            if characters.next().is_none() {
                return false;
            }
            (pattern, name) = (behind, characters.as_str());
            star = Some((pattern, name));
        }
    }
}

/// Takes the first character off a name and what describes it off a pattern.
fn one<'p, 'n>(pattern: &'p str, name: &'n str) -> Option<(&'p str, &'n str)> {
    let mut wanted = pattern.chars();
    let mut characters = name.chars();
    let character = characters.next()?;
    let (is_it, rest) = match wanted.next()? {
        '?' => (true, wanted.as_str()),
        '[' => class(wanted.as_str(), character)?,
        '\\' => (wanted.next()? == character, wanted.as_str()),
        literal => (literal == character, wanted.as_str()),
    };
    is_it.then_some((rest, characters.as_str()))
}

/// Whether a class, of which the bracket was read, has a character in it, and what stands behind the class.
fn class(class: &str, character: char) -> Option<(bool, &str)> {
    let (negated, mut rest) = match class.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, class),
    };
    let mut found = false;
    let mut ranges = 0_usize;
    loop {
        if let Some(behind) = rest.strip_prefix(']').filter(|_| ranges > 0) {
            return Some((found != negated, behind));
        }
        let (low, behind) = class_character(rest)?;
        let (high, behind) = match behind.strip_prefix('-') {
            Some(behind) => class_character(behind)?,
            None => (low, behind),
        };
        found |= (low..=high).contains(&character);
        ranges += 1;
        rest = behind;
    }
}

/// A character of a class, where `-` and `]` have to be escaped.
fn class_character(rest: &str) -> Option<(char, &str)> {
    let mut characters = rest.chars();
    match characters.next()? {
        '-' | ']' => None,
        '\\' => Some((characters.next()?, characters.as_str())),
        character => Some((character, characters.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // From path/filepath/match_test.go, without what is about separators.
    #[rstest]
    #[case::literal("abc", "abc", true)]
    #[case::everything("*", "abc", true)]
    #[case::nothing_more("*c", "abc", true)]
    #[case::empty_star("a*", "a", true)]
    #[case::prefix("a*", "abc", true)]
    #[case::stars("a*b*c*d*e*", "axbxcxdxe", true)]
    #[case::stars_and_mark("a*b?c*x", "abxbbxdbxebxczzx", true)]
    #[case::stars_and_mark_miss("a*b?c*x", "abxbbxdbxebxczzy", false)]
    #[case::class("ab[c]", "abc", true)]
    #[case::range("ab[b-d]", "abc", true)]
    #[case::range_miss("ab[e-g]", "abc", false)]
    #[case::negated("ab[^c]", "abc", false)]
    #[case::negated_range("ab[^b-d]", "abc", false)]
    #[case::negated_range_hit("ab[^e-g]", "abc", true)]
    #[case::escaped_star(r"a\*b", "a*b", true)]
    #[case::escaped_star_miss(r"a\*b", "ab", false)]
    #[case::one_letter("a?b", "a☺b", true)]
    #[case::one_of_letters("a[^a]b", "a☺b", true)]
    #[case::two_letters("a???b", "a☺b", false)]
    #[case::two_classes("a[^a][^a][^a]b", "a☺b", false)]
    #[case::wide_range("[a-ζ]*", "α", true)]
    #[case::wide_range_miss("*[a-ζ]", "A", false)]
    #[case::escaped_bracket(r"[\]a]", "]", true)]
    #[case::escaped_dash(r"[\-]", "-", true)]
    #[case::several(r"[x\-]", "x", true)]
    #[case::several_dash(r"[x\-]", "-", true)]
    #[case::several_miss(r"[x\-]", "z", false)]
    #[case::empty_class("[]a]", "]", false)]
    #[case::bare_dash("[-]", "-", false)]
    #[case::open_range("[x-]", "x", false)]
    #[case::open_range_dash("[x-]", "-", false)]
    #[case::leading_dash("[-x]", "x", false)]
    #[case::backslash(r"\", "a", false)]
    #[case::two_ranges("[a-b-c]", "a", false)]
    #[case::open("[", "a", false)]
    #[case::open_negated("[^", "a", false)]
    #[case::open_negated_letter("[^bc", "a", false)]
    #[case::open_behind("a[", "ab", false)]
    #[case::longer("*x", "xxx", true)]
    fn rules_of_go(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, name), expected);
    }

    #[test]
    fn many_stars_take_no_longer() {
        assert!(!matches(&"*a".repeat(10_000), &"a".repeat(9_999)));
        assert!(matches(&"*a".repeat(10_000), &"a".repeat(10_000)));
    }
}
