//! Work for which a processor may be busy longer than other tasks can wait.

use std::future::pending;
use std::panic::resume_unwind;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Such work needs memory as well: there is one at a time.
static TURN: Semaphore = Semaphore::const_new(1);

/// Does it on a thread of its own. A panic of it goes on in who waits for it.
pub(super) async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let turn = TURN.acquire().await;
    let done = spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    match done.await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // The process is shutting down, and nobody waits for it any more.
        Err(Err(_)) => pending().await,
    }
}
