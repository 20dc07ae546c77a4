//! Where the API server's calls to Services go: a table from Services, or raw addresses, to servers on this host.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the API server calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `NAMESPACE/NAME:PORT`, a port of a Service.
    Service { namespace: String, name: String, port: u16 },
    /// `IP:PORT`, as it is called.
    Address(SocketAddr),
}

/// The table. Clones are one table.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    target: Target,
    server: SocketAddr,
    /// Equal for nobody else.
    token: Arc<()>,
}

/// A line of the table, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Entered {
    routes: Routes,
    token: Arc<()>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let service = || {
            let (namespace, rest) = text.split_once('/')?;
            let (name, port) = rest.split_once(':')?;
            let (namespace, name) = (namespace.to_owned(), name.to_owned());
            Some(Self::Service { namespace, name, port: port.parse().ok()? })
        };
        service().ok_or_else(|| format!("got {text:?}, expected NAMESPACE/NAME:PORT or IP:PORT"))
    }
}

impl Routes {
    pub(super) fn enter(&self, target: Target, server: SocketAddr) -> Entered {
        let token = Arc::new(());
        self.entries().push(Entry { target, server, token: Arc::clone(&token) });
        Entered { routes: self.clone(), token }
    }

    /// The server; the last one that was entered, where there are more.
    pub(super) fn find(&self, target: &Target) -> Option<SocketAddr> {
        self.entries().iter().rev().find(|entry| entry.target == *target).map(|entry| entry.server)
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.routes.entries().retain(|entry| !Arc::ptr_eq(&entry.token, &self.token));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("shop/webhook:443", Some(("shop", "webhook", 443)))]
    #[case("webhook:443", None)]
    #[case("shop/webhook", None)]
    #[case("shop/webhook:https", None)]
    #[case("", None)]
    fn a_service_is_read(#[case] text: &str, #[case] expected: Option<(&str, &str, u16)>) {
        let expected = expected.map(|(namespace, name, port)| {
            let (namespace, name) = (namespace.to_owned(), name.to_owned());
            Target::Service { namespace, name, port }
        });
        assert_eq!(text.parse::<Target>().ok(), expected);
    }

    #[test]
    fn the_last_route_wins_until_it_is_dropped() {
        let routes = Routes::default();
        let target: Target = "10.96.0.7:443".parse().unwrap();
        let server = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let first = routes.enter(target.clone(), server(1));
        let second = routes.enter(target.clone(), server(2));
        assert_eq!(routes.find(&target), Some(server(2)));
        drop(second);
        assert_eq!(routes.find(&target), Some(server(1)));
        drop(first);
        assert_eq!(routes.find(&target), None);
    }
}
