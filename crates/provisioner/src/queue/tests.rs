use super::*;

use tokio::time::{advance, timeout};

const SECOND: Duration = Duration::from_secs(1);

async fn next(queue: &Arc<Queue>) -> Option<Job> {
    timeout(Duration::from_millis(1), queue.take()).await.ok().flatten()
}

#[tokio::test(start_paused = true)]
async fn a_name_that_was_asked_for_twice_comes_once() {
    let queue = Arc::new(Queue::default());
    for name in ["a", "b", "a"] {
        queue.add(name);
    }
    let names = [next(&queue).await.unwrap(), next(&queue).await.unwrap()];
    assert_eq!([names[0].name(), names[1].name()], ["a", "b"]);
    assert!(next(&queue).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_asked_for_meanwhile_comes_again_and_never_twice_at_once() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    let job = next(&queue).await.unwrap();
    queue.add("a");
    queue.add("a");
    assert!(next(&queue).await.is_none());
    job.done(Again::OnRequest);
    next(&queue).await.unwrap().done(Again::OnRequest);
    assert!(next(&queue).await.is_none());
    assert!(queue.lock().names.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_waits_until_the_work_on_it_begins() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    queue.add("b");
    let mut job = next(&queue).await.unwrap();
    assert_eq!(queue.lengths(), [2, 0]);
    job.begin();
    job.begin();
    assert_eq!(queue.lengths(), [1, 1]);
    job.done(Again::OnRequest);
    assert_eq!(queue.lengths(), [1, 0]);
    // One that is never begun.
    drop(next(&queue).await.unwrap());
    assert_eq!(queue.lengths(), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn failures_wait_longer_each_time_and_a_success_forgets_them() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    for whole in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
        next(&queue).await.unwrap().done(Again::Later);
        assert!(timeout(SECOND * whole * 7 / 10, queue.take()).await.is_err(), "{whole}");
        advance(SECOND * whole * 3 / 10).await;
    }
    next(&queue).await.unwrap().done(Again::After(SECOND));
    advance(SECOND).await;
    next(&queue).await.unwrap().done(Again::Later);
    advance(SECOND).await;
    assert!(next(&queue).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_for_while_it_waits_after_a_failure_is_early_and_waits_no_longer_for_that() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    for _ in 0..6 {
        let failed = timeout(SECOND * 40, queue.take()).await.unwrap().unwrap();
        assert!(!failed.is_early());
        failed.done(Again::Later);
    }
    let start = Instant::now();
    // Something happens each second, and once meanwhile.
    for second in 0..20 {
        queue.add("a");
        let job = next(&queue).await.unwrap();
        assert!(job.is_early(), "{second}");
        if second == 7 {
            queue.add("a");
        }
        job.done(Again::Later);
        if second == 7 {
            next(&queue).await.unwrap().done(Again::Later);
        }
        advance(SECOND).await;
    }
    let job = timeout(SECOND * 13, queue.take()).await.unwrap().unwrap();
    assert!(!job.is_early() && start.elapsed() >= SECOND * 23, "{:?}", start.elapsed());
    job.done(Again::Later);
    assert!(timeout(SECOND * 47, queue.take()).await.is_err(), "the seventh time it failed");
    queue.add("a");
    let job = next(&queue).await.unwrap();
    assert!(job.is_early());
    job.done(Again::After(SECOND));
    queue.add("a");
    assert!(!next(&queue).await.unwrap().is_early(), "it is well again");
}

#[tokio::test(start_paused = true)]
async fn who_is_looked_at_meanwhile_since_something_is_due_is_early_and_is_tried_again_in_its_time() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    for _ in 0..6 {
        timeout(SECOND * 40, queue.take()).await.unwrap().unwrap().done(Again::Later);
    }
    let start = Instant::now();
    queue.add("a");
    next(&queue).await.unwrap().done(Again::LaterAndAfter(SECOND * 5));
    let job = timeout(SECOND * 6, queue.take()).await.unwrap().unwrap();
    assert!(job.is_early());
    // What is due after the next try is not waited for.
    job.done(Again::LaterAndAfter(SECOND * 500));
    let job = timeout(SECOND * 40, queue.take()).await.unwrap().unwrap();
    assert!(!job.is_early() && start.elapsed() >= SECOND * 23, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_may_take_out_of_the_way_is_looked_for_each_minute() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    for whole in [1, 2, 4, 8, 16, 32, 60, 60] {
        next(&queue).await.unwrap().done(Again::Blocked);
        assert!(timeout(SECOND * whole * 7 / 10, queue.take()).await.is_err(), "{whole}");
        advance(SECOND * whole * 3 / 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_others_has_failed_no_less_and_no_more() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    for _ in 0..4 {
        let failed = timeout(SECOND * 8, queue.take()).await.unwrap().unwrap();
        failed.done(Again::Later);
    }
    queue.add("a");
    next(&queue).await.unwrap().done(Again::Waiting);
    assert!(timeout(SECOND * 59, queue.take()).await.is_err());
    timeout(SECOND, queue.take()).await.unwrap().unwrap().done(Again::Later);
    assert!(timeout(SECOND * 11, queue.take()).await.is_err(), "the fifth time it failed");
    assert!(timeout(SECOND * 5, queue.take()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_there_at_once_when_it_is_asked_for() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    next(&queue).await.unwrap().done(Again::After(SECOND * 1000));
    assert!(next(&queue).await.is_none());
    queue.add("a");
    next(&queue).await.unwrap().done(Again::OnRequest);
    advance(SECOND * 2000).await;
    assert!(next(&queue).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn work_that_has_become_pointless_is_told_so_and_comes_again() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    let job = next(&queue).await.unwrap();
    assert!(timeout(SECOND, job.cancelled()).await.is_err());
    queue.restart("a");
    timeout(SECOND, job.cancelled()).await.unwrap();
    job.done(Again::OnRequest);
    let job = next(&queue).await.unwrap();
    assert!(timeout(SECOND, job.cancelled()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn work_on_what_is_not_asked_for_any_more_is_told_so_and_not_ended() {
    let queue = Arc::new(Queue::default());
    queue.renew("a");
    let job = next(&queue).await.unwrap();
    assert!(!job.renewed().is_cancelled());
    queue.renew("a");
    assert!(job.renewed().is_cancelled());
    assert!(timeout(SECOND, job.cancelled()).await.is_err());
    job.done(Again::OnRequest);
    assert!(!next(&queue).await.unwrap().renewed().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_is_cleared_up_after_where_there_was_work() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    queue.add("b");
    queue.gone("a");
    queue.gone("c");
    assert_eq!(queue.lengths(), [1, 0]);
    next(&queue).await.unwrap().done(Again::OnRequest);
    queue.gone("a");
    assert_eq!(next(&queue).await.unwrap().name(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_ends_early_loses_nothing() {
    let queue = Arc::new(Queue::default());
    queue.add("a");
    drop(next(&queue).await.unwrap());
    advance(SECOND).await;
    assert!(next(&queue).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn all_workers_hear_that_it_is_closed() {
    let queue = Arc::new(Queue::default());
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.take().await.is_none() })
        })
        .collect();
    tokio::task::yield_now().await;
    queue.close();
    for worker in workers {
        assert!(timeout(SECOND, worker).await.unwrap().unwrap());
    }
}
