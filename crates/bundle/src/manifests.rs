//! The files of `manifests/` as objects.
//!
//! Every file counts, whatever it is called; directories are not allowed (operator-controller's `source.go`, rukpak's
//! `plain.go`). A file that cannot be read is one finding, and the others are read all the same.

use std::collections::BTreeSet;

use rukpak_manifest::{MAX_VALUES, Note, read_objects};
use rukpak_tree::{FileTree, Skipped};

use crate::finding::{MANIFEST_UNREADABLE, MANIFESTS_MISSING, READER_NOTE, SUBDIRECTORY};
use crate::report::{Listed, Located, Report};

/// The directory, as findings name it.
pub(crate) const DIRECTORY: &str = "manifests";

/// How a file begins that Git LFS keeps elsewhere (git-lfs, `docs/spec.md`).
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// How many objects a bundle may have. The status of whoever installed more would be larger than what an API server stores.
const MAX_OBJECTS: usize = 10_000;

/// What `manifests/` holds.
pub(crate) struct Manifests<'t> {
    /// The objects, in the order of the files' names and of the documents in each.
    pub(crate) objects: Vec<Located<'t>>,
    /// Whether everything could be read. If not, what seems to be missing may stand in what could not.
    pub(crate) complete: bool,
    /// Whether there is not one file.
    pub(crate) is_empty: bool,
    /// How many more values there may be.
    pub(crate) budget: usize,
}

/// Reads the directory; what is wrong with it goes into the report.
pub(crate) fn read<'t>(tree: &'t FileTree, report: &mut Report<'t>) -> Manifests<'t> {
    let mut manifests = Manifests { objects: Vec::new(), complete: true, is_empty: true, budget: MAX_VALUES };
    if !tree.has_directory(DIRECTORY) {
        tell_missing(report, tree);
        manifests.complete = false;
        return manifests;
    }
    let mut subdirectories: BTreeSet<_> =
        tree.directories_under(DIRECTORY).map(|path| in_manifests(path).0).collect();
    for (file, bytes) in tree.files_under(DIRECTORY) {
        manifests.is_empty = false;
        match in_manifests(file) {
            (subdirectory, Some(_)) => drop(subdirectories.insert(subdirectory)),
            (_, None) => manifests.read_file(report, file, bytes),
        }
    }
    for subdirectory in subdirectories {
        manifests.complete = false;
        let path = format!("{DIRECTORY}/{subdirectory}");
        report
            .tell_file(&SUBDIRECTORY, &path, None, "subdirectories are not allowed in manifests/")
            .hint("move its files to manifests/");
    }
    manifests
}

impl<'t> Manifests<'t> {
    fn read_file(&mut self, report: &mut Report<'t>, file: &'t str, bytes: &[u8]) {
        if bytes.starts_with(LFS_POINTER) {
            self.complete = false;
            let message = "this is a pointer of Git LFS, whose content is not fetched";
            let told = report.tell_file(&MANIFEST_UNREADABLE, file, None, message);
            return told.hint("commit the file itself: its attribute filter=lfs in .gitattributes is to go");
        }
        match read_objects(bytes, &mut self.budget) {
            Ok((objects, _)) if objects.len() > MAX_OBJECTS - self.objects.len() => {
                self.complete = false;
                let message = format_args!("with this file the bundle has more than {MAX_OBJECTS} objects");
                report.tell_file(&MANIFEST_UNREADABLE, file, None, message).hint("split the bundle");
            }
            Ok((objects, notes)) => {
                let located = objects.into_iter().map(|read| Located {
                    file,
                    origin: read.origin,
                    object: read.object,
                });
                self.objects.extend(located);
                for Note { position, message } in notes {
                    report.tell_file(&READER_NOTE, file, Some(position), message);
                }
            }
            Err(error) => {
                self.complete = false;
                let message = format_args!("document {} cannot be read: {}", error.document, error.message);
                let told = report.tell_file(&MANIFEST_UNREADABLE, file, Some(error.position), message);
                if ![".yaml", ".yml", ".json"].iter().any(|ending| file.ends_with(ending)) {
                    told.hint("every file in manifests/ is read, whatever it is called; remove it if it is no manifest");
                }
            }
        }
    }
}

/// The name of a file or directory in `manifests/`, and what follows it where the path goes on.
fn in_manifests(path: &str) -> (&str, Option<&str>) {
    let path = path.strip_prefix("manifests/").unwrap_or(path);
    path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)))
}

/// What files are that are no bundle but an image of one, in the format of a layout or of `docker save`, and how `rukpakctl` reads it.
#[must_use]
pub fn saved_image(tree: &FileTree) -> Option<&'static str> {
    let top_level = &tree.skipped().top_level;
    // What Docker saves is both, and read as either.
    if top_level.contains("oci-layout") {
        Some(
            "this looks like a container image saved to disk, which rukpakctl reads as oci:DIR or oci-archive:FILE",
        )
    } else if top_level.contains("manifest.json") {
        Some("this looks like a container image saved to disk, which rukpakctl reads as docker-archive:FILE")
    } else {
        None
    }
}

fn tell_missing(report: &mut Report<'_>, tree: &FileTree) {
    let told = report.tell_file(&MANIFESTS_MISSING, DIRECTORY, None, "the directory is missing");
    let Skipped { misplaced, top_level, .. } = tree.skipped();
    if !misplaced.is_empty() {
        told.hint(format_args!(
            "it must stand at the root of the bundle; found {}",
            Listed(misplaced.iter())
        ));
    } else if let Some(hint) = saved_image(tree) {
        told.hint(hint);
    } else if top_level.contains("Chart.yaml") {
        told.hint("this looks like a Helm chart, which is no bundle");
    } else if !top_level.is_empty() {
        told.hint(format_args!(
            "it must stand at the root of the bundle; found {}",
            Listed(top_level.iter())
        ));
    } else if tree.is_empty() {
        told.hint("the source is empty");
    }
}
