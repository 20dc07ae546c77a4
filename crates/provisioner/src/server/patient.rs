//! A connection that does not wait for ever to be read from.

use std::future::Future as _;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Fails where the other side takes too little for too long: waiting uses up patience, and what is taken restores it, at a rate. So
/// what somebody takes drop by drop does not last for ever.
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Bytes that are worth a second.
    rate: u32,
    /// How much patience there is yet.
    left: Duration,
    /// Since when nothing is taken, and when it is enough.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Patient<S> {
    /// With so much patience, and so many bytes a second that restore it.
    pub(super) fn new(stream: S, patience: Duration, rate: u32) -> Self {
        Self { stream, patience, rate: rate.max(1), left: patience, waiting: None }
    }

    fn taken(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let restored = Duration::from_secs(1).saturating_mul(bytes) / self.rate;
        self.left = self.left.saturating_add(restored).min(self.patience);
    }

    /// The same, unless it has been waited for too long.
    fn limit<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            if let Some((since, _)) = self.waiting.take() {
                self.left = self.left.saturating_sub(since.elapsed());
            }
            return poll;
        }
        let left = self.left;
        let (_, end) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        match end.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        let poll = self.limit(cx, poll);
        if let Poll::Ready(Ok(bytes)) = poll {
            self.taken(bytes);
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(cx);
        self.limit(cx, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.limit(cx, poll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const SECOND: Duration = Duration::from_secs(1);

    /// What becomes of some bytes that somebody takes one by one, each after a pause; and when.
    async fn taken(bytes: usize, pause: Duration) -> (Option<ErrorKind>, Duration) {
        let (ours, mut theirs) = duplex(1);
        let mut ours = Patient::new(ours, 10 * SECOND, 1);
        tokio::spawn(async move {
            loop {
                sleep(pause).await;
                if theirs.read_u8().await.is_err() {
                    break;
                }
            }
        });
        let start = Instant::now();
        let written = ours.write_all(&vec![b'x'; bytes]).await;
        (written.err().map(|error| error.kind()), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_left() {
        assert_eq!(taken(5, 60 * SECOND).await, (Some(ErrorKind::TimedOut), 10 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_as_much_as_is_asked_for_is_waited_for() {
        assert_eq!(taken(61, SECOND).await, (None, 60 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_slow_for_a_while_is_waited_for() {
        assert_eq!(taken(4, 3 * SECOND).await, (None, 9 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_drop_by_drop_is_left_at_last() {
        let (error, after) = taken(1000, 3 * SECOND).await;
        assert_eq!(error, Some(ErrorKind::TimedOut));
        assert!(after < 20 * SECOND, "{after:?}");
    }
}
