//! The kinds of the objects.

use crate::finding::{API_VERSION_MISSING, FOREIGN_GROUP, UNSUPPORTED_KIND};
use crate::kinds::supported_kind;
use crate::report::{Located, Report, steps};

/// `CheckObjectSupport`: a bundle holds objects of certain kinds only, whatever their API group.
pub(super) fn supported(report: &mut Report<'_>, extras: &[Located<'_>]) {
    for located in extras.iter().filter(|located| supported_kind(located.object.kind()).is_none()) {
        let (name, kind) = (located.object.name(), located.object.kind());
        let message = format_args!("unsupported resource {name:?} with kind {kind:?}");
        report
            .tell(&UNSUPPORTED_KIND, &located.place(), &steps!["kind"], message)
            .hint("a registry+v1 bundle may not hold it; let the operator create it");
    }
}

/// An object has an API version, and one of a supported kind is of the group that the kind is known from. The reference
/// looks at neither.
pub(crate) fn api_version(report: &mut Report<'_>, located: &Located<'_>) {
    let (kind, group) = (located.object.kind(), located.object.group());
    if located.object.api_version().is_empty() {
        report
            .tell(&API_VERSION_MISSING, &located.place(), &steps!["kind"], "has no apiVersion")
            .hint("no API server takes it like this");
        return;
    }
    let Some(known) = supported_kind(kind).filter(|known| known.group != group) else { return };
    let shown =
        |group: &str| if group.is_empty() { "the core group".into() } else { format!("group {group}") };
    let message = format_args!("{kind} of {} is treated like {kind} of {}", shown(group), shown(known.group));
    report.tell(&FOREIGN_GROUP, &located.place(), &steps!["apiVersion"], message);
}
