//! Texts that must never be printed, and credentials made of them.

use std::cmp::Reverse;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;
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

    /// Every text of it that must not be seen. A URL need not have the signs at the end of what is encoded.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let encoded = self.encoded();
        let bare = Secret::new(encoded.expose().trim_end_matches('='));
        vec![encoded, bare, self.password.clone()]
    }

    /// Out of what stands there.
    pub(crate) fn decode(encoded: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (username, password) = text.split_once(':')?;
        Some(Self { username: username.to_owned(), password: Secret::new(password) })
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
    /// Every text of them that must not be seen.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Anonymous => vec![],
            Self::Basic(basic) => basic.secrets(),
            Self::Identity(token) | Self::Bearer(token) => vec![token.clone()],
        }
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

/// Takes secrets out of a text, in any form in which a server may repeat them.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut forms: Vec<_> = secrets.iter().flat_map(forms).filter(|form| !form.is_empty()).collect();
    // One may be the beginning of another.
    forms.sort_by_key(|form| Reverse(form.len()));
    forms.iter().fold(text.to_owned(), |text, form| text.replace(form, "<redacted>"))
}

/// Whether the name of a host has a secret in it, as far as a host can: it is in lower case.
pub(crate) fn is_in_host(host: &str, secrets: &[Secret]) -> bool {
    let mut texts = secrets.iter().map(Secret::expose).filter(|text| !text.is_empty());
    texts.any(|text| host.contains(&text.to_lowercase()))
}

/// A secret as it is, and as it stands in JSON, in a page, and in a form or a URL.
fn forms(secret: &Secret) -> Vec<String> {
    let text = secret.expose();
    let json = Value::from(text).to_string();
    let json = json.trim_matches('"').to_owned();
    // As Go writes it.
    let json_of_go = escaped(&json, &[('&', "\\u0026"), ('<', "\\u003c"), ('>', "\\u003e")]);
    let page = |quote, apostrophe| {
        escaped(text, &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', quote), ('\'', apostrophe)])
    };
    let form: String = byte_serialize(text.as_bytes()).collect();
    let url = form.replace('+', "%20").replace('*', "%2A").replace("%7E", "~");
    let mut forms = vec![text.to_owned(), json, json_of_go];
    forms.extend([page("&quot;", "&#39;"), page("&#34;", "&#39;"), page("&quot;", "&#x27;")]);
    forms.extend([lower_case(&form), lower_case(&url), form, url]);
    forms.extend(in_path(text));
    forms
}

/// As it stands in the path of a URL that it was put into as it is.
fn in_path(text: &str) -> Option<String> {
    let mut url: Url = "http://localhost".parse().ok()?;
    url.set_path(text);
    Some(url.path().trim_start_matches('/').to_owned())
}

fn escaped(text: &str, escapes: &[(char, &str)]) -> String {
    let escape = |letter: char| match escapes.iter().find(|(escaped, _)| *escaped == letter) {
        Some((_, escape)) => (*escape).to_owned(),
        None => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

/// With the digits of what is escaped by `%` in lower case.
fn lower_case(url: &str) -> String {
    let mut digits = 0;
    let lower = |letter: char| {
        digits = if letter == '%' { 3_u8 } else { digits.saturating_sub(1) };
        if digits > 0 { letter.to_ascii_lowercase() } else { letter }
    };
    url.chars().map(lower).collect()
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
    fn every_form_of_a_secret_is_redacted() {
        let secret = Secret::new(r#"a/b "c" <d'é>&\f"#);
        let forms = [
            r#"a/b "c" <d'é>&\f"#,
            r#"a/b \"c\" <d'é>&\\f"#,
            r#"a/b \"c\" \u003cd'é\u003e\u0026\\f"#,
            r"a/b &quot;c&quot; &lt;d&#39;é&gt;&amp;\f",
            r"a/b &#34;c&#34; &lt;d&#39;é&gt;&amp;\f",
            r"a/b &quot;c&quot; &lt;d&#x27;é&gt;&amp;\f",
            "a%2Fb+%22c%22+%3Cd%27%C3%A9%3E%26%5Cf",
            "a%2fb+%22c%22+%3cd%27%c3%a9%3e%26%5cf",
            "a%2Fb%20%22c%22%20%3Cd%27%C3%A9%3E%26%5Cf",
            "a%2fb%20%22c%22%20%3cd%27%c3%a9%3e%26%5cf",
        ];
        for credentials in [Credentials::Identity(secret.clone()), Credentials::Bearer(secret)] {
            for form in forms {
                assert_eq!(credentials.message(format!("{form} is wrong").as_bytes()), "<redacted> is wrong");
            }
        }
    }

    #[test]
    fn what_a_server_sends_back_is_redacted() {
        let text = "hunter2 is wrong, as is a2ltOmh1bnRlcjI=";
        assert_eq!(basic().message(text.as_bytes()), "<redacted> is wrong, as is <redacted>");
        let identity = Credentials::Identity(Secret::new("hunter2&"));
        assert_eq!(identity.message(b"not refresh_token=hunter2%26"), "not refresh_token=<redacted>");
        let form =
            br#"{"errors":[{"code":"DENIED","message":"not \"hunter2&\", hunter2\\u0026 or hunter2&amp;"}]}"#;
        assert_eq!(identity.message(form), "not \"<redacted>\", <redacted> or <redacted> (DENIED)");
        let empty = Basic { username: String::new(), password: Secret::new("") };
        assert_eq!(Credentials::Basic(empty).message(b"text"), "text");
    }
}
