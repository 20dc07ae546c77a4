//! Names of commits, tags and branches.

use std::fmt;

use rukpak_tree::{ShownPath, is_harmless};
use thiserror::Error;

use crate::GitRevision;

/// Bytes of a reference's name. git itself has no limit but that of file names.
const MAX_BYTES: usize = 1024;

/// A text that cannot name a commit, a tag or a branch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RevisionError {
    /// It is no whole name of a commit.
    #[error("got commit {0}, expected its whole name of 40 or 64 hexadecimal digits")]
    Commit(ShownPath),
    /// No tag can be called so (git-check-ref-format).
    #[error("got tag {0}, which git does not accept as a name")]
    Tag(ShownPath),
    /// No branch can be called so (git-check-ref-format).
    #[error("got branch {0}, which git does not accept as a name")]
    Branch(ShownPath),
}

/// The whole name of a commit, in lower case.
pub(super) fn commit(name: &str) -> Result<String, RevisionError> {
    if matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(RevisionError::Commit(ShownPath::new(name)))
    }
}

/// What a server is asked for to find a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Tag(String),
    Branch(String),
    Head,
}

impl Reference {
    /// The reference of a revision that is none itself.
    pub(super) fn of(revision: &GitRevision) -> Result<Self, RevisionError> {
        match revision {
            GitRevision::Commit(name) => Err(RevisionError::Commit(ShownPath::new(name))),
            GitRevision::Tag(name) => match short_name(name, "refs/tags/") {
                Some(short) => Ok(Self::Tag(short.to_owned())),
                None => Err(RevisionError::Tag(ShownPath::new(name))),
            },
            GitRevision::Branch(name) => match short_name(name, "refs/heads/") {
                Some(short) => Ok(Self::Branch(short.to_owned())),
                None => Err(RevisionError::Branch(ShownPath::new(name))),
            },
            GitRevision::Default => Ok(Self::Head),
        }
    }

    /// As the server calls it.
    pub(super) fn full_name(&self) -> String {
        match self {
            Self::Tag(name) => format!("refs/tags/{name}"),
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Head => "HEAD".to_owned(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Head => f.write_str("default branch (HEAD)"),
        }
    }
}

/// What stands behind the folder of such references, where a name begins with that: `refs/heads/main` is how servers call `main`.
fn short_name<'n>(name: &'n str, folder: &str) -> Option<&'n str> {
    Some(name.strip_prefix(folder).unwrap_or(name)).filter(|short| is_reference_name(short))
}

/// The rules of git-check-ref-format, and those of git-branch: no leading hyphen.
fn is_reference_name(name: &str) -> bool {
    let component_is_fine = |component: &str| {
        !component.is_empty() && !component.starts_with('.') && component.strip_suffix(".lock").is_none()
    };
    name.len() <= MAX_BYTES
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && name.split('/').all(component_is_fine)
        && name.chars().all(|character| is_harmless(character) && !" ~^:?*[\\".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("v1.2.3", true)]
    #[case::folders("release/v1/a", true)]
    #[case::not_ascii("größe", true)]
    #[case::at("a@b", true)]
    #[case::empty("", false)]
    #[case::only_at("@", false)]
    #[case::option("--upload-pack=x", false)]
    #[case::pattern("v*", false)]
    #[case::set("v[12]", false)]
    #[case::peeled("v1^{}", false)]
    #[case::reflog("v1@{1}", false)]
    #[case::range("a..b", false)]
    #[case::refspec("a:b", false)]
    #[case::blank("a b", false)]
    #[case::line_break("a\nb", false)]
    #[case::absolute("/a", false)]
    #[case::folder("a/", false)]
    #[case::hidden("a/.b", false)]
    #[case::lock("a.lock", false)]
    #[case::final_dot("a.", false)]
    fn names(#[case] name: &str, #[case] accepted: bool) {
        let tag = Reference::of(&GitRevision::Tag(name.to_owned()));
        assert_eq!(tag.is_ok(), accepted, "{tag:?}");
        let branch = Reference::of(&GitRevision::Branch(name.to_owned()));
        assert_eq!(branch.is_ok(), accepted, "{branch:?}");
    }

    #[rstest]
    #[case::branch(GitRevision::Branch("refs/heads/a/b".into()), Some("refs/heads/a/b"))]
    #[case::tag(GitRevision::Tag("refs/tags/v1".into()), Some("refs/tags/v1"))]
    #[case::of_the_other_kind(GitRevision::Branch("refs/tags/v1".into()), Some("refs/heads/refs/tags/v1"))]
    #[case::folder_alone(GitRevision::Branch("refs/heads/".into()), None)]
    fn whole_names(#[case] revision: GitRevision, #[case] expected: Option<&str>) {
        let found = Reference::of(&revision).ok().map(|reference| reference.full_name());
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case::short("0123abc")]
    #[case::branch("main")]
    #[case::head("HEAD")]
    #[case::not_hexadecimal("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    #[case::option("-0123456789012345678901234567890123456789")]
    fn no_commits(#[case] name: &str) {
        let message = format!("got commit {name}, expected its whole name of 40 or 64 hexadecimal digits");
        assert_eq!(commit(name).unwrap_err().to_string(), message);
    }

    #[test]
    fn commits() {
        let name = "0123456789ABCDEF0123456789abcdef01234567";
        assert_eq!(commit(name).unwrap(), name.to_ascii_lowercase());
        assert!(commit(&"0".repeat(64)).is_ok());
    }
}
