//! The addresses of repositories that are accepted.
//!
//! What is left out is left out on purpose: `file://` and paths read the host, `git://` has neither secrecy nor trust,
//! `ext::` and its like run programs. Whatever begins with `-` could pass for an option (CVE-2017-1000117).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use rukpak_tree::{ShownPath, is_harmless};
use thiserror::Error;
use url::{Host, Url};

/// Bytes of a URL. More than any server accepts.
const MAX_BYTES: usize = 2048;

/// Who logs in over SSH where the URL does not say it, as on every forge, and as in rukpak.
const SSH_USER: &str = "git";

/// A repository: `https://…`, `http://…`, `ssh://[user@]host[:port]/path` or `user@host:path`. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryUrl {
    text: String,
    transport: Transport,
    /// Scheme, host and port, to scope credentials; of SSH the host.
    origin: String,
    is_loopback: bool,
}

/// How a repository is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Http,
    Https,
    Ssh,
}

/// A text that is no address of a repository. What it prints has neither user nor password nor query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlError {
    /// It contains a blank, a backslash, a control character or one that hides others.
    #[error("got repository {0}, expected no blanks, backslashes and control characters in it")]
    Character(ShownPath),
    /// It is too long.
    #[error("the URL of a repository has {0} bytes, the limit is {MAX_BYTES}")]
    TooLong(usize),
    /// It is none of the forms.
    #[error(
        "got repository {0}, expected https://…, http://…, ssh://[user@]host[:port]/path or user@host:path"
    )]
    Form(ShownPath),
    /// It asks for another protocol.
    #[error("got repository {0}, expected one that begins with https://, http:// or ssh://")]
    Scheme(ShownPath),
    /// It holds a user or a password.
    #[error("a user or password stands in {0}, give them by the auth secret (username and password)")]
    Credentials(ShownPath),
    /// It has a query or fragment.
    #[error("got repository {0} with a query or fragment, expected none")]
    Query(ShownPath),
    /// The user, host or port is not acceptable.
    #[error("got repository {0}, expected a host that is a name or an address, and a port from 1 to 65535")]
    Authority(ShownPath),
    /// The path is not acceptable.
    #[error("got repository {0}, expected a path that does not begin with -")]
    Path(ShownPath),
}

impl RepositoryUrl {
    /// What someone typed, as it can be printed: what may be a secret is left out, whether it is a URL or not.
    #[must_use]
    pub fn shown(text: &str) -> ShownPath {
        text.parse::<Self>().map_or_else(|_| shown(text), |url| ShownPath::new(url.text))
    }

    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    /// Scheme, host and port, as git compares them to scope credentials.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the host is this one, which no proxy can reach.
    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for RepositoryUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_BYTES {
            return Err(UrlError::TooLong(text.len()));
        }
        let is_odd =
            |character: char| character.is_whitespace() || character == '\\' || !is_harmless(character);
        if text.chars().any(is_odd) || encodes_control_character(text) {
            return Err(UrlError::Character(shown(text)));
        }
        match text.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "https" => web(text, Transport::Https),
                "http" => web(text, Transport::Http),
                "ssh" => ssh(text, rest),
                _ => Err(UrlError::Scheme(shown(text))),
            },
            None => scp(text),
        }
    }
}

/// The parser of browsers reads it, and what that makes of it goes to git, so that the two cannot disagree on the host.
fn web(text: &str, transport: Transport) -> Result<RepositoryUrl, UrlError> {
    let url = Url::parse(text).map_err(|_| UrlError::Authority(shown(text)))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials(shown(text)));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlError::Query(shown(text)));
    }
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) if is_host_name(name) => is_local_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => return Err(UrlError::Authority(shown(text))),
    };
    if url.port() == Some(0) {
        return Err(UrlError::Authority(shown(text)));
    }
    let origin = url.origin().ascii_serialization();
    Ok(RepositoryUrl { text: url.into(), transport, origin, is_loopback })
}

fn ssh(text: &str, rest: &str) -> Result<RepositoryUrl, UrlError> {
    if rest.contains(['?', '#']) {
        return Err(UrlError::Query(shown(text)));
    }
    let (authority, path) = rest.split_once('/').ok_or_else(|| UrlError::Path(shown(text)))?;
    let (user, address) = authority.rsplit_once('@').unwrap_or((SSH_USER, authority));
    if user.contains(':') {
        return Err(UrlError::Credentials(shown(text)));
    }
    // The colons of an address of IPv6 stand in brackets.
    let host_end = address.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match address.get(host_end..).and_then(|rest| rest.find(':')) {
        Some(colon) => address.split_at(host_end + colon),
        None => (address, ""),
    };
    let port_is_fine = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
        });
    if !is_user(user) || !port_is_fine {
        return Err(UrlError::Authority(shown(text)));
    }
    if path.is_empty() || path.starts_with('-') {
        return Err(UrlError::Path(shown(text)));
    }
    let is_loopback = is_loopback_host(host).ok_or_else(|| UrlError::Authority(shown(text)))?;
    let whole = format!("ssh://{user}@{host}{port}/{path}");
    Ok(RepositoryUrl { text: whole, transport: Transport::Ssh, origin: host.to_owned(), is_loopback })
}

/// The form of `scp`: the path is relative to the user's home.
fn scp(text: &str) -> Result<RepositoryUrl, UrlError> {
    let form = || UrlError::Form(shown(text));
    let (user, rest) = text.split_once('@').ok_or_else(form)?;
    let colon = match rest.strip_prefix('[') {
        Some(inner) => inner.find("]:").map(|end| end + 2),
        None => rest.find(':'),
    };
    let (host, path) = rest.split_at_checked(colon.ok_or_else(form)?).ok_or_else(form)?;
    let path = path.strip_prefix(':').ok_or_else(form)?;
    if user.contains([':', '/']) {
        return Err(form());
    }
    let is_loopback = is_loopback_host(host).filter(|_| is_user(user));
    let is_loopback = is_loopback.ok_or_else(|| UrlError::Authority(shown(text)))?;
    if path.is_empty() || path.starts_with('-') {
        return Err(UrlError::Path(shown(text)));
    }
    Ok(RepositoryUrl {
        text: text.to_owned(),
        transport: Transport::Ssh,
        origin: host.to_owned(),
        is_loopback,
    })
}

fn is_user(user: &str) -> bool {
    !user.is_empty()
        && !user.starts_with('-')
        && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

/// Whether a host is this one; nothing where it is no host at all.
fn is_loopback_host(host: &str) -> Option<bool> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().ok().map(|address| address.is_loopback());
    }
    let address = host.parse::<Ipv4Addr>();
    let is_loopback = address.is_ok_and(|address| address.is_loopback()) || is_local_name(host);
    is_host_name(host).then_some(is_loopback)
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty()
        && !host.starts_with(['-', '.'])
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_local_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// git decodes `%0a` and its like before it looks at the parts of a URL.
fn encodes_control_character(text: &str) -> bool {
    let mut escapes = text.split('%').skip(1).filter_map(|rest| rest.get(..2));
    escapes.any(|digits| u8::from_str_radix(digits, 16).is_ok_and(|byte| byte.is_ascii_control()))
}

/// An address as an error prints it: without what may be a secret.
fn shown(text: &str) -> ShownPath {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    match rest.rsplit_once('@') {
        Some((_, rest)) => ShownPath::new(format!("{scheme}…@{rest}")),
        None => ShownPath::new(text),
    }
}

#[cfg(test)]
mod tests;
