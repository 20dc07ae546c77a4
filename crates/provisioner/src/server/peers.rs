//! Who has how many connections.
//!
//! Anybody may connect, and a probe of the cluster must get through whoever else does. So one address has a share of the places, and
//! where all are taken, whoever has the most makes room for who has less.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The connections that there are.
#[derive(Debug, Clone)]
pub(super) struct Peers {
    number: usize,
    share: usize,
    /// The connections of each address, the oldest first.
    taken: Arc<Mutex<BTreeMap<IpAddr, VecDeque<Arc<CancellationToken>>>>>,
}

/// The place of a connection, until this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Peers,
    address: IpAddr,
    lost: Arc<CancellationToken>,
}

impl Peers {
    /// So many in all, and so many of one address.
    pub(super) fn new(number: usize, share: usize) -> Self {
        Self { number, share, taken: Arc::default() }
    }

    /// A place for one more connection of an address; `None` where it has its share, or where all are taken and nobody has more.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Seat> {
        let address = address.to_canonical();
        let mut taken = self.lock();
        let own = taken.get(&address).map_or(0, VecDeque::len);
        if own >= self.share {
            return None;
        }
        if taken.values().map(VecDeque::len).sum::<usize>() >= self.number {
            let most = taken.values_mut().max_by_key(|connections| connections.len())?;
            if most.len() <= own + 1 {
                return None;
            }
            most.pop_front()?.cancel();
        }
        let lost = Arc::new(CancellationToken::new());
        taken.entry(address).or_default().push_back(Arc::clone(&lost));
        Some(Seat { peers: self.clone(), address, lost })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, VecDeque<Arc<CancellationToken>>>> {
        // Every change of it is whole.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until another one needs the place more.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.peers.lock();
        if let Some(connections) = taken.get_mut(&self.address) {
            connections.retain(|other| !Arc::ptr_eq(other, &self.lost));
            if connections.is_empty() {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn admit(peers: &Peers, last: u8) -> Option<Seat> {
        peers.admit(address(last))
    }

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let peers = Peers::new(4, 2);
        let first = [1, 1].map(|last| admit(&peers, last).unwrap());
        assert!(admit(&peers, 1).is_none());
        assert!(peers.admit("::ffff:10.0.0.1".parse().unwrap()).is_none(), "it is the same address");
        let _other = admit(&peers, 2).unwrap();
        drop(first);
        admit(&peers, 1).unwrap();
        assert_eq!(peers.lock().len(), 1, "who has none is forgotten");
    }

    #[test]
    fn who_has_the_most_makes_room_for_who_has_less() {
        let peers = Peers::new(4, 4);
        let most = [1, 1, 1].map(|last| admit(&peers, last).unwrap());
        let _other = admit(&peers, 2).unwrap();
        let _probe = admit(&peers, 3).unwrap();
        assert_eq!(most.each_ref().map(|seat| seat.lost.is_cancelled()), [true, false, false]);
        // Two, one and one: nobody has more than a newcomer would but the first, which has more than one.
        let _fourth = admit(&peers, 4).unwrap();
        assert_eq!(most.each_ref().map(|seat| seat.lost.is_cancelled()), [true, true, false]);
        assert!(admit(&peers, 5).is_none(), "all have one");
        assert!(admit(&peers, 1).is_none());
        drop(most);
        admit(&peers, 5).unwrap();
    }
}
