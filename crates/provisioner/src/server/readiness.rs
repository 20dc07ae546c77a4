//! What a process waits for before it is ready.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is waited for, by name. A clone is a handle on the same.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<&'static str, State>>>);

/// One thing that is waited for.
#[derive(Debug, Clone)]
pub struct Check {
    name: &'static str,
    readiness: Readiness,
}

#[derive(Debug, Clone)]
enum State {
    Ready,
    Waiting(String),
}

impl Readiness {
    /// Begins to wait for something.
    #[must_use]
    pub fn check(&self, name: &'static str, reason: impl Into<String>) -> Check {
        let check = Check { name, readiness: self.clone() };
        check.waiting(reason);
        check
    }

    /// Whether nothing is waited for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.states().values().all(|state| matches!(state, State::Ready))
    }

    /// What is waited for, a line each; nothing where all is there.
    pub(super) fn waiting(&self) -> String {
        let mut lines = String::new();
        for (name, state) in &*self.states() {
            if let State::Waiting(reason) = state {
                let _ = writeln!(lines, "{name}: {reason}");
            }
        }
        lines
    }

    /// Everything, a line each, as API servers write it.
    pub(super) fn verbose(&self) -> String {
        let mut lines = String::new();
        for (name, state) in &*self.states() {
            let _ = match state {
                State::Ready => writeln!(lines, "[+]{name} ok"),
                State::Waiting(reason) => writeln!(lines, "[-]{name}: {reason}"),
            };
        }
        lines
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<&'static str, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    /// It is there.
    pub fn ready(&self) {
        self.readiness.states().insert(self.name, State::Ready);
    }

    /// It is not, or not any more, for a reason that stands in one line.
    pub fn waiting(&self, reason: impl Into<String>) {
        let reason = reason.into().replace('\n', " ");
        self.readiness.states().insert(self.name, State::Waiting(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_nothing_is_waited_for() {
        let readiness = Readiness::default();
        assert!(readiness.is_ready());
        let definition = readiness.check("definition", "BundleDeployment is not served");
        let watches = readiness.clone().check("watches", "not connected");
        definition.ready();
        assert_eq!(readiness.waiting(), "watches: not connected\n");
        assert!(!readiness.is_ready());
        watches.ready();
        assert!(readiness.is_ready());
        watches.waiting("cut off:\nby peer");
        assert_eq!(readiness.verbose(), "[+]definition ok\n[-]watches: cut off: by peer\n");
    }
}
