//! What git, ssh and servers say when something fails: what it means, and how it is printed.
//!
//! The texts are those of git and OpenSSH under `LC_ALL=C`, and of the large forges. What a server says can be anything, so
//! no decision of trust hangs on it.

use rukpak_oci::Secret;
use rukpak_tree::is_harmless;

use crate::Access;

/// Bytes of a program's messages that are held: the last ones, which say why it gave up.
const HELD_BYTES: usize = 16 << 10;

/// Characters that an error prints.
const SHOWN_CHARACTERS: usize = 1000;

/// How long a line of a private key must be to be one that says something.
const KEY_LINE_BYTES: usize = 16;

/// The end of what a program writes to standard error.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    cut: bool,
}

impl Tail {
    pub(super) fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        let excess = self.bytes.len().saturating_sub(HELD_BYTES);
        self.bytes.drain(..excess);
        self.cut |= excess > 0;
    }

    /// The lines that say something, without secrets and control characters, joined by `; `.
    ///
    /// A first line that is not whole is dropped: the half of a secret would not be recognised.
    pub(super) fn shown(&self, secrets: &Secrets) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = match text.split_once('\n') {
            Some((_, rest)) if self.cut => rest,
            None if self.cut => "",
            _ => &text,
        };
        let text = secrets.redact(text);
        let lines = text.split(['\n', '\r']).map(harmless).filter(|line| says_something(line));
        let shown = lines.collect::<Vec<_>>().join("; ");
        let excess = shown.chars().count().saturating_sub(SHOWN_CHARACTERS);
        if excess == 0 { shown } else { format!("…{}", shown.chars().skip(excess).collect::<String>()) }
    }
}

fn harmless(line: &str) -> String {
    let characters = line.chars().map(|character| if is_harmless(character) { character } else { ' ' });
    characters.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line is neither progress, nor advice, nor decoration.
fn says_something(line: &str) -> bool {
    let text = line.strip_prefix("remote: ").unwrap_or(line);
    let is_progress = text.contains("% (")
        || ["Enumerating objects:", "Counting objects:", "Total ", "From "]
            .iter()
            .any(|start| text.starts_with(start));
    let is_advice = text.starts_with("hint:")
        || text == "Please make sure you have the correct access rights"
        || text == "and the repository exists.";
    let is_empty = text == "remote:" || !text.chars().any(char::is_alphanumeric);
    !(is_progress || is_advice || is_empty)
}

/// What must not be printed of an access.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Vec<Secret>);

impl Secrets {
    pub(super) fn of(access: &Access) -> Self {
        let mut secrets = Vec::new();
        if let Some(basic) = &access.basic {
            secrets.extend([basic.encoded(), basic.password.clone()]);
        }
        if let Some(ssh) = &access.ssh {
            let lines = ssh.private_key.expose().lines().map(str::trim);
            secrets.extend(lines.filter(|line| line.len() >= KEY_LINE_BYTES).map(Secret::new));
        }
        secrets.retain(|secret| !secret.expose().is_empty());
        // A secret that contains another one goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(secrets)
    }

    /// Takes the secrets out of a text, and the users and passwords out of its URLs, a proxy's for one.
    fn redact(&self, text: &str) -> String {
        let text =
            self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "<redacted>"));
        let mut parts = text.split("://");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |redacted, part| {
            let end = part.find(|character: char| "/'\"".contains(character) || character.is_whitespace());
            let (authority, rest) = part.split_at(end.unwrap_or(part.len()));
            match authority.rsplit_once('@') {
                // The user of SSH is none of the secrets.
                Some((user, host)) if user.contains(':') => format!("{redacted}://…@{host}{rest}"),
                _ => format!("{redacted}://{part}"),
            }
        })
    }
}

/// What a message means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server wants credentials, or others than these.
    Authentication,
    /// The server's SSH key is not the known one.
    HostKey,
    /// The server's certificate is not trusted.
    Certificate,
    /// The server knows no such repository, or does not tell.
    NoSuchRepository,
    /// The server has no such commit or reference.
    NoSuchRevision,
    /// The server has not said that the commit is there, and gives only what it has named.
    NotAdvertised,
    /// The server cannot be reached.
    Unreachable,
    /// Nothing came for too long.
    Stalled,
    /// The connection ended in the midst of something.
    Cut,
    /// Anything else.
    Other,
}

/// The texts that tell meanings apart, the first that fits counts: what ssh says comes before git's summary of it.
const MEANINGS: &[(Meaning, &[&str])] = &[
    (
        Meaning::HostKey,
        &["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "host key is known for"],
    ),
    (
        Meaning::Authentication,
        &[
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "Permission denied (",
            "Too many authentication failures",
            "requested URL returned error: 401",
            "requested URL returned error: 403",
            "requested URL returned error: 407",
            "from proxy after CONNECT",
        ],
    ),
    (
        Meaning::Certificate,
        &[
            "certificate verification failed",
            "SSL certificate problem",
            "certificate verify failed",
            "certificate subject name",
            "no alternative certificate",
            "error setting certificate",
        ],
    ),
    (
        Meaning::NoSuchRepository,
        &[
            "Repository not found",
            "does not appear to be a git repository",
            "could not be found",
            "does not exist",
            "' not found",
        ],
    ),
    // The last is what a server of plain files ("dumb http") is told of.
    (Meaning::NotAdvertised, &["unadvertised object", " not valid", "does not support shallow"]),
    (Meaning::NoSuchRevision, &["not our ref", "find remote ref", "no such remote ref"]),
    (
        Meaning::Stalled,
        &[
            "Operation too slow",
            "Operation timed out",
            "Timeout, server",
            "Connection timed out",
            "timed out after",
        ],
    ),
    (
        Meaning::Unreachable,
        &[
            "Could not resolve",
            "Failed to connect",
            "Couldn't connect",
            "Connection refused",
            "No route to host",
            "Network is unreachable",
        ],
    ),
    (
        Meaning::Cut,
        &[
            "early EOF",
            "hung up unexpectedly",
            "unexpected disconnect",
            "RPC failed",
            "Connection reset",
            "Connection closed by",
            "Empty reply from server",
            "transfer closed",
            "Recv failure",
            "unexpected eof",
            "not properly terminated",
        ],
    ),
];

/// What a message means.
pub(super) fn meaning(message: &str) -> Meaning {
    let fits = |(_, texts): &&(Meaning, &[&str])| texts.iter().any(|text| message.contains(text));
    MEANINGS.iter().find(fits).map_or(Meaning::Other, |(meaning, _)| *meaning)
}

#[cfg(test)]
mod tests;
