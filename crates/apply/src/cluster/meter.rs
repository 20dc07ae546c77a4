//! Who is told of every request.

use std::time::Duration;

use http::StatusCode;

/// Counts requests and their time. It is called in the middle of each, and must not wait.
pub trait Meter: Send + Sync {
    /// A request was made, for the first time or again: what it does, as an error would say it (`get`, `list`, `watch`, `create`,
    /// `apply`, `patch`, `delete`, `discover`, `update the status of`), what came of it, and how long that took. Of a watch it is the
    /// time until it begins.
    fn request(&self, verb: &'static str, outcome: Outcome, elapsed: Duration);
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server has answered.
    Answered(StatusCode),
    /// It has not, within the time that one request may take.
    Late,
    /// There is no connection, or it was cut.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::convert::Infallible;
    use std::sync::{Arc, Mutex, PoisonError};

    use http::{Request, Response};
    use kube::Client;
    use kube::client::Body;

    use crate::cluster::{Address, Cluster};

    #[derive(Default)]
    struct Heard(Mutex<Vec<(&'static str, Outcome)>>);

    impl Meter for Heard {
        fn request(&self, verb: &'static str, outcome: Outcome, _: Duration) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((verb, outcome));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_try_is_told() {
        let answers = Arc::new(Mutex::new(vec![404, 503, 503]));
        let server = tower::service_fn(move |_: Request<Body>| {
            let code = answers.lock().unwrap().pop().unwrap();
            let answer = Response::builder().status(code).body(Body::empty()).unwrap();
            async move { Ok::<_, Infallible>(answer) }
        });
        let heard = Arc::new(Heard::default());
        let client = Client::new(server, "default");
        let cluster = Cluster::new(client).metered(Arc::clone(&heard) as Arc<dyn Meter>);
        assert!(cluster.get(&Address::of_namespace("a")).await.unwrap().is_none());
        let answered = |code| ("get", Outcome::Answered(StatusCode::from_u16(code).unwrap()));
        assert_eq!(*heard.0.lock().unwrap(), [answered(503), answered(503), answered(404)]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_is_an_outcome_too() {
        let server = tower::service_fn(|_: Request<Body>| {
            std::future::pending::<Result<Response<Body>, Infallible>>()
        });
        let heard = Arc::new(Heard::default());
        let cluster = Cluster::new(Client::new(server, "default")).with_patience(Duration::ZERO);
        let cluster = cluster.metered(Arc::clone(&heard) as Arc<dyn Meter>);
        cluster.get(&Address::of_namespace("a")).await.unwrap_err();
        assert_eq!(*heard.0.lock().unwrap(), [("get", Outcome::Late)]);
    }
}
