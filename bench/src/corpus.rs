//! The files to measure with, in memory before any clock starts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Every YAML and JSON file under a folder, in the order of the paths.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// The files.
    pub(crate) files: Vec<SourceFile>,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its content.
    pub(crate) text: String,
}

impl Corpus {
    /// Reads every file under a folder whose name ends in `.yaml`, `.yml` or `.json`.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for path in paths_under(folder)? {
            if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                files.push(SourceFile { path, text });
            }
        }
        ensure!(!files.is_empty(), "no YAML file under {}", folder.display());
        Ok(Self { files })
    }

    /// The size of all files, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// What the figures were taken over, for the report.
    pub(crate) fn describe(&self, examples: bool) -> String {
        let (count, bytes) = (self.files.len(), self.bytes() as f64);
        let size = if bytes < 1e6 {
            format!("{count} files, {:.1} kB", bytes / 1e3)
        } else {
            format!("{count} files, {:.1} MB (10^6 bytes)", bytes / 1e6)
        };
        if examples {
            format!(
                "the bundles in `examples/`, {size}. **There was no corpus of real bundles** (`RUKPAK_CORPUS`), so the \
                 figures say little: they are of a few small files."
            )
        } else {
            format!("the real bundles in `$RUKPAK_CORPUS/bundles`, {size}")
        }
    }
}

impl SourceFile {
    /// The documents of the file, separated as apimachinery's reader does: at lines that begin with `---`. Documents of
    /// nothing but comments are left out.
    pub(crate) fn documents(&self) -> Vec<&str> {
        let mut documents = Vec::new();
        let mut start = 0;
        let mut offset = 0;
        for line in self.text.split_inclusive('\n') {
            let end = offset + line.len();
            if line.starts_with("---") {
                documents.extend(self.text.get(start..offset));
                start = end;
            }
            offset = end;
        }
        documents.extend(self.text.get(start..));
        documents.retain(|document| document.lines().any(is_content));
        documents
    }
}

/// Whether a line holds more than blanks and a comment.
fn is_content(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

/// The folders at or under a folder that hold a bundle, which is to say a folder `manifests`, in the order of the paths.
pub(crate) fn bundle_folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = paths_under(folder)?
        .iter()
        .flat_map(|path| path.ancestors())
        .filter(|ancestor| ancestor.ends_with("manifests"))
        .filter_map(Path::parent)
        .map(Path::to_path_buf)
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// The size of all files under a folder, in bytes.
pub(crate) fn size_of(folder: &Path) -> Result<u64> {
    paths_under(folder)?.iter().map(|path| Ok(fs::metadata(path)?.len())).sum()
}

/// Every file under a folder, sorted.
fn paths_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_end_at_separator_lines() {
        let text = "# head\n---\na: 1\n--- # next\nb: |\n  ---\n---\n# nothing\n---\nc: 3".to_owned();
        let file = SourceFile { path: PathBuf::new(), text };
        assert_eq!(file.documents(), ["a: 1\n", "b: |\n  ---\n", "c: 3"]);
    }
}
