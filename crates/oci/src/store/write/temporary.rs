//! Files that are not complete yet.
//!
//! They are called `.rukpak-TAG-XXXXXX` and lie beside their target, so that a rename puts them there. One that is in use
//! is locked; what is found without a lock was left by a process that was killed, and is removed by the next one with the
//! same tag.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".rukpak-";

/// Characters behind the tag.
const RANDOM: usize = 6;

/// A file that is removed when it is dropped before it has its name.
#[derive(Debug)]
pub(super) struct Temporary(NamedTempFile);

impl Temporary {
    pub(super) fn create(directory: &Path, tag: &str) -> io::Result<Self> {
        loop {
            // What is left of this after the umask is what other files get, too.
            let file = Builder::new()
                .prefix(&format!("{PREFIX}{tag}-"))
                .rand_bytes(RANDOM)
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(directory)?;
            // Another process may have come upon it before it was locked, and removed it.
            if lock(file.as_file()) && file.as_file().metadata()?.nlink() > 0 {
                return Ok(Self(file));
            }
        }
    }

    pub(super) fn file(&mut self) -> &mut File {
        self.0.as_file_mut()
    }

    /// Gives the file its name, once it is on the disk. What had the name is replaced.
    pub(super) fn commit(self, target: &Path) -> io::Result<()> {
        self.0.as_file().sync_all()?;
        self.0.persist(target).map_err(|error| error.error)?;
        match target.parent() {
            Some(directory) => sync(directory),
            None => Ok(()),
        }
    }
}

/// Brings the names in a directory to the disk.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    File::open(directory)?.sync_all()
}

/// Whether a name is one of ours.
pub(super) fn is_temporary(name: &OsStr, tag: &str) -> bool {
    let name = name.as_encoded_bytes();
    let random = name
        .strip_prefix(PREFIX.as_bytes())
        .and_then(|rest| rest.strip_prefix(tag.as_bytes()))
        .and_then(|rest| rest.strip_prefix(b"-"));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Removes what processes left that were killed.
pub(super) fn sweep(directory: &Path, tag: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !is_temporary(&entry.file_name(), tag) {
            continue;
        }
        // It may be gone by now, or be somebody else's.
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Locks a new file. A file system that has no locks cannot tell what is in use either, so nothing is removed there.
fn lock(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn names(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn it_has_its_name_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a");
        fs::write(&target, "old").unwrap();
        let mut temporary = Temporary::create(directory.path(), "x").unwrap();
        io::Write::write_all(temporary.file(), b"new").unwrap();
        assert_eq!((names(directory.path()), fs::read(&target).unwrap()), (2, b"old".to_vec()));
        temporary.commit(&target).unwrap();
        assert_eq!((names(directory.path()), fs::read(&target).unwrap()), (1, b"new".to_vec()));
        let fresh = directory.path().join("b");
        fs::write(&fresh, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode();
        assert_eq!(mode(&target), mode(&fresh));
    }

    #[test]
    fn it_is_gone_when_it_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        drop(Temporary::create(directory.path(), "x").unwrap());
        assert_eq!(names(directory.path()), 0);
    }

    #[test]
    fn only_what_nobody_uses_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let used = Temporary::create(directory.path(), "x").unwrap();
        let (_, left) = Temporary::create(directory.path(), "x").unwrap().0.keep().unwrap();
        let (_, of_another) = Temporary::create(directory.path(), "y").unwrap().0.keep().unwrap();
        fs::create_dir(directory.path().join(".rukpak-x-abcdef")).unwrap();
        sweep(directory.path(), "x").unwrap();
        assert!(!left.exists() && of_another.exists() && used.0.path().exists());
        assert_eq!(names(directory.path()), 3);
    }

    #[rstest]
    #[case(".rukpak-x-aB3xyz", true)]
    #[case(".rukpak-x-aB3xyz4", false)]
    #[case(".rukpak-x-aB3.yz", false)]
    #[case(".rukpak-x1-aB3xyz", false)]
    #[case(".rukpak-notes", false)]
    fn ours(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_temporary(OsStr::new(name), "x"), expected);
    }
}
