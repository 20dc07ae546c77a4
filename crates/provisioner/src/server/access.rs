//! Who may read what.
//!
//! In: the headers of a request, and what it is about. Out: nothing, or [`Denied`]. Whoever asks shows a bearer token; the API server
//! says whose it is and whether they may, as it does for paths of its own. Both answers hold for some seconds. A token is never kept:
//! it stands for its SHA-256.

mod cache;
mod reviews;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rukpak_apply::cluster::{ApiError, Cluster};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use cache::Cache;
use reviews::{ApiServer, Reviews, User};

/// Reviews that are asked for at a time. Whoever shows many tokens must not keep an API server busy.
const AT_A_TIME: usize = 8;

/// How long somebody waits for their turn.
const WAIT: Duration = Duration::from_secs(10);

/// How long an answer may hold at most.
const LIFE: Duration = Duration::from_secs(10);

/// What stands for a token.
type Hash = [u8; 32];
/// A token, a verb and a path.
type Question = (Hash, &'static str, String);

/// Who decides, and what was decided a moment ago.
pub(super) struct Access {
    reviews: Box<dyn Reviews>,
    turn: Semaphore,
    users: Mutex<Cache<Hash, Option<User>>>,
    rights: Mutex<Cache<Question, bool>>,
}

/// Why somebody may not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// They show no token.
    NoToken,
    /// They show one that is nobody's.
    WrongToken,
    /// They lack the right.
    Forbidden { user: String, verb: &'static str, path: String },
    /// Nobody knows.
    Unknown,
}

impl Access {
    /// By an API server, whose answers hold for so long: ten seconds at most.
    pub(super) fn new(cluster: Cluster, life: Duration) -> Self {
        Self::by(Box::new(ApiServer::new(cluster)), life.min(LIFE))
    }

    fn by(reviews: Box<dyn Reviews>, life: Duration) -> Self {
        Self {
            reviews,
            turn: Semaphore::new(AT_A_TIME),
            users: Mutex::new(Cache::new(life)),
            rights: Mutex::new(Cache::new(life)),
        }
    }

    /// Whether whoever sends these headers may do this with a path.
    pub(super) async fn check(
        &self,
        headers: &HeaderMap,
        verb: &'static str,
        path: &str,
    ) -> Result<(), Denied> {
        let token = token(headers).ok_or(Denied::NoToken)?;
        let hash = Hash::from(Sha256::digest(token));
        let user = self.user(token, hash).await?.ok_or(Denied::WrongToken)?;
        if self.may(&user, (hash, verb, path.to_owned())).await? {
            return Ok(());
        }
        Err(Denied::Forbidden { user: user.name().to_owned(), verb, path: path.to_owned() })
    }

    async fn user(&self, token: &str, hash: Hash) -> Result<Option<User>, Denied> {
        let known = |users: &Mutex<Cache<_, _>>| lock(users).get(&hash, Instant::now());
        if let Some(user) = known(&self.users) {
            return Ok(user);
        }
        let _turn = self.turn().await?;
        if let Some(user) = known(&self.users) {
            return Ok(user);
        }
        // It held when the answer was asked for; when that came it may be over.
        let now = Instant::now();
        let user = self.reviews.authenticate(token).await.map_err(unknown)?;
        lock(&self.users).put(hash, user.clone(), now);
        Ok(user)
    }

    /// Waits until an API server may be asked, for a while.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Denied> {
        match timeout(WAIT, self.turn.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Denied::Unknown),
        }
    }

    async fn may(&self, user: &User, question: Question) -> Result<bool, Denied> {
        if let Some(known) = lock(&self.rights).get(&question, Instant::now()) {
            return Ok(known);
        }
        let _turn = self.turn().await?;
        let now = Instant::now();
        let (_, verb, path) = &question;
        let may = self.reviews.authorize(user, verb, path).await.map_err(unknown)?;
        lock(&self.rights).put(question, may, now);
        Ok(may)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error becomes")]
fn unknown(error: ApiError) -> Denied {
    tracing::warn!(%error, "cannot find out who may read; expected the rights of system:auth-delegator");
    Denied::Unknown
}

/// The bearer token (RFC 6750, section 2.1).
fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let bearer = [(WWW_AUTHENTICATE, "Bearer")];
        match self {
            Self::NoToken => {
                let text = "no token is shown, expected the header Authorization: Bearer TOKEN\n";
                (StatusCode::UNAUTHORIZED, bearer, text).into_response()
            }
            Self::WrongToken => {
                let text = "the API server does not know this token, or it has expired\n";
                (StatusCode::UNAUTHORIZED, bearer, text).into_response()
            }
            Self::Forbidden { user, verb, path } => {
                let text = format!(
                    "{user} may not {verb} {path}, expected a ClusterRole with this verb on nonResourceURLs\n"
                );
                (StatusCode::FORBIDDEN, text).into_response()
            }
            Self::Unknown => {
                let text = "the API server does not say whose token this is and what they may do\n";
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], text).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Arc;

    use axum::http::HeaderValue;
    use futures_util::future::BoxFuture;
    use rstest::rstest;
    use serde_json::json;
    use tokio::time::advance;

    const PATH: &str = "/bundles/web.tgz";

    /// Knows `reader` and `guest`; the first may get content. Writes down what it is asked.
    #[derive(Clone, Default)]
    struct Asked(Arc<Mutex<Vec<String>>>);

    impl Reviews for Asked {
        fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<User>, ApiError>> {
            lock(&self.0).push(format!("who is {token}"));
            let user = ["reader", "guest"].contains(&token).then(|| User(json!({"username": token})));
            Box::pin(async { Ok(user) })
        }

        fn authorize<'a>(
            &'a self,
            user: &'a User,
            verb: &'a str,
            path: &'a str,
        ) -> BoxFuture<'a, Result<bool, ApiError>> {
            lock(&self.0).push(format!("may {} {verb} {path}", user.name()));
            Box::pin(async move { Ok(user.name() == "reader" && verb == "get") })
        }
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[rstest]
    #[case::bearer("Bearer a.b", Some("a.b"))]
    #[case::in_small_letters("bearer a.b", Some("a.b"))]
    #[case::another_scheme("Basic a.b", None)]
    #[case::empty("Bearer ", None)]
    #[case::alone("Bearer", None)]
    fn tokens(#[case] header: &str, #[case] expected: Option<&str>) {
        assert_eq!(token(&headers(header)), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_hold_for_some_seconds() {
        let asked = Asked::default();
        let access = Access::by(Box::new(asked.clone()), LIFE);
        let reader = headers("Bearer reader");
        for _ in 0..3 {
            access.check(&reader, "get", PATH).await.unwrap();
            advance(Duration::from_secs(3)).await;
        }
        let once = ["who is reader", "may reader get /bundles/web.tgz"];
        assert_eq!(*lock(&asked.0), once);
        // Another question about the same token.
        access.check(&reader, "put", "/log-level").await.unwrap_err();
        assert_eq!(lock(&asked.0).len(), 3);
        advance(Duration::from_secs(1)).await;
        access.check(&reader, "get", PATH).await.unwrap();
        assert_eq!(lock(&asked.0).get(3..).unwrap(), once);
    }

    #[tokio::test]
    async fn who_may_not() {
        let access = Access::by(Box::new(Asked::default()), LIFE);
        let check = async |header: &str| access.check(&headers(header), "get", PATH).await.unwrap_err();
        assert_eq!(access.check(&HeaderMap::new(), "get", PATH).await, Err(Denied::NoToken));
        assert_eq!(check("Basic reader").await, Denied::NoToken);
        assert_eq!(check("Bearer nobody").await, Denied::WrongToken);
        let forbidden = Denied::Forbidden { user: "guest".into(), verb: "get", path: PATH.into() };
        assert_eq!(check("Bearer guest").await, forbidden);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_of_nobody_is_not_asked_for_twice() {
        let asked = Asked::default();
        let access = Access::by(Box::new(asked.clone()), LIFE);
        for _ in 0..3 {
            access.check(&headers("Bearer nobody"), "get", PATH).await.unwrap_err();
        }
        assert_eq!(lock(&asked.0).len(), 1);
    }

    #[test]
    fn nothing_that_is_kept_holds_a_token() {
        let mut cache = Cache::new(LIFE);
        cache.put(Hash::from(Sha256::digest("secret")), Some(User(json!({"username": "a"}))), Instant::now());
        assert!(!format!("{cache:?}").contains("secret"));
    }
}
