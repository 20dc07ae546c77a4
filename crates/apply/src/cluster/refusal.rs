//! What kinds of refusals there are, by what an API server says.

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such object, namespace or kind.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// It was changed meanwhile, or is another one.
    Conflict,
    /// A field that is set once was to be changed.
    Immutable,
    /// The object is not valid.
    Invalid,
    /// It is larger than what the server takes or stores.
    TooLarge,
    /// We may not.
    Forbidden,
    /// A quota is used up, or not yet counted.
    Quota,
    /// The namespace is being deleted.
    Terminating,
    /// A webhook or a policy says no.
    Webhook,
    /// A webhook does not answer.
    WebhookAway,
    /// A webhook that brings custom resources from version to version does not answer, or says that it cannot.
    ConversionAway,
    /// A version that an entry of the object's `managedFields` is of is not one of its kind any more.
    VersionGone,
    /// A list took so long that the server has forgotten its beginning.
    Expired,
    /// The server is busy, broken or away, or took too long.
    Unavailable,
    /// Something else.
    Other,
}

/// The kinds of policies that a message names.
const POLICIES: [&str; 2] = ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"];

/// How servers say that a field is set once: most kinds, the roles of bindings, the addresses of Services, the scope of
/// definitions and the like, and what Pods are.
const SET_ONCE: [&str; 5] = [
    "immutable",
    "cannot change roleRef",
    "may not change once set",
    "may not be changed in an update",
    "pod updates may not change fields other than",
];

/// How a server begins that cannot bring a custom resource to the version of an entry of its `managedFields`.
const VERSION_GONE: &str = "request to convert CR to an invalid group/version: ";

