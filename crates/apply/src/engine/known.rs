//! What is known of objects without asking for them.

use rukpak_manifest::Object;

use crate::probe::{Health, Probes};
use crate::{ObjectId, Planned};

/// Knows objects from before, and whether they are still the same. Whoever watches a cluster implements it
/// ([`Watches::known`](crate::watch::Watches::known)).
///
/// What was found out about an object holds for one state of it (its UID and resource version) and one plan of it (its digest). An
/// answer may be behind by what the watch has not told yet, and then an event follows.
pub trait Known: Send + Sync {
    /// Whether an object is in the state in which it was found to be as it is planned, or is gone from there because it was done.
    fn is_settled(&self, planned: &Planned) -> bool;

    /// Whether an object was found or made as it is planned now, or was used as it is by this plan, whatever has become of it.
    fn was_as_planned(&self, planned: &Planned) -> bool;

    /// How an object is doing, if it is in a state in which that was seen, or was a moment ago.
    fn health(&self, planned: &Planned, probes: &Probes) -> Option<Health>;

    /// Takes note of an object that was read, if nothing of it but its status is new since it was found to be as it is planned.
    /// Whether that is so.
    fn recognise(&self, planned: &Planned, live: &Object) -> bool;

    /// Takes note of an object that is as it is planned.
    fn record(&self, planned: &Planned, live: &Object);

    /// Takes note of an object that is another's, and used as it is.
    fn uses(&self, planned: &Planned);

    /// Takes note of an object that is not planned any more.
    fn forget(&self, id: &ObjectId);
}

/// Nothing is known.
impl Known for () {
    fn is_settled(&self, _: &Planned) -> bool {
        false
    }

    fn was_as_planned(&self, _: &Planned) -> bool {
        false
    }

    fn health(&self, _: &Planned, _: &Probes) -> Option<Health> {
        None
    }

    fn recognise(&self, _: &Planned, _: &Object) -> bool {
        false
    }

    fn record(&self, _: &Planned, _: &Object) {}

    fn uses(&self, _: &Planned) {}

    fn forget(&self, _: &ObjectId) {}
}
