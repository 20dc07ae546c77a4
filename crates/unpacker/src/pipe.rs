//! From a connection to a decoder: bytes that come on an async task and are read on a blocking thread.
//!
//! As much as fits in between is taken in ahead of the reader, so that small layers come while a large one is decoded. An
//! end is told from a sender that went away: only what was ended by [`Sender::end`] was complete.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use tokio::sync::{Semaphore, mpsc};

/// Bytes in between at most.
const ROOM: usize = 1 << 20;

/// What a piece takes of that at least. One of a single byte takes a hundred: its place in the channel, an allocation.
const PIECE: usize = 256;

/// Pieces of less are copied: a slice keeps all of the buffer that it is cut from.
const COPIED: usize = 16 << 10;

enum Message<E> {
    Bytes(Bytes),
    End,
    Failed(E),
}

/// The end that bytes are put into.
pub(crate) struct Sender<E> {
    messages: mpsc::UnboundedSender<Message<E>>,
    room: Arc<Semaphore>,
}

/// The end that is read.
pub(crate) struct Receiver<E> {
    messages: mpsc::UnboundedReceiver<Message<E>>,
    room: Arc<Semaphore>,
    rest: Bytes,
    ended: bool,
}

/// Nobody reads any more.
#[derive(Debug)]
pub(crate) struct Gone;

pub(crate) fn pipe<E>() -> (Sender<E>, Receiver<E>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(ROOM));
    let rest = Bytes::new();
    (
        Sender { messages: sender, room: Arc::clone(&room) },
        Receiver { messages: receiver, room, rest, ended: false },
    )
}

impl<E> Sender<E> {
    /// Puts bytes in, when there is room for them.
    pub(crate) async fn send(&self, bytes: Bytes) -> Result<(), Gone> {
        self.room.acquire_many(permits(room_of(&bytes))).await.map_err(|_| Gone)?.forget();
        let bytes = if bytes.len() < COPIED { Bytes::copy_from_slice(&bytes) } else { bytes };
        self.put(Message::Bytes(bytes))
    }

    /// Waits until nothing of what was put in is in between: all of it was read, or will not be. For whoever wants to know
    /// after the end.
    pub(crate) fn emptied(&self) -> impl Future<Output = ()> + Send + use<E> {
        let room = Arc::clone(&self.room);
        async move { drop(room.acquire_many(permits(ROOM)).await) }
    }

    /// Says that this was all.
    pub(crate) fn end(self) -> Result<(), Gone> {
        self.put(Message::End)
    }

    /// Says that no more will come, and why.
    pub(crate) fn fail(self, error: E) -> Result<(), Gone> {
        self.put(Message::Failed(error))
    }

    fn put(&self, message: Message<E>) -> Result<(), Gone> {
        self.messages.send(message).map_err(|_| Gone)
    }
}

/// How much room a piece takes.
fn room_of(bytes: &Bytes) -> usize {
    bytes.len().clamp(PIECE, ROOM)
}

fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl<E> Drop for Receiver<E> {
    fn drop(&mut self) {
        self.room.close();
    }
}

impl<E: std::error::Error + Send + Sync + 'static> Read for Receiver<E> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !self.ended {
            match self.messages.blocking_recv() {
                Some(Message::Bytes(bytes)) => {
                    self.room.add_permits(room_of(&bytes));
                    self.rest = bytes;
                }
                Some(Message::End) => self.ended = true,
                Some(Message::Failed(error)) => return Err(io::Error::other(error)),
                None => return Err(io::Error::new(io::ErrorKind::BrokenPipe, "nobody sends any more")),
            }
        }
        let read = self.rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), self.rest.get(..read)) {
            to.copy_from_slice(from);
        }
        self.rest.advance(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::task::spawn_blocking;
    use tokio::time::timeout;

    use super::*;

    fn read(mut receiver: Receiver<io::Error>) -> tokio::task::JoinHandle<io::Result<Vec<u8>>> {
        spawn_blocking(move || {
            let mut bytes = Vec::new();
            receiver.read_to_end(&mut bytes).map(|_| bytes)
        })
    }

    #[tokio::test]
    async fn what_goes_in_comes_out() {
        let (sender, receiver) = pipe();
        let reading = read(receiver);
        let piece = Bytes::from(vec![7; 700_000]);
        for _ in 0..5 {
            sender.send(piece.clone()).await.unwrap();
        }
        sender.send(Bytes::new()).await.unwrap();
        sender.end().unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), vec![7; 3_500_000]);
    }

    #[tokio::test]
    async fn who_goes_away_has_not_ended() {
        let (sender, receiver) = pipe();
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        drop(sender);
        assert_eq!(read(receiver).await.unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn an_error_comes_through() {
        let (sender, receiver) = pipe();
        sender.fail(io::Error::other("broken")).unwrap();
        assert_eq!(read(receiver).await.unwrap().unwrap_err().to_string(), "broken");
    }

    #[tokio::test]
    async fn there_is_room_for_a_megabyte_and_no_more() {
        let (sender, mut receiver) = pipe::<io::Error>();
        sender.send(Bytes::from(vec![0; ROOM])).await.unwrap();
        let waiting = timeout(Duration::from_millis(20), sender.send(Bytes::from_static(b"more")));
        assert!(waiting.await.is_err(), "nobody has read");
        let mut some = [0; 10];
        spawn_blocking(move || receiver.read(&mut some).map(|_| receiver)).await.unwrap().map(drop).unwrap();
        assert!(sender.send(Bytes::from_static(b"more")).await.is_err(), "nobody will read");
    }

    /// Out of a runtime, where whoever could go on is not made to wait for others.
    #[test]
    fn small_pieces_take_the_room_that_they_need() {
        let (sender, _receiver) = pipe::<io::Error>();
        let buffer = Bytes::from(vec![0; COPIED]);
        let sent = (0..ROOM).take_while(|_| sender.send(buffer.slice(..1)).now_or_never().is_some()).count();
        assert_eq!(sent, ROOM / PIECE);
        assert!(buffer.is_unique(), "pieces do not keep what they are cut from");
    }

    #[test]
    fn a_pipe_is_empty_when_all_was_read() {
        let (sender, mut receiver) = pipe::<io::Error>();
        let mut emptied = Box::pin(sender.emptied());
        sender.send(Bytes::from_static(b"some")).now_or_never().unwrap().unwrap();
        sender.end().unwrap();
        assert!(emptied.as_mut().now_or_never().is_none());
        assert_eq!(receiver.read(&mut [0; 10]).unwrap(), 4);
        assert!(emptied.now_or_never().is_some());
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_empty() {
        let (sender, receiver) = pipe::<io::Error>();
        let mut emptied = Box::pin(sender.emptied());
        sender.send(Bytes::from_static(b"some")).now_or_never().unwrap().unwrap();
        sender.fail(io::Error::other("broken")).unwrap();
        assert!(emptied.as_mut().now_or_never().is_none());
        drop(receiver);
        assert!(emptied.now_or_never().is_some());
    }
}
