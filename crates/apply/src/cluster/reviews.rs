//! What the server says that we may do. Every user that it knows may ask for themselves.

use kube::api::PostParams;
use kube::core::Request;
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::{ApiError, Cluster, url};
use crate::ObjectId;
use crate::rights::{Actor, Right, Rule};

/// A namespace that no cluster can have, since its name has a dot: what holds in it holds everywhere.
const NOWHERE: &str = "no.namespace";

/// The rules that hold in a place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) rules: Vec<Rule>,
    /// Whether something may be allowed that no rule tells of, as by a webhook.
    pub(crate) is_incomplete: bool,
}

impl Cluster {
    /// Whether a right is ours.
    pub(crate) async fn may(&self, right: &Right) -> Result<bool, ApiError> {
        let review =
            self.review("authorization.k8s.io", "SelfSubjectAccessReview", right.attributes()).await?;
        Ok(review.get(&["status", "allowed"]) == Some(&Value::Bool(true)))
    }

    /// The rules that hold for us in a namespace, those that hold everywhere among them; or only these.
    pub(crate) async fn rules(&self, namespace: Option<&str>) -> Result<Rules, ApiError> {
        let spec = json!({"namespace": namespace.unwrap_or(NOWHERE)});
        let review = self.review("authorization.k8s.io", "SelfSubjectRulesReview", spec).await?;
        let list = |field| review.get(&["status", field]).and_then(Value::as_array).into_iter().flatten();
        let rules = list("resourceRules").chain(list("nonResourceRules")).map(Rule::of).collect();
        let is_incomplete = review.get(&["status", "incomplete"]) == Some(&Value::Bool(true));
        Ok(Rules { rules, is_incomplete })
    }

    /// Who we are.
    pub(crate) async fn actor(&self) -> Actor {
        if let Some(account) = self.account() {
            return Actor::ServiceAccount(account.clone());
        }
        // Servers before 1.28 do not tell.
        let review = self.review("authentication.k8s.io", "SelfSubjectReview", json!({})).await.ok();
        let user =
            review.as_ref().and_then(|review| review.get(&["status", "userInfo", "username"])?.as_str());
        Actor::of_user(user.unwrap_or_default())
    }

    async fn review(&self, group: &str, kind: &str, spec: Value) -> Result<Object, ApiError> {
        let body = Object::new(&format!("{group}/v1"), kind, None, "").with("spec", spec);
        let id = ObjectId {
            group: group.into(),
            kind: kind.into(),
            namespace: String::new(),
            name: "of ourselves".into(),
        };
        let plural = format!("{}s", kind.to_lowercase());
        let body = serde_json::to_vec(body.fields()).unwrap_or_default();
        let request = Request::new(url(group, "v1", &plural, None)).create(&PostParams::default(), body);
        self.send("create", &id, request).await?.object("create", &id)
    }
}
