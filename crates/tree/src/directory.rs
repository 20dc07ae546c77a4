//! Reading a directory of the host, and writing one ([`write`]).
//!
//! Only folders that are kept, or lie above one that is, are listed, and only kept files are opened. Symbolic links are
//! never opened: their targets are read, and followed within the tree.

#[cfg(test)]
mod tests;
mod write;

use std::ffi::OsString;
use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

pub use write::NewDirectory;
pub(crate) use write::write;

use crate::assembly::Assembly;
use crate::skipped::remember;
use crate::{FileTree, Keep, Limits, LinkFault, RelativePath, ShownPath, TreeError};

/// Reads the kept folders below `root`.
pub(crate) fn read(root: &Path, keep: &Keep, limits: &Limits) -> Result<FileTree, TreeError> {
    expect_directory(root)?;
    let mut walk =
        Walk { root, assembly: Assembly::new(keep, limits), pending: vec![RelativePath::default()] };
    while let Some(directory) = walk.pending.pop() {
        for (name, file_type) in walk.list(&directory)? {
            walk.visit(&directory, &name, file_type)?;
        }
    }
    walk.look_for_misplaced();
    walk.assembly.finish()
}

/// Makes sure that there is a directory.
fn expect_directory(path: &Path) -> Result<(), TreeError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(TreeError::NotADirectory { path: ShownPath::of_host(path) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(TreeError::NoDirectory { path: ShownPath::of_host(path) })
        }
        Err(source) => Err(TreeError::ReadDirectory { path: ShownPath::of_host(path), source }),
    }
}

struct Walk<'a> {
    root: &'a Path,
    assembly: Assembly<'a>,
    /// Directories that are still to be listed.
    pending: Vec<RelativePath>,
}

impl Walk<'_> {
    /// What a directory holds that is kept or leads to it, sorted; counts the rest.
    fn list(&mut self, directory: &RelativePath) -> Result<Vec<(OsString, FileType)>, TreeError> {
        let on_host = self.on_host(directory);
        let fail = |source| TreeError::ReadDirectory { path: ShownPath::of_host(&on_host), source };
        let most = self.assembly.limits().files.saturating_mul(2);
        let mut listed = Vec::new();
        for entry in fs::read_dir(&on_host).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let path = directory.join(name.as_encoded_bytes());
            if self.assembly.keep().covers(&path) || self.assembly.keep().leads_to(&path) {
                listed.push((name, entry.file_type().map_err(fail)?));
            } else {
                self.assembly.skip(&path, 0)?;
            }
            // Either the files or the directories among them are too many, as their visit will say.
            if listed.len() as u64 > most {
                break;
            }
        }
        listed.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(listed)
    }

    fn visit(
        &mut self,
        directory: &RelativePath,
        name: &OsString,
        file_type: FileType,
    ) -> Result<(), TreeError> {
        let path = directory.join(name.as_encoded_bytes());
        let on_host = self.on_host(directory).join(name);
        if !self.assembly.keep().covers(&path) {
            if file_type.is_dir() {
                self.pending.push(path);
                return Ok(());
            }
            return self.assembly.skip(&path, 0);
        }
        let kept = self.assembly.admit(path.clone())?;
        if file_type.is_dir() {
            self.assembly.directory(kept)?;
            self.pending.push(path);
            Ok(())
        } else if file_type.is_symlink() {
            self.symlink(kept, &on_host)
        } else if file_type.is_file() {
            self.file(kept, &on_host)
        } else {
            Err(TreeError::Kind { path: ShownPath::new(kept), kind: kind_of(file_type) })
        }
    }

    fn file(&mut self, path: String, on_host: &Path) -> Result<(), TreeError> {
        let fail = |source| TreeError::ReadFile { path: ShownPath::of_host(on_host), source };
        let file = File::open(on_host).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        if !metadata.is_file() {
            // It was one when the directory was listed.
            return Err(TreeError::Kind { path: ShownPath::new(path), kind: kind_of(metadata.file_type()) });
        }
        self.assembly.file(path, metadata.len(), |room| {
            let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
            // The file may grow while it is read.
            file.take(room.saturating_add(1)).read_to_end(&mut content).map_err(fail)?;
            Ok(content)
        })
    }

    fn symlink(&mut self, path: String, on_host: &Path) -> Result<(), TreeError> {
        let target = fs::read_link(on_host)
            .map_err(|source| TreeError::ReadFile { path: ShownPath::of_host(on_host), source })?;
        if target.is_relative() {
            return self.assembly.symlink(path, target.into_os_string().into_encoded_bytes());
        }
        // The tree's root is where the directory lies on the host, by its given or its real path.
        let real_root = fs::canonicalize(self.root).unwrap_or_else(|_| self.root.to_owned());
        let inside = target.strip_prefix(self.root).or_else(|_| target.strip_prefix(&real_root));
        match inside {
            Ok(inside) => {
                let mut from_root = b"/".to_vec();
                from_root.extend_from_slice(inside.as_os_str().as_encoded_bytes());
                self.assembly.symlink(path, from_root)
            }
            Err(_) => Err(TreeError::Link {
                path: ShownPath::new(path),
                target: ShownPath::of_host(&target),
                fault: LinkFault::LeavesTree,
            }),
        }
    }

    /// Looks whether the folders to keep lie one level deeper, for whoever gave the directory above the right one.
    fn look_for_misplaced(&mut self) {
        let keep = self.assembly.keep();
        let skipped = self.assembly.skipped_mut();
        for name in skipped.top_level.clone() {
            for prefix in keep.as_prefixes() {
                let folder = Path::new(&name).join(prefix);
                if fs::symlink_metadata(self.root.join(&folder)).is_ok_and(|metadata| metadata.is_dir()) {
                    remember(&mut skipped.misplaced, folder.as_os_str().as_encoded_bytes());
                }
            }
        }
    }

    fn on_host(&self, path: &RelativePath) -> PathBuf {
        // A name of a kept file is UTF-8 by the time it is opened; one above it is a prefix to keep, which is text.
        self.root.join(String::from_utf8_lossy(path.as_bytes()).as_ref())
    }
}

/// What is neither a file, a directory nor a link.
fn kind_of(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if file_type.is_fifo() {
            return "a fifo";
        } else if file_type.is_socket() {
            return "a socket";
        } else if file_type.is_char_device() {
            return "a character device";
        } else if file_type.is_block_device() {
            return "a block device";
        }
    }
    if file_type.is_dir() { "a directory" } else { "a special file" }
}
