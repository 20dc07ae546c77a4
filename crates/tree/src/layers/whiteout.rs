//! Names with a meaning: how a layer says what it removes.

use crate::{NameFault, RelativePath, TreeError};

/// How the names of all whiteouts begin.
const WHITEOUT: &[u8] = b".wh.";

/// What follows that in the name of a whiteout that hides all of a lower layer's directory.
const OPAQUE: &[u8] = b".wh..opq";

/// What an entry of a layer means by its name, whatever kind it is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Itself.
    Entry,
    /// What lower layers have at `hidden` is gone.
    Whiteout { directory: RelativePath, hidden: RelativePath },
    /// What lower layers have in the directory is gone.
    Opaque { directory: RelativePath },
    /// Nothing: it is what AUFS writes down for itself, or stands below a name that no file can have.
    Bookkeeping,
}

impl Meaning {
    pub(super) fn of(path: &RelativePath) -> Result<Self, TreeError> {
        let directory = path.parent();
        if directory.components().any(|name| name.starts_with(WHITEOUT)) {
            return Ok(Self::Bookkeeping);
        }
        let Some(name) = path.components().last().and_then(|name| name.strip_prefix(WHITEOUT)) else {
            return Ok(Self::Entry);
        };
        match name {
            b"" | b"." | b".." => {
                Err(TreeError::Name { path: path.into(), fault: NameFault::NamelessWhiteout })
            }
            OPAQUE => Ok(Self::Opaque { directory }),
            name if name.starts_with(WHITEOUT) => Ok(Self::Bookkeeping),
            name => Ok(Self::Whiteout { hidden: directory.join(name), directory }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn path(name: &str) -> RelativePath {
        RelativePath::parse(name.as_bytes()).unwrap()
    }

    fn whiteout(directory: &str, hidden: &str) -> Meaning {
        Meaning::Whiteout { directory: path(directory), hidden: path(hidden) }
    }

    #[rstest]
    #[case::file("a/b", Meaning::Entry)]
    #[case::root("./", Meaning::Entry)]
    #[case::not_at_the_beginning("a/b.wh.c", Meaning::Entry)]
    #[case::other_case("a/.WH.b", Meaning::Entry)]
    #[case::no_dot_behind("a/.wh", Meaning::Entry)]
    #[case::whiteout("a/.wh.b", whiteout("a", "a/b"))]
    #[case::at_the_root("./.wh.b", whiteout("", "b"))]
    #[case::as_a_directory("a/.wh.b/", whiteout("a", "a/b"))]
    #[case::of_a_hidden_file("a/.wh..b", whiteout("a", "a/.b"))]
    #[case::of_three_dots("a/.wh....", whiteout("a", "a/..."))]
    #[case::opaque("a/.wh..wh..opq", Meaning::Opaque { directory: path("a") })]
    #[case::opaque_root(".wh..wh..opq", Meaning::Opaque { directory: path("") })]
    #[case::aufs("a/.wh..wh.aufs", Meaning::Bookkeeping)]
    #[case::aufs_links("a/.wh..wh.plnk/1.2", Meaning::Bookkeeping)]
    #[case::aufs_nameless("a/.wh..wh.", Meaning::Bookkeeping)]
    #[case::longer_than_opaque("a/.wh..wh..opqx", Meaning::Bookkeeping)]
    #[case::below_a_whiteout("a/.wh.b/c", Meaning::Bookkeeping)]
    fn meanings(#[case] name: &str, #[case] expected: Meaning) {
        assert_eq!(Meaning::of(&path(name)).unwrap(), expected);
    }

    #[rstest]
    #[case::nothing("a/.wh.")]
    #[case::its_own_directory("a/.wh..")]
    #[case::the_directory_above("a/.wh...")]
    #[case::at_the_root(".wh...")]
    fn whiteouts_of_no_name_are_refused(#[case] name: &str) {
        let error = Meaning::of(&path(name)).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault: NameFault::NamelessWhiteout, .. }), "{error}");
    }
}
