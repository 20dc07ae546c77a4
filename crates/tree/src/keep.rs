//! Which part of an input is kept.

use crate::RelativePath;

/// The folders whose content is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Normalised prefixes; `None` keeps everything.
    prefixes: Option<Vec<String>>,
}

impl Keep {
    /// Keeps all that is there.
    #[must_use]
    pub fn everything() -> Self {
        Self { prefixes: None }
    }

    /// Keeps what is called as one of the prefixes or lies below it: `manifests` and `manifests/` both keep
    /// `manifests/a/b.yaml`, and neither keeps `manifests2/a.yaml`. An empty prefix keeps everything.
    pub fn prefixes<P: AsRef<str>>(prefixes: impl IntoIterator<Item = P>) -> Self {
        let normalise = |prefix: P| {
            let components = prefix.as_ref().split('/').filter(|part| !part.is_empty() && *part != ".");
            components.collect::<Vec<_>>().join("/")
        };
        let prefixes: Vec<_> = prefixes.into_iter().map(normalise).collect();
        Self { prefixes: (!prefixes.iter().any(String::is_empty)).then_some(prefixes) }
    }

    /// Whether what is called so is kept.
    pub(crate) fn covers(&self, path: &RelativePath) -> bool {
        self.prefixes.is_none() || self.matching(path.as_bytes()).is_some()
    }

    /// Whether something that is kept may lie below a path that is not.
    pub(crate) fn leads_to(&self, path: &RelativePath) -> bool {
        let below = |prefix: &String| {
            path.is_root() || rest(prefix.as_bytes(), path.as_bytes()).is_some_and(|rest| !rest.is_empty())
        };
        self.prefixes.as_ref().is_none_or(|prefixes| prefixes.iter().any(below))
    }

    /// The beginning of a path that would be kept if it stood at the root: `my-bundle/manifests` of
    /// `my-bundle/manifests/a.yaml`.
    pub(crate) fn misplaced<'p>(&self, path: &'p RelativePath) -> Option<&'p [u8]> {
        let path = path.as_bytes();
        let starts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(slash, _)| slash + 1);
        starts.into_iter().find_map(|start| {
            let prefix = self.matching(path.get(start..)?)?;
            path.get(..start + prefix.len())
        })
    }

    /// The prefixes, normalised; none where everything is kept.
    pub(crate) fn as_prefixes(&self) -> &[String] {
        self.prefixes.as_deref().unwrap_or_default()
    }

    fn matching(&self, path: &[u8]) -> Option<&String> {
        self.as_prefixes().iter().find(|prefix| rest(path, prefix.as_bytes()).is_some())
    }
}

/// What follows `prefix` in `path`, if that is nothing or begins with a slash.
fn rest<'p>(path: &'p [u8], prefix: &[u8]) -> Option<&'p [u8]> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn path(name: &str) -> RelativePath {
        RelativePath::parse(name.as_bytes()).unwrap()
    }

    #[rstest]
    #[case::itself("manifests", true)]
    #[case::below("manifests/a/b.yaml", true)]
    #[case::second_prefix("metadata/annotations.yaml", true)]
    #[case::longer_name("manifests2/a.yaml", false)]
    #[case::shorter_name("manifest", false)]
    #[case::deeper("my-bundle/manifests/a.yaml", false)]
    #[case::other_case("Manifests/a.yaml", false)]
    #[case::root("", false)]
    fn covers(#[case] name: &str, #[case] kept: bool) {
        assert_eq!(Keep::prefixes(["manifests/", "/metadata"]).covers(&path(name)), kept);
        assert!(Keep::everything().covers(&path(name)));
        assert!(Keep::prefixes([""]).covers(&path(name)));
    }

    #[rstest]
    #[case::root("", true)]
    #[case::above("a", true)]
    #[case::itself("a/b", false)]
    #[case::beside("a/c", false)]
    #[case::longer_name("a/bc", false)]
    #[case::half_a_name("a/", true)]
    #[case::other("b", false)]
    fn leads_to(#[case] name: &str, #[case] leads: bool) {
        assert_eq!(Keep::prefixes(["a/b"]).leads_to(&path(name)), leads);
    }

    #[rstest]
    #[case::one_level("my-bundle/manifests/a.yaml", Some("my-bundle/manifests"))]
    #[case::two_levels("x/y/metadata", Some("x/y/metadata"))]
    #[case::in_its_place("manifests/a.yaml", None)]
    #[case::nowhere("x/y/z", None)]
    #[case::longer_name("x/manifests2/z", None)]
    fn misplaced(#[case] name: &str, #[case] expected: Option<&str>) {
        let keep = Keep::prefixes(["manifests", "metadata"]);
        assert_eq!(keep.misplaced(&path(name)), expected.map(str::as_bytes));
    }
}
