//! Directories of a repository, as someone writes them.

use rukpak_tree::is_harmless;
use thiserror::Error;

use super::GitError;

/// Bytes of a path, as the tree has it.
const MAX_BYTES: usize = 4096;

/// What is wrong with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DirectoryFault {
    /// It begins with a slash.
    #[error("expected one that does not begin with /")]
    Absolute,
    /// It has a component `..`.
    #[error("expected none with ..")]
    ParentDirectory,
    /// It contains a control character, or one that hides others.
    #[error("expected none with control characters")]
    ControlCharacter,
    /// It is too long.
    #[error("expected at most {MAX_BYTES} bytes")]
    TooLong,
}

/// Drops `.` and empty components. The root is `None`, be it written as nothing, `.` or `./`.
pub(super) fn normalise(directory: Option<&str>) -> Result<Option<String>, GitError> {
    let Some(directory) = directory else { return Ok(None) };
    let fault = if directory.len() > MAX_BYTES {
        DirectoryFault::TooLong
    } else if !directory.chars().all(is_harmless) {
        DirectoryFault::ControlCharacter
    } else if directory.starts_with('/') {
        DirectoryFault::Absolute
    } else if directory.split('/').any(|component| component == "..") {
        DirectoryFault::ParentDirectory
    } else {
        let components = directory.split('/').filter(|component| !matches!(*component, "" | "."));
        let joined = components.collect::<Vec<_>>().join("/");
        return Ok(Some(joined).filter(|path| !path.is_empty()));
    };
    Err(GitError::directory(directory, fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(None, None)]
    #[case::empty(Some(""), None)]
    #[case::dot(Some("."), None)]
    #[case::dot_slash(Some("./"), None)]
    #[case::only_dots_and_slashes(Some("./././/"), None)]
    #[case::one_letter(Some("a"), Some("a"))]
    #[case::two_letters(Some("ab"), Some("ab"))]
    #[case::nested(Some("a/b/c"), Some("a/b/c"))]
    #[case::untidy(Some("./a//b/./c/"), Some("a/b/c"))]
    #[case::dots_in_a_name(Some("a..b/...c"), Some("a..b/...c"))]
    #[case::hyphen(Some("-a"), Some("-a"))]
    #[case::blank_and_colon(Some(":(top)a b"), Some(":(top)a b"))]
    #[case::not_ascii(Some("größe"), Some("größe"))]
    fn accepted(#[case] directory: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(normalise(directory).unwrap().as_deref(), expected);
    }

    #[rstest]
    #[case::absolute("/", r"got directory /, expected one that does not begin with /")]
    #[case::absolute_path("/etc", r"got directory /etc, expected one that does not begin with /")]
    #[case::parent("..", r"got directory .., expected none with ..")]
    #[case::parent_inside("a/../../b", r"got directory a/../../b, expected none with ..")]
    #[case::line_break("a\nb", r"got directory a\nb, expected none with control characters")]
    #[case::nul("a\0", r"got directory a\u{0}, expected none with control characters")]
    #[case::hidden("a\u{202e}", r"got directory a\u{202e}, expected none with control characters")]
    fn refused(#[case] directory: &str, #[case] message: &str) {
        let error = normalise(Some(directory)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.is_permanent());
    }

    #[test]
    fn a_long_path_is_refused() {
        assert!(normalise(Some(&"a/".repeat(2048))).is_ok());
        assert!(normalise(Some(&"a".repeat(4097))).is_err());
    }
}
