//! Requests, as the audit log tells of them.

use std::fmt;

use serde_json::Value;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asked.
    pub user: String,
    /// As whom, where it is somebody else.
    pub impersonated: Option<String>,
    /// With what program.
    pub agent: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; of what is no object, the method in
    /// lower case.
    pub verb: String,
    /// The API group; empty for the core.
    pub group: String,
    /// The resource; empty where it is not about objects.
    pub resource: String,
    /// The subresource; mostly empty.
    pub subresource: String,
    /// The namespace, where there is one.
    pub namespace: String,
    /// The name, where one is known.
    pub name: String,
    /// The path and the query.
    pub uri: String,
    /// The status code.
    pub code: u16,
}

impl Request {
    /// Reads a line of the log.
    pub(super) fn parse(line: &str) -> serde_json::Result<Self> {
        let event: Value = serde_json::from_str(line)?;
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            user: text("/user/username"),
            impersonated: Some(text("/impersonatedUser/username")).filter(|user| !user.is_empty()),
            agent: text("/userAgent"),
            verb: text("/verb"),
            group: text("/objectRef/apiGroup"),
            resource: text("/objectRef/resource"),
            subresource: text("/objectRef/subresource"),
            namespace: text("/objectRef/namespace"),
            name: text("/objectRef/name"),
            uri: text("/requestURI"),
            code: event
                .pointer("/responseStatus/code")
                .and_then(Value::as_u64)
                .and_then(|code| code.try_into().ok())
                .unwrap_or_default(),
        })
    }

    /// Whether it asks only what would be.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        let query = self.uri.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| pair.starts_with("dryRun="))
    }

    /// Whether it is to change what is stored: reviews of rights and tokens are created, and not stored.
    #[must_use]
    pub fn is_write(&self) -> bool {
        let changes =
            matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection");
        let is_stored = !matches!(self.group.as_str(), "authentication.k8s.io" | "authorization.k8s.io")
            && self.subresource != "token";
        changes && is_stored && !self.is_dry_run()
    }
}

impl fmt::Display for Request {
    /// `patch apps/deployments/status NAMESPACE/NAME 200`, `list nodes 200`, or `get /version 200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, group, resource, subresource, namespace, name, uri, code, .. } = self;
        if resource.is_empty() {
            return write!(f, "{verb} {uri} {code}");
        }
        let joined = |parts: &[&String]| {
            let parts: Vec<&str> =
                parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
            parts.join("/")
        };
        let kind = joined(&[group, resource, subresource]);
        let object = joined(&[namespace, name]);
        let space = if object.is_empty() { "" } else { " " };
        let dry_run = if self.is_dry_run() { " (dry run)" } else { "" };
        write!(f, "{verb} {kind}{space}{object} {code}{dry_run}")
    }
}

/// Requests, in the order of their answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests(Vec<Request>);

impl Requests {
    /// Those for which something holds.
    #[must_use]
    pub fn filter(&self, holds: impl Fn(&Request) -> bool) -> Self {
        self.0.iter().filter(|request| holds(request)).cloned().collect()
    }

    /// Those of a user, as `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn by_user(&self, user: &str) -> Self {
        self.filter(|request| request.user == user)
    }

    /// Those of a program: its whole `User-Agent`, or how it begins.
    #[must_use]
    pub fn by_agent(&self, agent: &str) -> Self {
        self.filter(|request| request.agent.starts_with(agent))
    }

    /// Those that are to change what is stored.
    #[must_use]
    pub fn writes(&self) -> Self {
        self.filter(Request::is_write)
    }

    /// The others: `get`, `list`, `watch`, discovery, and what is asked without a change.
    #[must_use]
    pub fn reads(&self) -> Self {
        self.filter(|request| !request.is_write())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Request> {
        self.0.iter()
    }
}

impl FromIterator<Request> for Requests {
    fn from_iter<T: IntoIterator<Item = Request>>(requests: T) -> Self {
        Self(requests.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Requests {
    type Item = &'a Request;
    type IntoIter = std::slice::Iter<'a, Request>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Requests {
    /// One a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|request| writeln!(f, "{request}"))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::patch("patch", "apps", "deployments", "/x?fieldManager=m", true)]
    #[case::dry_run("patch", "apps", "deployments", "/x?fieldManager=m&dryRun=All", false)]
    #[case::read("list", "", "pods", "/x", false)]
    #[case::review("create", "authorization.k8s.io", "selfsubjectaccessreviews", "/x", false)]
    #[case::collection("deletecollection", "", "pods", "/x", true)]
    #[case::no_object("post", "", "", "/x", false)]
    fn writes_change_what_is_stored(
        #[case] verb: &str,
        #[case] group: &str,
        #[case] resource: &str,
        #[case] uri: &str,
        #[case] is_write: bool,
    ) {
        let object = json!({ "apiGroup": group, "resource": resource });
        let event = json!({ "verb": verb, "requestURI": uri, "objectRef": object });
        assert_eq!(Request::parse(&event.to_string()).unwrap().is_write(), is_write);
    }

    #[test]
    fn tokens_are_not_stored_and_nobody_is_taken_for_another() {
        let object =
            json!({ "resource": "serviceaccounts", "subresource": "token", "namespace": "n", "name": "a" });
        let event = json!({
            "verb": "create",
            "user": { "username": "system:serviceaccount:n:p" },
            "impersonatedUser": { "username": "system:serviceaccount:n:q" },
            "userAgent": "p/1.0",
            "requestURI": "/x",
            "objectRef": object,
            "responseStatus": { "code": 201 },
        });
        let request = Request::parse(&event.to_string()).unwrap();
        assert_eq!(request.to_string(), "create serviceaccounts/token n/a 201");
        assert!(!request.is_write());
        let requests: Requests = [request].into_iter().collect();
        assert_eq!(requests.by_user("system:serviceaccount:n:p").len(), 1);
        assert_eq!(requests.by_user("system:serviceaccount:n:q").len(), 0);
        assert_eq!((requests.by_agent("p/").len(), requests.by_agent("q/").len()), (1, 0));
    }
}
