//! Whether a Lease is held.

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Term {
    Not,
    Until(Instant),
    Always,
}

/// What the contender knows.
#[derive(Debug)]
pub(super) struct Standing(watch::Sender<Term>);

/// Whether this process may write. A clone says the same. It is not only told of a loss: it sees by the clock that nobody has
/// renewed the Lease, even if whoever should have done so is stuck.
#[derive(Debug, Clone)]
pub struct Held(watch::Receiver<Term>);

impl Default for Standing {
    fn default() -> Self {
        Self(watch::Sender::new(Term::Not))
    }
}

impl Standing {
    pub(super) fn held(&self) -> Held {
        Held(self.0.subscribe())
    }

    /// It is held until then. Whether that is new.
    pub(super) fn hold(&self, until: Instant) -> bool {
        let before = self.0.send_replace(Term::Until(until));
        !before.is_now()
    }

    /// It is not held any more. Whether that is new.
    pub(super) fn lose(&self) -> bool {
        self.0.send_replace(Term::Not) != Term::Not
    }
}

impl Term {
    fn is_now(self) -> bool {
        match self {
            Self::Not => false,
            Self::Until(until) => Instant::now() < until,
            Self::Always => true,
        }
    }
}

impl Held {
    /// For ever: of a process that contends with nobody.
    #[must_use]
    pub fn always() -> Self {
        Self(watch::Sender::new(Term::Always).subscribe())
    }

    /// Whether it is held now. To be asked before each write.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.borrow().is_now()
    }

    /// Waits until it is held; for ever where that can never be.
    pub async fn acquired(&self) {
        let mut told = self.0.clone();
        while !told.borrow_and_update().is_now() {
            if told.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until it is not held.
    pub async fn lost(&self) {
        let mut told = self.0.clone();
        loop {
            let term = *told.borrow_and_update();
            let end = async {
                match term {
                    Term::Not => {}
                    Term::Until(until) => sleep_until(until).await,
                    Term::Always => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end => return,
                Ok(()) = told.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use tokio::time::timeout;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_ends_by_the_clock_though_nobody_says_so() {
        let standing = Standing::default();
        let held = standing.held();
        assert!(standing.hold(Instant::now() + 10 * SECOND));
        assert!(held.is_held());
        assert!(timeout(9 * SECOND, held.lost()).await.is_err());
        timeout(2 * SECOND, held.lost()).await.unwrap();
        assert!(!held.is_held());
        // The same holder again: that is news.
        assert!(standing.hold(Instant::now() + SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_as_long_as_it_is_renewed() {
        let standing = Standing::default();
        let held = standing.held();
        standing.hold(Instant::now() + 10 * SECOND);
        let lost = tokio::spawn(async move { held.lost().await });
        tokio::time::sleep(5 * SECOND).await;
        assert!(!standing.hold(Instant::now() + 10 * SECOND));
        tokio::time::sleep(9 * SECOND).await;
        assert!(!lost.is_finished());
        assert!(standing.lose());
        timeout(SECOND, lost).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_contender_is_gone() {
        let standing = Standing::default();
        let held = standing.held();
        standing.hold(Instant::now() + SECOND);
        drop(standing);
        assert!(held.is_held());
        timeout(2 * SECOND, held.lost()).await.unwrap();
        assert!(timeout(SECOND, held.acquired()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn without_contenders_it_is_held_for_ever() {
        let held = Held::always();
        held.acquired().await;
        assert!(timeout(1000 * SECOND, held.lost()).await.is_err());
        assert!(held.is_held());
    }
}
