//! Writing a tar archive whose bytes depend on its content alone: no times, no owners, one mode.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rukpak_tree::ShownPath;
use tar::{EntryType, Header};

use super::super::error::StoreError;
use super::temporary::{Temporary, sweep};
use crate::Digest;

const BLOCK: u64 = 512;

/// Bytes of a name that a header holds.
const NAME: usize = 100;

/// What GNU tar calls an entry that holds the name of the next.
const LONG_NAME: &str = "././@LongLink";

/// An archive that is not complete yet.
pub(super) struct Tar {
    target: PathBuf,
    temporary: Temporary,
    /// Where the next entry begins.
    end: u64,
}

impl Tar {
    /// Begins one, of which nothing has the name until it is complete. What has the name is replaced if it is a file; a link is followed.
    pub(super) fn create(target: &Path) -> Result<Self, StoreError> {
        let shown = || ShownPath::of_host(target);
        let refuse = |got| StoreError::Kind { path: shown(), got, expected: "the name of an archive" };
        let found = fs::canonicalize(target).ok();
        let target = found.as_deref().unwrap_or(target);
        match target.metadata() {
            Ok(there) if there.is_dir() => return Err(refuse("a directory")),
            Ok(there) if !there.is_file() => return Err(refuse("a pipe, a device or a socket")),
            _ => {}
        }
        let name = target.file_name().ok_or_else(|| refuse("a directory"))?;
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // The name itself may be as long as names can be.
        let digest = Digest::sha256(name.as_encoded_bytes());
        let tag = digest.hex().get(..16).unwrap_or_default();
        let create = || {
            sweep(directory, tag)?;
            Temporary::create(directory, tag)
        };
        let temporary = create().map_err(|source| StoreError::Write { path: shown(), source })?;
        Ok(Self { target: target.to_owned(), temporary, end: 0 })
    }

    pub(super) fn shown(&self) -> ShownPath {
        ShownPath::of_host(&self.target)
    }

    /// Adds a file from memory.
    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        let path = self.shown();
        self.announce(name)?;
        self.entry(|file| {
            file.write_all(content).map_err(|source| StoreError::Write { path, source })?;
            Ok((name.to_owned(), content.len() as u64))
        })
    }

    /// Adds a file that `write` writes, and then knows the name and the size of. A name of more than 100 bytes must have been
    /// announced.
    pub(super) fn entry(
        &mut self,
        write: impl FnOnce(&mut File) -> Result<(String, u64), StoreError>,
    ) -> Result<(), StoreError> {
        let path = self.shown();
        let fail = |source| StoreError::Write { path, source };
        let (start, file) = (self.end, self.temporary.file());
        if let Err(source) = file.seek(SeekFrom::Start(start.saturating_add(BLOCK))) {
            return Err(fail(source));
        }
        let (name, size) = write(file)?;
        self.end = close(file, start, &header(&name, EntryType::Regular, size), size).map_err(fail)?;
        Ok(())
    }

    /// Writes the name of the next file, if a header cannot hold it.
    pub(super) fn announce(&mut self, name: &str) -> Result<(), StoreError> {
        if name.len() <= NAME {
            return Ok(());
        }
        let (path, start) = (self.shown(), self.end);
        let content = [name.as_bytes(), b"\0"].concat();
        let size = content.len() as u64;
        let file = self.temporary.file();
        let mut write = || {
            file.seek(SeekFrom::Start(start.saturating_add(BLOCK)))?;
            file.write_all(&content)?;
            close(file, start, &header(LONG_NAME, EntryType::GNULongName, size), size)
        };
        self.end = write().map_err(|source| StoreError::Write { path, source })?;
        Ok(())
    }

    /// Writes the end of the archive, and gives it its name.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let path = self.shown();
        let end = self.end.saturating_add(2 * BLOCK);
        // The file has zeros where nothing was written.
        let finished = self.temporary.file().set_len(end).and_then(|()| self.temporary.commit(&self.target));
        finished.map_err(|source| StoreError::Write { path, source })
    }
}

/// Pads an entry that begins at `start`, writes its header, and returns where the next one begins.
fn close(file: &mut File, start: u64, header: &Header, size: u64) -> io::Result<u64> {
    let end = start.saturating_add(BLOCK).saturating_add(size.next_multiple_of(BLOCK));
    file.set_len(end)?;
    file.seek(SeekFrom::Start(start))?;
    file.write_all(header.as_bytes())?;
    Ok(end)
}

fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    for (place, byte) in header.as_old_mut().name.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}