impl Refusal {
    pub(super) fn of(code: u16, reason: &str, message: &str) -> Self {
        let says = |words: &str| message.contains(words);
        match (code, reason) {
            (404, _) => Self::NotFound,
            (409, "AlreadyExists") => Self::AlreadyExists,
            (409, _) => Self::Conflict,
            (410, _) => Self::Expired,
            _ if says("failed calling webhook") => Self::WebhookAway,
            _ if says("admission webhook") => Self::Webhook,
            _ if POLICIES.iter().any(|policy| says(policy)) && says("denied request") => Self::Webhook,
            // The second is one that the controllers have not counted yet.
            (403, _) if says("exceeded quota") || says("status unknown for quota") => Self::Quota,
            (403, _) if says("is being terminated") => Self::Terminating,
            (403 | 401, _) => Self::Forbidden,
            (422, _) if SET_ONCE.iter().any(|words| says(words)) => Self::Immutable,
            (422, _) if says("updates to") && says("forbidden") => Self::Immutable,
            // What a server says to a JSON Patch one of whose tests fails.
            (422, _) if says("the server rejected our request due to an error in our request") => {
                Self::Conflict
            }
            (413, _) => Self::TooLarge,
            // What etcd, or its client, says goes through the API server as it is.
            (500, _) if says("request is too large") || says("message larger than max") => Self::TooLarge,
            (400 | 415 | 422, _) => Self::Invalid,
            // Server-side apply says so with 500.
            (500, _)
                if says("failed to create typed patch object")
                    || says("failed to create typed live object")
                    || says("unable to convert unstructured object to ") =>
            {
                Self::Invalid
            }
            (500, _) if says("conversion webhook for ") => Self::ConversionAway,
            (500, _) if says(VERSION_GONE) => Self::VersionGone,
            (429 | 500..=599, _) => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// The webhook that a message is about: the first thing that stands in quotes behind `webhook`.
pub(super) fn webhook(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("webhook \"")?;
    Some(rest.split_once('"')?.0)
}

/// The version of a group that a message says is gone.
pub(super) fn version_gone(message: &str) -> Option<&str> {
    message.split_once(VERSION_GONE)?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(404, "NotFound", "configmaps \"a\" not found", Refusal::NotFound)]
    #[case(404, "", "404 page not found", Refusal::NotFound)]
    #[case(409, "AlreadyExists", "configmaps \"a\" already exists", Refusal::AlreadyExists)]
    #[case(409, "Conflict", "Operation cannot be fulfilled on configmaps \"a\"", Refusal::Conflict)]
    #[case(410, "Expired", "The provided continue parameter is too old", Refusal::Expired)]
    #[case(403, "Forbidden", "configmaps is forbidden: User \"x\" cannot list resource", Refusal::Forbidden)]
    #[case(401, "Unauthorized", "Unauthorized", Refusal::Forbidden)]
    #[case(403, "Forbidden", "secrets \"a\" is forbidden: exceeded quota: q, requested: 1", Refusal::Quota)]
    #[case(
        403,
        "Forbidden",
        "secrets \"a\" is forbidden: status unknown for quota: q, resources: count/secrets",
        Refusal::Quota
    )]
    #[case(
        403,
        "Forbidden",
        "unable to create new content in namespace a because it is being terminated",
        Refusal::Terminating
    )]
    #[case(400, "", "admission webhook \"v.example.com\" denied the request: no", Refusal::Webhook)]
    #[case(
        500,
        "InternalError",
        "Internal error occurred: failed calling webhook \"v.example.com\": failed to call webhook: Post \"https://a.b.svc:443/\": \
         context deadline exceeded",
        Refusal::WebhookAway
    )]
    #[case(
        422,
        "Invalid",
        "Deployment \"a\" is invalid: spec.selector: field is immutable",
        Refusal::Immutable
    )]
    #[case(
        422,
        "Invalid",
        "updates to statefulset spec for fields other than a are forbidden",
        Refusal::Immutable
    )]
    #[case(
        422,
        "Invalid",
        "RoleBinding.rbac.authorization.k8s.io \"a\" is invalid: roleRef: Invalid value: \
         {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"b\"}: cannot change roleRef",
        Refusal::Immutable
    )]
    #[case(
        422,
        "Invalid",
        "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set",
        Refusal::Immutable
    )]
    #[case(
        422,
        "Invalid",
        "PriorityClass.scheduling.k8s.io \"a\" is invalid: value: Forbidden: may not be changed in an update.",
        Refusal::Immutable
    )]
    #[case(
        422,
        "Invalid",
        "Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than \
         `spec.containers[*].image`,`spec.tolerations` (only additions to existing tolerations)",
        Refusal::Immutable
    )]
    #[case(
        403,
        "Forbidden",
        "Deployment.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
        Refusal::Webhook
    )]
    #[case(
        422,
        "Invalid",
        "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: it is immutable",
        Refusal::Webhook
    )]
    #[case(
        403,
        "Forbidden",
        "configmaps \"a\" is forbidden: MutatingAdmissionPolicy 'p' with binding 'b' denied request: no",
        Refusal::Webhook
    )]
    #[case(
        403,
        "Forbidden",
        "validatingadmissionpolicies \"a\" is forbidden: User \"x\" cannot list ValidatingAdmissionPolicy",
        Refusal::Forbidden
    )]
    #[case(422, "Invalid", "Service \"a\" is invalid", Refusal::Invalid)]
    #[case(
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
        Refusal::Conflict
    )]
    #[case(413, "RequestEntityTooLarge", "limit is 3145728", Refusal::TooLarge)]
    #[case(500, "", "etcdserver: request is too large", Refusal::TooLarge)]
    #[case(500, "", "rpc error: trying to send message larger than max (3 vs. 2)", Refusal::TooLarge)]
    #[case(500, "", "failed to create typed patch object (a/b; v1, Kind=Service)", Refusal::Invalid)]
    #[case(
        500,
        "",
        "failed to create typed live object (a/b; example.com/v1, Kind=Gadget)",
        Refusal::Invalid
    )]
    #[case(
        500,
        "",
        "failed to convert new object (/a; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, \
         Kind=Secret: error decoding from json: illegal base64 data at input byte 7",
        Refusal::Invalid
    )]
    #[case(
        500,
        "",
        "request to convert CR to an invalid group/version: example.com/v1beta1",
        Refusal::VersionGone
    )]
    #[case(
        500,
        "",
        "conversion webhook for a.b/v1, Kind=C failed: Post \"https://a.b.svc:443/\": context deadline exceeded",
        Refusal::ConversionAway
    )]
    #[case(500, "", "etcdserver: leader changed", Refusal::Unavailable)]
    #[case(429, "TooManyRequests", "too many requests", Refusal::Unavailable)]
    #[case(504, "Timeout", "request did not complete within the allotted timeout", Refusal::Unavailable)]
    #[case(405, "MethodNotAllowed", "the server does not allow this method", Refusal::Other)]
    fn refusals(#[case] code: u16, #[case] reason: &str, #[case] message: &str, #[case] expected: Refusal) {
        assert_eq!(Refusal::of(code, reason, message), expected);
    }

    #[rstest]
    #[case("admission webhook \"a.b\" denied the request: \"no\"", Some("a.b"))]
    #[case("Internal error occurred: failed calling webhook \"a.b\": failed", Some("a.b"))]
    #[case("conversion webhook for a.b/v1, Kind=C failed: Post \"https://x\"", None)]
    #[case("webhook \"open", None)]
    #[case("a \"b\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", None)]
    fn webhooks_are_named(#[case] message: &str, #[case] expected: Option<&str>) {
        assert_eq!(webhook(message), expected);
    }

    #[rstest]
    #[case("request to convert CR to an invalid group/version: a.b/v1beta1", Some("a.b/v1beta1"))]
    #[case("failed: request to convert CR to an invalid group/version: a.b/v1 (retried)", Some("a.b/v1"))]
    #[case("conversion webhook for a.b/v1, Kind=C failed", None)]
    fn versions_that_are_gone_are_named(#[case] message: &str, #[case] expected: Option<&str>) {
        assert_eq!(version_gone(message), expected);
    }
}
