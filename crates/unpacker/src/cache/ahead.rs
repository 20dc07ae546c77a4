//! Reading and hashing in a thread of its own, ahead of who makes something of what is read.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use blake3::{Hash, Hasher};

/// Bytes that are handed over at a time. With less of them, threads wait for each other longer than they work.
const PIECE: usize = 256 << 10;

/// Pieces that are read before somebody wants them, at most.
const AHEAD: usize = 8;

/// What is made of all that is read, and its digest, whether all of it was wanted or not. What is less than a piece costs no thread.
pub(super) fn hashed<T>(
    from: impl Read + Send,
    read: impl FnOnce(&mut dyn BufRead) -> T,
) -> io::Result<(T, Hash)> {
    let mut hashing = Hashing { from, hasher: Hasher::new() };
    let first = hashing.piece(Vec::new())?;
    if first.len() < PIECE {
        return Ok((read(&mut first.as_slice()), hashing.hasher.finalize()));
    }
    thread::scope(|scope| {
        let ((full, pieces), (empty, spent)) = (sync_channel(AHEAD), channel());
        let rest = thread::Builder::new().spawn_scoped(scope, move || hashing.rest(&full, &spent))?;
        let mut ahead = Ahead { piece: first, read: 0, pieces, empty };
        let made = read(&mut ahead);
        drop(ahead);
        let hash = rest.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((made, hash))
    })
}

struct Hashing<R> {
    from: R,
    hasher: Hasher,
}

impl<R: Read> Hashing<R> {
    /// The next bytes, in a buffer that nobody needs any more; less than a piece at the end.
    fn piece(&mut self, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        buffer.clear();
        buffer.reserve_exact(PIECE);
        self.from.by_ref().take(PIECE as u64).read_to_end(&mut buffer)?;
        self.hasher.update(&buffer);
        Ok(buffer)
    }

    /// Reads to the end.
    fn rest(mut self, full: &SyncSender<Vec<u8>>, spent: &Receiver<Vec<u8>>) -> io::Result<Hash> {
        loop {
            let piece = self.piece(spent.try_recv().unwrap_or_default())?;
            let is_last = piece.len() < PIECE;
            // Nobody may want it any more.
            let _ = full.send(piece);
            if is_last {
                return Ok(self.hasher.finalize());
            }
        }
    }
}

/// What was read ahead. It just ends where reading has failed; [`hashed`] tells why.
struct Ahead {
    piece: Vec<u8>,
    read: usize,
    pieces: Receiver<Vec<u8>>,
    empty: Sender<Vec<u8>>,
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read == self.piece.len() {
            let next = self.pieces.recv().unwrap_or_default();
            let _ = self.empty.send(std::mem::replace(&mut self.piece, next));
            self.read = 0;
        }
        Ok(self.piece.get(self.read..).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.read += bytes;
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        // No piece is like another.
        (0..=250).cycle().take(length).collect()
    }

    #[rstest]
    #[case::nothing(0)]
    #[case::less_than_a_piece(PIECE - 1)]
    #[case::a_piece(PIECE)]
    #[case::more_than_is_read_ahead(PIECE * (AHEAD + 3) + 5)]
    #[case::whole_pieces(PIECE * (AHEAD + 3))]
    fn all_of_it_is_read_and_hashed(#[case] length: usize) {
        let bytes = bytes(length);
        let mut read = Vec::new();
        let (count, hash) = hashed(bytes.as_slice(), |rest| rest.read_to_end(&mut read)).unwrap();
        assert_eq!((count.unwrap(), hash), (length, blake3::hash(&bytes)));
        assert!(read == bytes);
    }

    #[rstest]
    #[case::less_than_a_piece(PIECE / 2)]
    #[case::more_than_is_read_ahead(PIECE * (AHEAD + 3) + 5)]
    fn what_nobody_wants_is_hashed_too(#[case] length: usize) {
        let bytes = bytes(length);
        let mut line = [0; 10];
        let (read, hash) = hashed(bytes.as_slice(), |rest| rest.read_exact(&mut line)).unwrap();
        assert!(read.is_ok());
        assert_eq!(line, bytes[..10]);
        assert_eq!(hash, blake3::hash(&bytes));
    }

    #[rstest]
    #[case::within_the_first_piece(10)]
    #[case::later(PIECE * 2)]
    fn a_failure_to_read_is_told(#[case] after: usize) {
        let bytes = bytes(after);
        let from = bytes.as_slice().chain(Failing);
        let told = hashed(from, |rest| io::copy(rest, &mut io::sink()).map(drop));
        assert_eq!(told.unwrap_err().to_string(), "broken");
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
}
