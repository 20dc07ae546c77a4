//! Saying what is waited for, while it is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rukpak_apply::Shown;
use rukpak_apply::engine::{Event, Observer};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::metrics::Metrics;
use crate::report::Report;
use crate::writer::Writer;

/// How often what is waited for is reported.
const EVERY: Duration = Duration::from_secs(2);

/// What is waited for now, and a count of what is done.
pub(super) struct Waits<'a> {
    waits: Mutex<Option<String>>,
    metrics: &'a Metrics,
}

impl<'a> Waits<'a> {
    pub(super) fn new(metrics: &'a Metrics) -> Self {
        Self { waits: Mutex::default(), metrics }
    }
}

impl Observer for Waits<'_> {
    fn event(&self, event: Event<'_>) {
        let waits = match event {
            Event::Waiting(id, why) => Some(format!("{}: {why}", Shown(id))),
            Event::Object(_, done) => return self.metrics.written_by(done),
            _ => return,
        };
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = waits;
    }
}

/// Does something, and reports what it waits for where that takes its time.
pub(super) async fn with_progress<T>(
    writer: &Writer,
    tell: fn(&mut Report, &str),
    waits: &Waits<'_>,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => {}
        }
        let news = waits.waits.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(news) = news {
            // Whoever writes the status at the same time is waited for; so the work has to go on meanwhile.
            let told = writer.tell(|report| tell(report, &news));
            tokio::select! {
                done = &mut work => return done,
                told = told => if let Err(error) = told {
                    tracing::debug!(%error, "what is waited for could not be reported");
                }
            }
        }
    }
}
