//! The tree itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Bound;
use std::path::Path;

use crate::archive::{self, read_archive};
use crate::assembly::Assembly;
use crate::{Keep, Limits, RelativePath, Skipped, TreeError, directory};

/// Files in memory, by their paths, in the order of the paths' bytes.
///
/// A path is relative, UTF-8, its components joined by `/`, none of them empty, `.` or `..`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileTree {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Directories that the input names; those that only a file's path implies are not among them.
    pub(crate) directories: BTreeSet<String>,
    pub(crate) skipped: Skipped,
}

impl FileTree {
    /// Reads the kept folders of a directory. Its other folders are not opened.
    ///
    /// A symbolic link with an absolute target is followed where that lies in the directory.
    pub fn from_directory(root: &Path, keep: &Keep, limits: &Limits) -> Result<Self, TreeError> {
        directory::read(root, keep, limits)
    }

    /// Reads the kept folders of a tar archive, plain or compressed, as [`read_archive`] reads it.
    pub fn from_archive(input: impl Read, keep: &Keep, limits: &Limits) -> Result<Self, TreeError> {
        let mut assembly = Assembly::new(keep, limits);
        read_archive(input, limits, |entry| archive::add(&mut assembly, entry))?;
        assembly.finish()
    }

    /// Takes files that are in memory already. The names follow the rules of an archive's.
    pub fn from_files<P, C>(
        files: impl IntoIterator<Item = (P, C)>,
        limits: &Limits,
    ) -> Result<Self, TreeError>
    where
        P: AsRef<str>,
        C: Into<Vec<u8>>,
    {
        let keep = Keep::everything();
        let mut assembly = Assembly::new(&keep, limits);
        for (path, content) in files {
            let path = assembly.admit(RelativePath::parse(path.as_ref().as_bytes())?)?;
            let content = content.into();
            assembly.file(path, content.len() as u64, |_| Ok(content))?;
        }
        assembly.finish()
    }

    /// This tree with another account of what its input held beside it: one that was stored and is read back keeps the
    /// hints of its source.
    #[must_use]
    pub fn with_skipped(self, skipped: Skipped) -> Self {
        Self { skipped, ..self }
    }

    /// Writes a tar archive, the same bytes for the same files and directories.
    ///
    /// It has every directory, named by the input or implied by a path, before what lies in it. Modes are 0644 and 0755;
    /// there are neither times nor owners. Long names are GNU tar's.
    ///
    /// Reading it back gives the same files and directories, of which those that were only implied are now named. What was skipped is not written: see [`with_skipped`](Self::with_skipped).
    pub fn write_tar(&self, out: impl Write) -> io::Result<()> {
        archive::write(self, out)
    }

    /// Writes a directory of the host, whole or not at all.
    ///
    /// It must be absent or empty, and the directory in which it lies must exist. Everything is written into a hidden
    /// directory beside it before that takes its place. Files have mode 0644 and directories 0755, less
    /// the process's umask.
    ///
    /// Nothing is left behind after an error. What a run leaves that is killed, the next one for the same directory
    /// removes. Of two at the same time one gets [`TreeError::BeingWritten`].
    pub fn write_directory(&self, directory: &Path) -> Result<(), TreeError> {
        directory::write(self, directory)
    }

    /// The content of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// All files below a directory at any depth, with their whole paths, sorted by path.
    pub fn files_under(&self, directory: &str) -> impl Iterator<Item = (&str, &[u8])> {
        below(directory, |from, to| self.files.range::<str, _>((from, to)))
            .map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// Whether a directory is there, be it empty. The root, the empty path, always is.
    #[must_use]
    pub fn has_directory(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty()
            || self.directories.contains(path)
            || self.files_under(path).next().is_some()
            || below(path, |from, to| self.directories.range::<str, _>((from, to))).next().is_some()
    }

    /// The directories below a directory at any depth that the input names, be they empty, with their whole paths, sorted.
    /// Those that only the path of a file implies are not among them.
    pub fn directories_under(&self, directory: &str) -> impl Iterator<Item = &str> {
        below(directory, |from, to| self.directories.range::<str, _>((from, to))).map(String::as_str)
    }

    /// All directories, named by the input or implied by a path, each before what lies in it.
    pub(crate) fn all_directories(&self) -> BTreeSet<&str> {
        let paths = self.files.keys().chain(&self.directories);
        let implied =
            paths.flat_map(|path| path.match_indices('/').filter_map(|(slash, _)| path.get(..slash)));
        implied.chain(self.directories.iter().map(String::as_str)).collect()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the input held beside these files.
    #[must_use]
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }
}

/// Asks a sorted collection for the range of all paths that begin with `directory/`.
pub(crate) fn below<T>(directory: &str, range: impl FnOnce(Bound<&str>, Bound<&str>) -> T) -> T {
    let directory = directory.trim_end_matches('/');
    if directory.is_empty() {
        return range(Bound::Unbounded, Bound::Unbounded);
    }
    // `0` is the character after `/`.
    range(Bound::Excluded(&format!("{directory}/")), Bound::Excluded(&format!("{directory}0")))
}

impl fmt::Debug for FileTree {
    /// Paths and sizes; the contents would be megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: BTreeMap<_, _> = self.files.iter().map(|(path, content)| (path, content.len())).collect();
        let Self { files: _, directories, skipped } = self;
        f.debug_struct("FileTree")
            .field("files", &sizes)
            .field("directories", directories)
            .field("skipped", skipped)
            .finish()
    }
}
