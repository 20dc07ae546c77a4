//! Some of many, for a text that is read by people.

use std::fmt::Display;

/// The first ones of several, and how many more there are.
#[must_use]
pub fn few<T: Display>(all: impl ExactSizeIterator<Item = T>, most: usize) -> String {
    let count = all.len();
    let shown = all.take(most).map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    match count.saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(&[], "")]
    #[case::all(&["a", "b"], "a, b")]
    #[case::some(&["a", "b", "c", "d"], "a, b and 2 more")]
    fn texts(#[case] all: &[&str], #[case] expected: &str) {
        assert_eq!(few(all.iter(), 2), expected);
    }
}
