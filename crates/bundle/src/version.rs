//! Version numbers as the reference reads them.

use semver::Version;

/// Reads a version as Go's `blang/semver` `ParseTolerant` does, which `spec.version` of a `ClusterServiceVersion` goes
/// through: spaces around it, a leading `v`, leading zeros and a missing minor or patch number are forgiven.
pub(crate) fn tolerant(text: &str) -> Result<Version, semver::Error> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_leading_zeros).collect();
    // A short version with a pre-release stays short, and is refused below.
    if !parts.last().is_some_and(|last| last.contains(['+', '-'])) {
        parts.resize(3, "0".into());
    }
    Version::parse(&parts.join("."))
}

/// Whether a version of a bundle is lower than another one, by `SemVer`'s precedence; not where one of them is none.
#[must_use]
pub fn is_lower(version: &str, than: &str) -> bool {
    match (tolerant(version), tolerant(than)) {
        (Ok(version), Ok(than)) => version.cmp_precedence(&than).is_lt(),
        _ => false,
    }
}

/// `007` becomes `7`; `00` and `-rc.1` become `0` and `0-rc.1`.
fn without_leading_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.into();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|first: char| first.is_ascii_digit()) { rest.into() } else { format!("0{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("1.2.3", "1.2.3")]
    #[case::with_a_v("v1.2.3", "1.2.3")]
    #[case::spaces(" 1.2.3 ", "1.2.3")]
    #[case::short("1.2", "1.2.0")]
    #[case::shorter("1", "1.0.0")]
    #[case::leading_zeros("01.002.0003", "1.2.3")]
    #[case::zeros("0.00.0", "0.0.0")]
    #[case::pre_release("0.0.1-rc.1+build.7", "0.0.1-rc.1+build.7")]
    #[case::missing_patch_number("1.2.-rc", "1.2.0-rc")]
    #[case::patch_of_zeros("1.2.00-rc", "1.2.0-rc")]
    fn forgives(#[case] text: &str, #[case] version: &str) {
        assert_eq!(tolerant(text).unwrap().to_string(), version);
    }

    #[rstest]
    #[case::by_number("1.9.0", "1.10.0", true)]
    #[case::the_same("1.9", "v1.9.0", false)]
    #[case::higher("2.0.0", "1.10.0", false)]
    #[case::before_its_release("1.0.0-rc.1", "1.0.0", true)]
    #[case::another_build("1.0.0+1", "1.0.0+2", false)]
    #[case::no_version("latest", "1.0.0", false)]
    #[case::than_no_version("1.0.0", "", false)]
    fn lower(#[case] version: &str, #[case] than: &str, #[case] expected: bool) {
        assert_eq!(is_lower(version, than), expected);
    }

    #[rstest]
    #[case::empty("")]
    #[case::word("latest")]
    #[case::four_numbers("1.2.3.4")]
    #[case::short_with_pre_release("1.2-rc1")]
    #[case::empty_pre_release("1.2.3-")]
    #[case::pre_release_with_leading_zero("1.2.3-01")]
    #[case::two_vs("vv1.2.3")]
    fn refuses(#[case] text: &str) {
        assert!(tolerant(text).is_err());
    }
}
