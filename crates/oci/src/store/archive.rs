//! Archives whose entries are read by position.
//!
//! In: a tar archive, plain or compressed. Out: where its files lie. The archive is read once to learn that; one that is
//! compressed, or comes from a pipe, is first copied to a temporary file that has no name.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rukpak_tree::{Decompress, Entry, EntryKind, Limits, ShownPath, TreeError, read_archive};

use super::error::StoreError;
use super::files::{Stored, describe};

/// Files and links of an archive.
const FILES: u64 = 100_000;

/// Bytes of a name that is remembered. What an image is made of has names of a third of this.
const NAME_BYTES: usize = 512;

/// Links that are followed to a file.
const HOPS: usize = 8;

/// How archives are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Where a compressed archive is copied to, decompressed; the system's directory for temporary files where it is
    /// `None`. The file has no name, and is gone with the store.
    pub temporary: Option<PathBuf>,
    /// Bounds on what is decompressed: its ratio, its window, and, as [`Limits::skipped_bytes`], how much it is.
    pub limits: Limits,
}

/// An archive, and where its files lie.
pub(super) struct Archive {
    file: Arc<File>,
    places: HashMap<Vec<u8>, Place>,
}

enum Place {
    File {
        offset: u64,
        size: u64,
    },
    /// The name of another entry.
    Link(Vec<u8>),
}

impl Archive {
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, StoreError> {
        let shown = || ShownPath::of_host(path);
        let open = |source| StoreError::Open { path: shown(), source };
        let mut input = File::open(path).map_err(open)?;
        let kind = input.metadata().map_err(open)?.file_type();
        if kind.is_dir() {
            let got = describe(kind);
            return Err(StoreError::Kind { path: shown(), got, expected: "an archive" });
        }
        let mut content = Decompress::new(&input, &options.limits)
            .map_err(|source| StoreError::Read { path: shown(), source })?;
        if !kind.is_file() || content.compression().is_some() {
            let spooled = spool(&mut content, &shown(), options)?;
            input = spooled;
        }
        let places = index(&mut input, &options.limits)
            .map_err(|source| StoreError::Archive { path: shown(), source })?;
        Ok(Self { file: Arc::new(input), places })
    }

    /// The file of this name, if there is one.
    pub(super) fn file(&self, name: &[u8]) -> Option<Stored> {
        let mut place = self.places.get(name)?;
        for _ in 0..HOPS {
            match place {
                Place::File { offset, size } => {
                    return Some(Stored::new(Arc::clone(&self.file), *offset, *size));
                }
                Place::Link(target) => place = self.places.get(target)?,
            }
        }
        None
    }
}

/// Copies an archive to a file that can be read by position.
fn spool(
    content: &mut Decompress<impl io::Read>,
    path: &ShownPath,
    options: &ReadOptions,
) -> Result<File, StoreError> {
    let fail = |source| StoreError::Spool { path: path.clone(), source };
    let mut file = match &options.temporary {
        Some(directory) => tempfile::tempfile_in(directory),
        None => tempfile::tempfile(),
    }
    .map_err(fail)?;
    let limit = options.limits.skipped_bytes;
    let copied = io::copy(&mut content.take(limit.saturating_add(1)), &mut file).map_err(fail)?;
    if copied > limit {
        return Err(StoreError::TooLarge { path: path.clone(), what: ShownPath::new("the content"), limit });
    }
    Ok(file)
}

/// Notes where the files of an archive lie, which must not be compressed (any more).
fn index(file: &mut File, limits: &Limits) -> Result<HashMap<Vec<u8>, Place>, TreeError> {
    let start = |source| TreeError::ReadInput { source };
    file.rewind().map_err(start)?;
    if let Some(format) = Decompress::new(&*file, limits).map_err(start)?.compression() {
        return Err(TreeError::NotATar { got: format!("{format} in a compressed stream") });
    }
    file.rewind().map_err(start)?;
    let (mut places, mut files) = (HashMap::new(), 0_u64);
    read_archive(&*file, limits, |entry| {
        let Some(place) = place(entry) else { return Ok(()) };
        files += 1;
        if files > FILES {
            return Err(TreeError::TooManyFiles { path: entry.path().into(), limit: FILES });
        }
        let name = entry.path().as_bytes();
        if name.len() <= NAME_BYTES {
            places.insert(name.to_owned(), place);
        }
        Ok(())
    })?;
    Ok(places)
}

fn place(entry: &Entry<'_>) -> Option<Place> {
    match entry.kind() {
        // The data of a sparse file is not its content.
        EntryKind::File if entry.stored() == entry.size() => {
            Some(Place::File { offset: entry.data_offset(), size: entry.size() })
        }
        EntryKind::Symlink(target) => {
            let path = entry.path().as_bytes();
            let parent = path.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
            Some(Place::Link(follow(path.get(..parent).unwrap_or_default(), target)?))
        }
        // Seen from the root, whether there is a slash or not.
        EntryKind::HardLink(target) => Some(Place::Link(follow(b"", target)?)),
        _ => None,
    }
}

/// The path that a symbolic link leads to, seen from its directory. `None` where it leaves the archive, or is long.
fn follow(directory: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    if target.len() > NAME_BYTES || directory.len() > NAME_BYTES {
        return None;
    }
    let directory = if target.starts_with(b"/") { b"" } else { directory };
    let mut path = vec![];
    for component in directory.split(|byte| *byte == b'/').chain(target.split(|byte| *byte == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => drop(path.pop()?),
            component => path.push(component),
        }
    }
    Some(path.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::beside("a", "layer.tar", Some("a/layer.tar"))]
    #[case::up("a", "../b/layer.tar", Some("b/layer.tar"))]
    #[case::from_the_root("", "b", Some("b"))]
    #[case::absolute("a", "/b", Some("b"))]
    #[case::outside("a", "../../etc/passwd", None)]
    #[case::outside_and_back("a", "../../a/b", None)]
    fn links(#[case] directory: &str, #[case] target: &str, #[case] expected: Option<&str>) {
        let path = follow(directory.as_bytes(), target.as_bytes());
        assert_eq!(path.as_deref(), expected.map(str::as_bytes));
    }
}
