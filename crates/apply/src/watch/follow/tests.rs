//! What a server does with a watch that no real one does when it is asked to: it refuses, fails in the middle, or says nothing any more.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::*;

/// How long is looked on.
const LOOKED_ON: Duration = Duration::from_mins(7);

/// What a watch is answered.
enum Watch {
    /// A refusal.
    Refused(u16),
    /// These events, and nothing more.
    Silent(Vec<Value>),
    /// These events, and the end.
    Ended(Vec<Value>),
}

/// A server with no objects, whose resource version grows with each list.
struct Server {
    start: Instant,
    watches: Mutex<VecDeque<Watch>>,
    /// What was asked, and after how many seconds.
    asked: Mutex<Vec<(u64, String)>>,
}

/// What a server answers with.
type Answer = UnsyncBoxBody<Bytes, Infallible>;

fn whole_body(value: &Value) -> Answer {
    Full::from(value.to_string()).boxed_unsync()
}

/// Notes all that it is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Told {
    fn note(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

impl Sink for Arc<Told> {
    fn listed(&self, objects: Vec<Metadata>) {
        self.note(format!("{} listed", objects.len()));
    }

    fn is(&self, object: Metadata) {
        self.note(format!("{} is", object.name));
    }

    fn was(&self, object: Metadata) {
        self.note(format!("{} was", object.name));
    }

    fn current(&self, state: State) {
        self.note(format!("{state:?}"));
    }
}

impl Server {
    fn answer(&self, request: &Request<Body>) -> Response<Answer> {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let kind = json!({"group": "", "version": "v1", "kind": "ConfigMap"});
        let resource = json!({
            "resource": "configmaps", "responseKind": kind, "scope": "Namespaced", "singularResource": "configmap",
            "verbs": ["create", "list", "watch"],
        });
        let groups = |items: Value| json!({"kind": "APIGroupDiscoveryList", "metadata": {}, "items": items});
        let whole = |value: &Value| Response::new(whole_body(value));
        match path {
            "/apis" => return whole(&groups(json!([]))),
            "/api" => {
                let versions = json!([{"version": "v1", "resources": [resource]}]);
                return whole(&groups(json!([{"metadata": {"name": ""}, "versions": versions}])));
            }
            _ => {}
        }
        let mut asked = self.asked.lock().unwrap();
        let lists = asked.iter().filter(|(_, what)| what == "list").count();
        let Some((_, version)) =
            query.split_once("resourceVersion=").filter(|_| query.contains("watch=true"))
        else {
            asked.push((self.start.elapsed().as_secs(), "list".into()));
            let version = (10 * (lists + 1)).to_string();
            return whole(&json!({"metadata": {"resourceVersion": version}, "items": []}));
        };
        let version = version.split('&').next().unwrap_or_default();
        asked.push((self.start.elapsed().as_secs(), format!("watch from {version}")));
        let watch = self.watches.lock().unwrap().pop_front().unwrap_or(Watch::Silent(vec![]));
        let (events, is_silent) = match watch {
            Watch::Refused(code) => {
                let status = json!({"kind": "Status", "status": "Failure", "message": "no", "code": code});
                return Response::builder().status(code).body(whole_body(&status)).unwrap();
            }
            Watch::Silent(events) => (events, true),
            Watch::Ended(events) => (events, false),
        };
        let chunks = events
            .into_iter()
            .map(|event| Ok::<_, Infallible>(Frame::data(Bytes::from(format!("{event}\n")))));
        let chunks = stream::iter(chunks.collect::<Vec<_>>());
        Response::new(if is_silent {
            StreamBody::new(chunks.chain(stream::pending())).boxed_unsync()
        } else {
            StreamBody::new(chunks).boxed_unsync()
        })
    }
}

/// What a follower asks of a server that answers its watches like this, and what it tells.
async fn follow(watches: impl IntoIterator<Item = Watch>) -> (Vec<(u64, String)>, Vec<String>) {
    let watches = Mutex::new(watches.into_iter().collect());
    let server = Arc::new(Server { start: Instant::now(), watches, asked: Mutex::default() });
    let answering = Arc::clone(&server);
    let service = tower::service_fn(move |request: Request<Body>| {
        let answer = answering.answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let cluster = Cluster::new(Client::new(service, "default"));
    let told = Arc::new(Told::default());
    let follower = Follower {
        discovery: Discovery::new(cluster.clone()),
        cluster,
        kind: GroupKind { group: String::new(), kind: "ConfigMap".into() },
        selector: None,
        sink: Arc::clone(&told),
    };
    timeout(LOOKED_ON, follower.run()).await.unwrap_err();
    let asked = server.asked.lock().unwrap().clone();
    let told = told.0.lock().unwrap().clone();
    (asked, told)
}

fn event(kind: &str, version: &str) -> Value {
    let metadata = json!({"name": "a", "resourceVersion": version});
    json!({"type": kind, "object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}})
}

fn error(code: u16) -> Value {
    json!({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "message": "no", "code": code}})
}

fn what(asked: &[(u64, String)]) -> Vec<&str> {
    asked.iter().map(|(_, what)| what.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_dead_is_given_up_and_the_watch_goes_on_where_it_was() {
    let dead = Watch::Silent(vec![event("ADDED", "11"), event("BOOKMARK", "15")]);
    let (asked, told) = follow([dead]).await;
    assert_eq!(what(&asked), ["list", "watch from 10", "watch from 15"]);
    let after = asked[2].0;
    assert!((150..160).contains(&after), "{after} s");
    assert_eq!(told, ["0 listed", "Watching", "a is", "Watching"]);
}

/// One of a server that tells nothing of how far it is may say nothing because nothing happens.
#[tokio::test(start_paused = true)]
async fn a_watch_that_never_told_how_far_it_is_lasts_as_long_as_it_was_asked_to() {
    let (asked, _) = follow([]).await;
    assert_eq!(what(&asked), ["list", "watch from 10", "watch from 10"]);
    let after = asked[2].0;
    assert!((315..320).contains(&after), "{after} s");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_in_the_middle_of_a_watch_begins_with_a_list() {
    let (asked, told) = follow([Watch::Ended(vec![event("ADDED", "11"), error(410)])]).await;
    assert_eq!(what(&asked)[..4], ["list", "watch from 10", "list", "watch from 20"]);
    assert_eq!(told[..6], ["0 listed", "Watching", "a is", "Connecting", "0 listed", "Watching"]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_the_middle_of_a_watch_goes_on_where_it_was() {
    let (asked, told) = follow([Watch::Ended(vec![event("DELETED", "11"), error(500)])]).await;
    assert_eq!(what(&asked)[..3], ["list", "watch from 10", "watch from 11"]);
    assert_eq!(told[..5], ["0 listed", "Watching", "a was", "Connecting", "Watching"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_not_allowed_is_tried_again_more_and_more_seldom() {
    let (asked, told) = follow((0..9).map(|_| Watch::Refused(403))).await;
    let mut expected = vec!["list"];
    expected.extend(["watch from 10"; 10]);
    assert_eq!(what(&asked)[..11], expected);
    // Doubling from 0.2 s to 30 s, nine waits of between the half and the whole: 81 s at most.
    let after = asked[10].0;
    assert!((40..=81).contains(&after), "{after} s");
    assert_eq!(told.iter().filter(|what| *what == "Connecting").count(), 9);
    assert_eq!(told.iter().filter(|what| *what == "Watching").count(), 1 + usize::from(asked.len() > 11));
}
