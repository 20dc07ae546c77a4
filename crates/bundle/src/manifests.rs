//! The files of `manifests/` as objects.
//!
//! Every file counts, whatever it is called; directories are not allowed (operator-controller's `source.go`, rukpak's
//! `plain.go`). A file that cannot be read is one finding, and the others are read all the same.

use std::collections::BTreeSet;

use rukpak_manifest::{Note, read_objects};
use rukpak_tree::FileTree;

use crate::finding::{Finding, MANIFEST_UNREADABLE, MANIFESTS_MISSING, READER_NOTE, SUBDIRECTORY};
use crate::report::{Located, Report};

/// The directory, as findings name it.
pub(crate) const DIRECTORY: &str = "manifests";

/// What `manifests/` holds.
pub(crate) struct Manifests<'t> {
    /// The objects, in the order of the files' names and of the documents in each.
    pub(crate) objects: Vec<Located<'t>>,
    /// Whether everything could be read. If not, what seems to be missing may stand in what could not.
    pub(crate) complete: bool,
}

/// Reads the directory; what is wrong with it goes into the report.
pub(crate) fn read<'t>(tree: &'t FileTree, report: &mut Report<'t>) -> Manifests<'t> {
    let mut manifests = Manifests { objects: Vec::new(), complete: true };
    if !tree.has_directory(DIRECTORY) {
        report.push(missing(tree));
        manifests.complete = false;
        return manifests;
    }
    let mut subdirectories = BTreeSet::new();
    for (file, bytes) in tree.files_under(DIRECTORY) {
        let name = file.strip_prefix("manifests/").unwrap_or(file);
        match name.split_once('/') {
            Some((subdirectory, _)) => drop(subdirectories.insert(subdirectory)),
            None => manifests.read_file(report, file, bytes),
        }
    }
    for subdirectory in subdirectories {
        manifests.complete = false;
        let path = format!("{DIRECTORY}/{subdirectory}");
        report.push(
            Finding::in_file(&SUBDIRECTORY, &path, "subdirectories are not allowed in manifests/")
                .hint("move its files to manifests/"),
        );
    }
    manifests
}

impl<'t> Manifests<'t> {
    fn read_file(&mut self, report: &mut Report<'t>, file: &'t str, bytes: &[u8]) {
        match read_objects(bytes) {
            Ok((objects, notes)) => {
                let located = objects.into_iter().map(|read| Located {
                    file,
                    origin: read.origin,
                    object: read.object,
                });
                self.objects.extend(located);
                for Note { position, message } in notes {
                    let finding = Finding::in_file(&READER_NOTE, file, message);
                    report.push(Finding { position: Some(position), ..finding });
                }
            }
            Err(error) => {
                self.complete = false;
                let message = format!("document {} cannot be read: {}", error.document, error.message);
                let finding = Finding::in_file(&MANIFEST_UNREADABLE, file, message);
                report.push(Finding { position: Some(error.position), ..finding });
            }
        }
    }
}

fn missing(tree: &FileTree) -> Finding {
    let finding = Finding::in_file(&MANIFESTS_MISSING, DIRECTORY, "the directory is missing");
    let skipped = tree.skipped();
    let listed = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if !skipped.misplaced.is_empty() {
        finding.hint(format!("it must stand at the root of the bundle; found {}", listed(&skipped.misplaced)))
    } else if !skipped.top_level.is_empty() {
        finding.hint(format!(
            "it must stand at the root of the bundle; found there: {}",
            listed(&skipped.top_level)
        ))
    } else {
        finding
    }
}
