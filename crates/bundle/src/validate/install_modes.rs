//! Install modes.

use crate::csv::read::Draft;
use crate::finding::INSTALL_MODE_MISSING;
use crate::report::{Report, steps};

/// A bundle supports at least one install mode. The reference wants one of the three that it can install; here
/// `MultiNamespace` will do as well.
pub(super) fn some_supported(report: &mut Report<'_>, draft: &Draft<'_>) {
    if draft.csv.install_modes.is_empty() {
        let message = "bundle must support at least one of the install modes \
                       [AllNamespaces MultiNamespace OwnNamespace SingleNamespace]";
        report
            .tell(&INSTALL_MODE_MISSING, &draft.place, &steps!["spec", "installModes"], message)
            .hint("set supported: true for the install modes that the operator can work in");
    }
}
