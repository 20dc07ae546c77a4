//! The tasks of the process. None of them ends before it is told to; whichever does takes the others with it, in order.

use std::time::Duration;

use anyhow::anyhow;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::queue::Queue;

/// How long is waited at the end for what is being done.
const LAST: Duration = Duration::from_secs(5);

/// All of them.
#[derive(Default)]
pub(super) struct Tasks {
    /// What follows the cluster, and tells it what is new. It may be ended at any point.
    pub(super) followers: JoinSet<()>,
    /// Whoever writes to the cluster. Told to stop, it cuts off what it does.
    pub(super) work: Group,
    /// Whoever contends for the lease. Told to stop, it gives it back.
    pub(super) lease: Group,
    /// Whoever answers. Told to stop, it finishes what was begun.
    pub(super) server: Group,
}

/// Tasks that are told to stop together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) tasks: JoinSet<()>,
    pub(super) stop: CancellationToken,
}

impl Tasks {
    /// Waits until one of them ends, which none should.
    pub(super) async fn ended_early(&mut self) -> anyhow::Error {
        let (what, ended) = tokio::select! {
            Some(ended) = self.followers.join_next() => ("a task that follows the cluster", ended),
            Some(ended) = self.work.tasks.join_next() => ("the workers", ended),
            Some(ended) = self.lease.tasks.join_next() => ("the contender for the lease", ended),
            Some(ended) = self.server.tasks.join_next() => ("the server", ended),
            else => std::future::pending().await,
        };
        match ended {
            Ok(()) => anyhow!("{what} ended early"),
            Err(error) => anyhow!("{what} ended early: {error}"),
        }
    }

    /// Ends them: nothing new is begun, and what is being done has a moment for that; then it is cut off, the lease is given back, which
    /// another one takes at once, and at last nothing is served any more.
    pub(super) async fn end(mut self, queue: &Queue) {
        queue.close();
        if timeout(LAST, self.work.ended()).await.is_err() {
            self.work.stop.cancel();
            self.work.ended().await;
        }
        self.lease.stop.cancel();
        self.lease.ended().await;
        self.server.stop.cancel();
        let _ = timeout(LAST, self.server.ended()).await;
    }
}

impl Group {
    /// Waits until all of them have ended.
    async fn ended(&mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            told(ended);
        }
    }
}

fn told(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task of ours has failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    use tokio::time::sleep;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    /// Tasks of which each says when it has stopped; the workers work for so long after the queue was closed, unless they are cut off.
    fn tasks(log: &Log, queue: &Arc<Queue>, work: Duration) -> Tasks {
        let mut tasks = Tasks::default();
        let (queue, stop, told) = (Arc::clone(queue), tasks.work.stop.clone(), Arc::clone(log));
        tasks.work.tasks.spawn(async move {
            queue.closed().await;
            tokio::select! {
                () = sleep(work) => told.lock().unwrap().push("done"),
                () = stop.cancelled() => {
                    sleep(Duration::from_millis(10)).await;
                    told.lock().unwrap().push("cut");
                }
            }
        });
        for (group, name) in [(&mut tasks.lease, "lease"), (&mut tasks.server, "server")] {
            let (stop, told) = (group.stop.clone(), Arc::clone(log));
            group.tasks.spawn(async move {
                stop.cancelled().await;
                told.lock().unwrap().push(name);
            });
        }
        tasks
    }

    #[tokio::test(start_paused = true)]
    async fn the_lease_is_given_back_when_nothing_is_written_any_more() {
        for (work, expected) in [(1, "done"), (600, "cut")] {
            let (log, queue) = (Log::default(), Arc::new(Queue::default()));
            let mut tasks = tasks(&log, &queue, Duration::from_secs(work));
            assert!(timeout(LAST, tasks.ended_early()).await.is_err());
            tasks.end(&queue).await;
            assert_eq!(*log.lock().unwrap(), [expected, "lease", "server"]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn workers_that_panic_are_named_and_the_lease_is_given_back_all_the_same() {
        let (log, queue) = (Log::default(), Arc::new(Queue::default()));
        let mut tasks = tasks(&log, &queue, Duration::ZERO);
        tasks.work.tasks = JoinSet::new();
        tasks.work.tasks.spawn(async { panic!("of no use") });
        let error = tasks.ended_early().await.to_string();
        assert!(error.contains("the workers ended early") && error.contains("of no use"), "{error}");
        tasks.end(&queue).await;
        assert_eq!(*log.lock().unwrap(), ["lease", "server"]);
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_ends_is_noticed() {
        for name in ["a task that follows the cluster", "the contender for the lease", "the server"] {
            let mut tasks = Tasks::default();
            let ends = match name {
                "the server" => &mut tasks.server.tasks,
                "the contender for the lease" => &mut tasks.lease.tasks,
                _ => &mut tasks.followers,
            };
            ends.spawn(async {});
            assert_eq!(tasks.ended_early().await.to_string(), format!("{name} ended early"));
        }
    }
}
