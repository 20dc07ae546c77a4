//! Asking an API server who shows a token, and what they may do.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rukpak_apply::cluster::{Address, ApiError, Cluster, Mode};
use rukpak_manifest::Object;
use serde_json::{Value, json};

/// How long a review may be asked for again, while somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who shows a token, as a `TokenReview` says: `username`, `uid`, `groups`, `extra`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User(pub(super) Value);

/// Who decides.
pub(super) trait Reviews: Send + Sync {
    /// Who shows this token; `None` where it is nobody's.
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<User>, ApiError>>;

    /// Whether a user may do this with a path.
    fn authorize<'a>(
        &'a self,
        user: &'a User,
        verb: &'a str,
        path: &'a str,
    ) -> BoxFuture<'a, Result<bool, ApiError>>;
}

/// An API server, which takes reviews from whoever has `create` on `tokenreviews` and `subjectaccessreviews`: the `ClusterRole`
/// `system:auth-delegator`.
pub(super) struct ApiServer(Cluster);

impl User {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.0.get("username").and_then(Value::as_str).unwrap_or_default()
    }
}

impl ApiServer {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self(cluster.with_patience(PATIENCE))
    }

    async fn review(&self, group: &str, kind: &str, whose: &str, spec: Value) -> Result<Object, ApiError> {
        let plural = format!("{}s", kind.to_lowercase());
        // A review has no name; this one stands in errors.
        let address = Address::known([group, "v1", kind, &plural], None, whose);
        let review = Object::new(&format!("{group}/v1"), kind, None, "").with("spec", spec);
        self.0.create(&address, &review, Mode::Write).await
    }
}

impl Reviews for ApiServer {
    fn authenticate<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<User>, ApiError>> {
        Box::pin(async move {
            let review = self
                .review("authentication.k8s.io", "TokenReview", "of a bearer token", json!({"token": token}))
                .await?;
            let is_authentic = review.get(&["status", "authenticated"]) == Some(&Value::Bool(true));
            Ok(review.get(&["status", "user"]).filter(|_| is_authentic).cloned().map(User))
        })
    }

    fn authorize<'a>(
        &'a self,
        user: &'a User,
        verb: &'a str,
        path: &'a str,
    ) -> BoxFuture<'a, Result<bool, ApiError>> {
        Box::pin(async move {
            let of_user = |field| user.0.get(field).cloned().unwrap_or_default();
            let spec = json!({
                "user": user.name(),
                "uid": of_user("uid"),
                "groups": of_user("groups"),
                "extra": of_user("extra"),
                "nonResourceAttributes": {"verb": verb, "path": path},
            });
            let review =
                self.review("authorization.k8s.io", "SubjectAccessReview", "of its holder", spec).await?;
            Ok(review.get(&["status", "allowed"]) == Some(&Value::Bool(true)))
        })
    }
}
