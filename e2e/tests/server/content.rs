//! Content is served to whoever may read bundles.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use e2e::controlplane::{Cluster, eventually};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use hyper::{Method, Request, StatusCode};
use rukpak_provisioner::server::{BundleError, Bundles, Content, Limits};
use tokio::sync::Semaphore;

use crate::{Running, people};

/// Content for tests.
pub(crate) struct Sample {
    /// As many as were begun of what takes its time.
    pub(crate) begun: Arc<Semaphore>,
}

impl Bundles for Sample {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Content, BundleError>> {
        let part = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let cut = || Err(io::Error::other("the disk is gone"));
        if matches!(name, "endless" | "slow") {
            self.begun.add_permits(1);
        }
        let stream = match name {
            "web" => stream::iter([part("what a "), part("bundle is")]).boxed(),
            "broken" => stream::iter([part("what a "), cut()]).boxed(),
            "endless" => stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1 << 13]))).boxed(),
            "slow" => stream::iter([part("one "), part("two")]).then(after_a_while).boxed(),
            "pending" => return no(BundleError::NotUnpacked("the registry does not answer".into())),
            "away" => return no(BundleError::Unavailable("the cache is being emptied".into())),
            _ => return no(BundleError::NotFound),
        };
        async move { Ok(Content { digest: "sha256:1234".into(), stream }) }.boxed()
    }
}

fn no<'a>(error: BundleError) -> BoxFuture<'a, Result<Content, BundleError>> {
    async { Err(error) }.boxed()
}

async fn after_a_while<T>(part: T) -> T {
    tokio::time::sleep(Duration::from_secs(1)).await;
    part
}

#[tokio::test]
async fn whoever_may_read_bundles_gets_them_and_nobody_else() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("content").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let reader = people::token(&cluster, namespace.name(), "reader", &["get"], "/bundles/*").await;
    let guest = people::token(&cluster, namespace.name(), "guest", &["get"], "/version").await;
    let mut connection = running.connect().await;

    // The right is there when the API server's own cache has seen it.
    eventually("the right to read", async || {
        let answer = running.connect().await.get("/bundles/web.tgz", Some(&reader)).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    let answer = connection.get("/bundles/web.tgz", Some(&reader)).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "what a bundle is"));
    assert_eq!(answer.headers["etag"], "\"sha256:1234\"");
    assert_eq!(answer.headers["content-type"], "application/gzip");
    let head = connection.ask(Method::HEAD, "/bundles/web.tgz", Some(&reader), "").await.unwrap();
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.headers["etag"], answer.headers["etag"]);
    let known = Request::get("/bundles/web.tgz")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {reader}"))
        .header("if-none-match", "\"sha256:1234\"");
    let unchanged = connection.send(known.body(Bytes::new().into()).unwrap()).await.unwrap();
    assert_eq!((unchanged.status, unchanged.text.as_str()), (StatusCode::NOT_MODIFIED, ""));

    for (path, token, status, says) in [
        ("/bundles/web.tgz", None, 401, "no token is shown"),
        ("/bundles/web.tgz", Some("not.a.token"), 401, "does not know this token"),
        ("/bundles/web.tgz", Some(guest.as_str()), 403, ":guest may not get /bundles/web.tgz"),
        ("/bundles/none.tgz", Some(&reader), 404, "there is no such BundleDeployment"),
        ("/bundles/web.zip", Some(&reader), 404, "expected NAME.tgz"),
        ("/bundles/..%2Fweb.tgz", Some(&reader), 404, "expected NAME.tgz"),
        ("/bundles/pending.tgz", Some(&reader), 503, "it is not unpacked: the registry does not answer"),
        ("/bundles/away.tgz", Some(&reader), 503, "the cache is being emptied"),
    ] {
        let answer = connection.get(path, token).await;
        assert!(answer.status == status && answer.text.contains(says), "{path}: {answer:?}");
        assert!(!answer.text.contains(&reader) && !answer.text.contains(&guest), "{path}: {answer:?}");
    }
    connection.ask(Method::GET, "/bundles/broken.tgz", Some(&reader), "").await.unwrap_err();
}
