//! Texts that must never be printed, and credentials made of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::byte_serialize;

use crate::message::message_of;

/// A password, a token or a key. It has no `Display`, and its `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text for a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A user's name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    /// The name of the user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl Basic {
    /// What stands behind `Basic` in an `Authorization` header.
    #[must_use]
    pub fn encoded(&self) -> Secret {
        Secret::new(STANDARD.encode(format!("{}:{}", self.username, self.password.expose())))
    }
}

/// How a client shows a registry who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Not at all.
    #[default]
    Anonymous,
    /// By name and password, to the registry itself or to its token server.
    Basic(Basic),
    /// By a token that the token server takes for a password (`identitytoken`).
    Identity(Secret),
    /// By a token that the registry itself takes (`registrytoken`).
    Bearer(Secret),
}

impl Credentials {
    /// Every text of them that must not be seen, longest first.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = match self {
            Self::Anonymous => vec![],
            Self::Basic(basic) => vec![basic.encoded(), basic.password.clone()],
            // It is sent in a form.
            Self::Identity(token) => {
                let encoded = byte_serialize(token.expose().as_bytes()).collect::<String>();
                vec![Secret::new(encoded), token.clone()]
            }
            Self::Bearer(token) => vec![token.clone()],
        };
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
        secrets
    }

    /// Takes the credentials out of a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        redact(text, &self.secrets())
    }

    /// What the body of an error says, on one line. A server may send back what it was sent: the credentials are taken out.
    #[must_use]
    pub fn message(&self, body: &[u8]) -> String {
        message_of(body, &self.secrets())
    }
}

/// Takes secrets out of a text.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let visible = secrets.iter().filter(|secret| !secret.0.is_empty());
    visible.fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "<redacted>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic() -> Credentials {
        Credentials::Basic(Basic { username: "kim".into(), password: Secret::new("hunter2") })
    }

    #[test]
    fn nothing_is_printed() {
        for credentials in [
            basic(),
            Credentials::Identity(Secret::new("hunter2")),
            Credentials::Bearer(Secret::new("hunter2")),
        ] {
            let debug = format!("{credentials:?}");
            assert!(debug.contains("<redacted>") && !debug.contains("hunter2"), "{debug}");
        }
    }

    #[test]
    fn what_a_server_sends_back_is_redacted() {
        let text = "hunter2 is wrong, as is a2ltOmh1bnRlcjI=";
        assert_eq!(basic().message(text.as_bytes()), "<redacted> is wrong, as is <redacted>");
        let identity = Credentials::Identity(Secret::new("hunter2&"));
        assert_eq!(identity.message(b"not refresh_token=hunter2%26"), "not refresh_token=<redacted>");
        let empty = Basic { username: String::new(), password: Secret::new("") };
        assert_eq!(Credentials::Basic(empty).message(b"text"), "text");
    }
}
