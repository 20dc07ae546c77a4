//! Credential helpers: programs `docker-credential-NAME` that are given the name of a registry and print credentials.
//!
//! The protocol is that of `docker-credential-helpers` (`client.Get`). A helper is a program of the person at the command
//! line; it gets that person's environment, and no say over how long it runs and how much it prints.

mod exchange;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rukpak_tree::is_harmless;
use serde::Deserialize;

use super::config;
use super::{HelperError, KeyringError};
use crate::Credentials;
use exchange::Printed;

pub(super) use exchange::OUTPUT_SIZE;

/// What a helper prints, and ends with a failure, where it knows no credentials.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// How much of what a helper says is repeated, in characters.
const SAID: usize = 400;

/// The name of a helper, and where to look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Helper {
    name: String,
    search: Option<Arc<OsStr>>,
}

/// What a helper prints. It has no `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Helper {
    /// A helper in one of the directories of `search`. The name must be one of a file, and not of one elsewhere.
    pub(super) fn new(name: &str, search: Option<Arc<OsStr>>) -> Option<Self> {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let name = Some(name).filter(|name| !name.is_empty() && name.bytes().all(is_fine));
        name.map(|name| Self { name: name.to_owned(), search })
    }

    /// The credentials that the helper has for a registry.
    pub(super) async fn get(
        &self,
        registry: &str,
        timeout: Duration,
    ) -> Result<Option<Credentials>, KeyringError> {
        self.ask(registry, timeout).await.map_err(|source| KeyringError::Helper {
            registry: registry.to_owned(),
            program: self.program(),
            source,
        })
    }

    async fn ask(&self, registry: &str, timeout: Duration) -> Result<Option<Credentials>, HelperError> {
        let program = self.find().ok_or(HelperError::Missing)?;
        let printed = exchange::run(&program, self.search.as_deref(), registry, timeout).await?;
        credentials(&printed)
    }

    fn program(&self) -> String {
        format!("docker-credential-{}", self.name)
    }

    /// The program. As in Go, it is never taken from a directory that depends on where one stands.
    fn find(&self) -> Option<PathBuf> {
        let program = self.program();
        std::env::split_paths(self.search.as_deref()?)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(&program))
            .find(|path| path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0))
    }
}

fn credentials(printed: &Printed) -> Result<Option<Credentials>, HelperError> {
    let Printed { status, stdout, stderr } = printed;
    let answer = serde_json::from_slice::<Answer>(stdout).ok();
    let has_answered = answer.is_some();
    let credentials = answer.and_then(|answer| config::login(answer.username, answer.secret));
    if status.success() {
        return if has_answered { Ok(credentials) } else { Err(HelperError::Answer(stdout.len())) };
    }
    if [stdout, stderr].iter().any(|text| text.trim_ascii() == NOT_FOUND.as_bytes()) {
        return Ok(None);
    }
    let said = [stderr, stdout].map(|text| said(text, &credentials.clone().unwrap_or_default()));
    let said = said.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(": ");
    Err(HelperError::Failed {
        status: *status,
        said: if said.is_empty() { "it said nothing that can be shown".into() } else { said },
    })
}

/// A text of a helper on one line. Nothing of one that has a brace: it may be an answer, whole or in part.
fn said(text: &[u8], credentials: &Credentials) -> String {
    let text = String::from_utf8_lossy(text);
    if text.contains('{') {
        return String::new();
    }
    let text = credentials.redact(&text);
    let is_between = |letter: char| letter.is_whitespace() || !is_harmless(letter);
    let words: Vec<_> = text.split(is_between).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(SAID).collect()
}
