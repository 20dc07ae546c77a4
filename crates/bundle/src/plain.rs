//! The plain format, `plain+v0`: objects in `manifests/` that are applied as they are.

use rukpak_manifest::Object;

use crate::annotations;
use crate::finding::MANIFESTS_EMPTY;
use crate::manifests::{self, Manifests};
use crate::report::{Located, Report};
use crate::validate;

/// A plain bundle. Only reading one that has no errors makes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plain {
    /// Its objects, at least one, in the order of the files' names and of the documents in each.
    pub objects: Vec<Object>,
}

/// Makes the bundle of what `manifests/` holds; `None` where there is an error.
pub(crate) fn read(report: &mut Report<'_>, manifests: Manifests<'_>) -> Option<Plain> {
    let Manifests { objects, complete, is_empty, budget: _ } = manifests;
    if objects.is_empty() && complete {
        let message = "found zero objects: plain+v0 bundles are required to contain at least one object";
        let told = report.tell_file(&MANIFESTS_EMPTY, manifests::DIRECTORY, None, message);
        if is_empty {
            told.hint("the directory is empty; of a git repository submodules are not fetched");
        }
    }
    annotations::check_plain(report);
    validate::plain(report, &objects);
    (!report.has_errors()).then(|| Plain { objects: objects.into_iter().map(Located::into_object).collect() })
}
