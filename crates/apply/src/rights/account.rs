//! Who acts.

use std::fmt;
use std::str::FromStr;

use rukpak_manifest::Namespace;
use rukpak_manifest::name::dns1123_subdomain;
use serde_json::{Value, json};
use thiserror::Error;

use super::RBAC;

/// How the user name of a `ServiceAccount` begins (apiserver, `pkg/authentication/serviceaccount`).
const PREFIX: &str = "system:serviceaccount:";

/// A `ServiceAccount` to act as. As text `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceAccount {
    namespace: Namespace,
    name: String,
}

/// A text that names no [`ServiceAccount`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("got service account {text:?}, expected NAMESPACE/NAME{because}")]
pub struct InvalidAccount {
    text: String,
    because: String,
}

/// Whoever makes the requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A `ServiceAccount`.
    ServiceAccount(ServiceAccount),
    /// Somebody else, by the name that the server knows them by.
    User(String),
    /// Somebody whose name the server does not tell.
    Unknown,
}

impl ServiceAccount {
    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.as_str()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The user that it is to an API server. Its groups follow from that and need not be asked for.
    #[must_use]
    pub fn user(&self) -> String {
        format!("{PREFIX}{}:{}", self.namespace(), self.name)
    }
}

impl FromStr for ServiceAccount {
    type Err = InvalidAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |because: &str| InvalidAccount {
            text: text.chars().take(600).collect(),
            because: if because.is_empty() { String::new() } else { format!(": {because}") },
        };
        let (namespace, name) = text.split_once('/').ok_or_else(|| invalid(""))?;
        let namespace = namespace.parse().map_err(|_| invalid("the namespace is not a valid one"))?;
        if let Some(wrong) = dns1123_subdomain(name).first() {
            return Err(invalid(&format!("the name {wrong}")));
        }
        Ok(Self { namespace, name: name.into() })
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace(), self.name)
    }
}

impl Actor {
    /// Of a user name.
    #[must_use]
    pub fn of_user(user: &str) -> Self {
        let account = user.strip_prefix(PREFIX).and_then(|rest| rest.replacen(':', "/", 1).parse().ok());
        match account {
            Some(account) => Self::ServiceAccount(account),
            None if user.is_empty() => Self::Unknown,
            None => Self::User(user.into()),
        }
    }

    /// As the subject of a binding; `None` where nobody knows.
    pub(super) fn subject(&self) -> Option<Value> {
        match self {
            Self::ServiceAccount(account) => Some(json!({
                "kind": "ServiceAccount", "namespace": account.namespace(), "name": account.name(),
            })),
            Self::User(name) => Some(json!({"apiGroup": RBAC, "kind": "User", "name": name})),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceAccount(account) => write!(f, "ServiceAccount {account}"),
            Self::User(name) => write!(f, "user {name}"),
            Self::Unknown => f.write_str("the user of this cluster"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("web/installer", "system:serviceaccount:web:installer")]
    #[case("web/in.stall-er", "system:serviceaccount:web:in.stall-er")]
    fn accounts_are_users(#[case] text: &str, #[case] user: &str) {
        let account: ServiceAccount = text.parse().unwrap();
        assert_eq!((account.to_string().as_str(), account.user().as_str()), (text, user));
        assert_eq!(Actor::of_user(user), Actor::ServiceAccount(account));
    }

    #[rstest]
    #[case::none("installer", "")]
    #[case::no_namespace("/installer", ": the namespace is not a valid one")]
    #[case::no_label("we.b/installer", ": the namespace is not a valid one")]
    fn what_is_no_account(#[case] text: &str, #[case] because: &str) {
        let error = text.parse::<ServiceAccount>().unwrap_err().to_string();
        assert_eq!(error, format!("got service account {text:?}, expected NAMESPACE/NAME{because}"));
    }

    #[rstest]
    #[case::no_name("web/")]
    #[case::two_slashes("web/a/b")]
    #[case::colon("web/a:b")]
    #[case::line("web/a\r\nImpersonate-Group: system:masters")]
    fn what_is_no_name(#[case] text: &str) {
        let error = text.parse::<ServiceAccount>().unwrap_err().to_string();
        assert!(error.contains(": the name a lowercase RFC 1123 subdomain must"), "{error}");
    }

    #[rstest]
    #[case("alice", "user alice")]
    #[case("system:serviceaccount:web", "user system:serviceaccount:web")]
    #[case("system:serviceaccount:a:b:c", "user system:serviceaccount:a:b:c")]
    #[case("", "the user of this cluster")]
    fn others_are_users(#[case] user: &str, #[case] shown: &str) {
        assert_eq!(Actor::of_user(user).to_string(), shown);
    }
}
