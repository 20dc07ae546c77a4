//! Credential plugins: programs of a kubeconfig that say who somebody is
//! (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>).
//!
//! In: what the kubeconfig says of one. Out: a certificate, or a token that is asked for again when it has expired or is not taken any
//! more. `kube` itself would run one for each client, and let nothing else happen meanwhile. What a plugin prints on standard output is
//! never told: it may be a token.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use http::HeaderValue;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What a plugin is told, in a variable of its environment.
const INFO: &str = "KUBERNETES_EXEC_INFO";

/// How long before a token expires another one is asked for.
const AHEAD: SignedDuration = SignedDuration::from_secs(10);

/// How long the answer of a plugin is good for, whatever becomes of it: it would say the same once more.
const LEAST: Duration = Duration::from_secs(10);

/// Characters of what a plugin says on standard error that are told.
const CHARACTERS: usize = 1000;

/// What a plugin is asked for.
pub(super) const EXPECTED: &str = "an ExecCredential with a token, or a certificate and its key";

/// Why a credential plugin says nobody who we are.
#[derive(Debug, Error)]
pub enum PluginError {
    /// No program is named.
    #[error("the kubeconfig names a credential plugin without a command")]
    NoCommand,
    /// It cannot be started.
    #[error("cannot run the credential plugin {command}")]
    Start {
        /// Its name.
        command: String,
        /// How to get it, in the words of the kubeconfig.
        hint: Option<String>,
        /// Why.
        source: io::Error,
    },
    /// It asks somebody, and nobody is there.
    #[error("the credential plugin {command} has to ask somebody, and standard input is no terminal")]
    NobodyToAsk {
        /// Its name.
        command: String,
    },
    /// It failed.
    #[error("the credential plugin {command} failed with {}{}", Ended(*.status), Said(.said))]
    Failed {
        /// Its name.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said on standard error, where that was not seen.
        said: String,
        /// How to get it, in the words of the kubeconfig.
        hint: Option<String>,
    },
    /// It printed something else than what it was asked for.
    #[error("the credential plugin {command} answers with something else, expected {EXPECTED}")]
    Answer {
        /// Its name.
        command: String,
    },
}

impl PluginError {
    /// How to get the plugin, in the words of the kubeconfig and on one line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let (Self::Start { hint, .. } | Self::Failed { hint, .. }) = self else { return None };
        let hint = hint.as_ref()?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!hint.is_empty()).then_some(hint)
    }
}

/// How a program ended.
struct Ended(ExitStatus);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.code() {
            Some(code) => write!(f, "exit code {code}"),
            None => self.0.fmt(f),
        }
    }
}

/// What it said, if that is known.
struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ": {}", self.0) }
    }
}

/// A plugin that gave a token, and is asked for the next one when that is to be another.
#[derive(Debug)]
pub(super) struct Plugin {
    exec: ExecConfig,
    token: Mutex<Token>,
}

/// A token, as a request shows it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    shown: HeaderValue,
    expires: Option<Timestamp>,
    since: Instant,
}

/// What a plugin answers.
pub(super) struct Credential {
    pub(super) token: Option<Token>,
    /// A certificate and its key, as PEM.
    pub(super) identity: Option<(String, String)>,
}

impl Plugin {
    /// One that was run, and what it gave.
    pub(super) fn new(exec: ExecConfig, token: Token) -> Self {
        Self { exec, token: Mutex::new(token) }
    }

    /// The header of a request, with a token that has not expired.
    pub(super) async fn header(&self) -> Result<HeaderValue, PluginError> {
        let mut token = self.token.lock().await;
        if token.has_expired(Timestamp::now()) {
            self.renew(&mut token).await?;
        }
        Ok(token.shown.clone())
    }

    /// Another header than one that is not taken any more; `None` where it was given just now, so that there is no better one.
    pub(super) async fn other_than(&self, refused: &HeaderValue) -> Result<Option<HeaderValue>, PluginError> {
        let mut token = self.token.lock().await;
        if token.shown == *refused {
            if token.since.elapsed() < LEAST {
                return Ok(None);
            }
            self.renew(&mut token).await?;
        }
        Ok((token.shown != *refused).then(|| token.shown.clone()))
    }

    async fn renew(&self, token: &mut Token) -> Result<(), PluginError> {
        let answer = run(&self.exec).await?;
        *token = answer.token.ok_or_else(|| PluginError::Answer { command: name(&self.exec) })?;
        Ok(())
    }
}

impl Token {
    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now + AHEAD >= end) && self.since.elapsed() >= LEAST
    }
}

fn name(exec: &ExecConfig) -> String {
    exec.command.clone().unwrap_or_default()
}

/// Runs a plugin. It ends when nobody waits for it any more.
pub(super) async fn run(exec: &ExecConfig) -> Result<Credential, PluginError> {
    let command = name(exec);
    if command.is_empty() {
        return Err(PluginError::NoCommand);
    }
    let may_ask = exec.interactive_mode != Some(ExecInteractiveMode::Never) && io::stdin().is_terminal();
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) && !may_ask {
        return Err(PluginError::NobodyToAsk { command });
    }
    let mut spec = json!({ "interactive": may_ask });
    if let (Some(cluster), Some(spec)) = (&exec.cluster, spec.as_object_mut()) {
        spec.insert("cluster".into(), json!(cluster));
    }
    let info = json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    let variables = exec.env.iter().flatten().filter_map(|one| Some((one.get("name")?, one.get("value")?)));
    // Whoever sits there sees what it says at once: it may be what they have to do.
    let is_seen = io::stderr().is_terminal();
    let hint = || exec.install_hint.clone();
    let child = Command::new(&command)
        .args(exec.args.iter().flatten())
        .envs(variables)
        .env(INFO, info.to_string())
        .stdin(if may_ask { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(if is_seen { Stdio::inherit() } else { Stdio::piped() })
        .kill_on_drop(true)
        .spawn();
    let output = match child {
        Ok(child) => child.wait_with_output().await,
        Err(error) => Err(error),
    };
    let output = match output {
        Ok(output) => output,
        Err(source) => return Err(PluginError::Start { command, hint: hint(), source }),
    };
    if !output.status.success() {
        let said = end_of(&String::from_utf8_lossy(&output.stderr));
        return Err(PluginError::Failed { command, status: output.status, said, hint: hint() });
    }
    credential(&output.stdout).ok_or(PluginError::Answer { command })
}

/// The end of a text of several lines, on one.
fn end_of(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    match line.char_indices().rev().nth(CHARACTERS - 1) {
        Some((start, _)) if start > 0 => format!("...{}", line.get(start..).unwrap_or_default()),
        _ => line,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// What it printed: JSON, or YAML, which `kubectl` takes as well. Why it cannot be read would quote it.
fn credential(bytes: &[u8]) -> Option<Credential> {
    let value = rukpak_manifest::read(bytes).ok()?.0.into_iter().next()?.value;
    let Status { expiration_timestamp, token, client_certificate_data, client_key_data } =
        serde_json::from_value::<Answer>(value).ok()?.status;
    let token = match token.filter(|token| !token.is_empty()) {
        Some(token) => {
            let mut shown = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
            shown.set_sensitive(true);
            Some(Token { shown, expires: expiration_timestamp, since: Instant::now() })
        }
        None => None,
    };
    let identity = match (client_certificate_data, client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return None,
    };
    (token.is_some() || identity.is_some()).then_some(Credential { token, identity })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    use std::error::Error as _;

    use rstest::rstest;

    fn exec(script: &str) -> ExecConfig {
        let exec = json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", script],
            "env": [{"name": "WHO", "value": "kim"}],
            "interactiveMode": "Never",
            "installHint": "Install it\n  from https://a.example",
        });
        serde_json::from_value(exec).unwrap()
    }

    async fn token(script: &str) -> Option<String> {
        let token = run(&exec(script)).await.unwrap().token?;
        Some(token.shown.to_str().unwrap().to_owned())
    }

    #[rstest]
    #[case::json(r#"echo '{"kind": "ExecCredential", "status": {"token": "a"}}'"#, "Bearer a")]
    #[case::yaml(r"printf 'kind: ExecCredential\nstatus:\n  token: a\n'", "Bearer a")]
    #[case::its_environment(r#"echo "{\"status\": {\"token\": \"$WHO\"}}""#, "Bearer kim")]
    #[case::what_it_is_told(
        r#"case $KUBERNETES_EXEC_INFO in *client.authentication.k8s.io/v1*'"interactive":false'*) echo '{status: {token: told}}';; esac"#,
        "Bearer told"
    )]
    #[tokio::test]
    async fn a_token(#[case] script: &str, #[case] expected: &str) {
        assert_eq!(token(script).await.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn a_certificate() {
        let script = r#"echo '{"status": {"clientCertificateData": "c", "clientKeyData": "k"}}'"#;
        let credential = run(&exec(script)).await.unwrap();
        assert!(credential.token.is_none());
        assert_eq!(credential.identity, Some(("c".into(), "k".into())));
    }

    #[rstest]
    #[case::nothing("true")]
    #[case::no_status("echo '{\"secret\": 1}'")]
    #[case::empty("echo '{\"status\": {\"token\": \"\"}}'")]
    #[case::no_key("echo '{\"status\": {\"token\": \"secret\", \"clientCertificateData\": \"c\"}}'")]
    #[case::not_a_text("echo '{\"status\": {\"token\": {\"secret\": 1}}}'")]
    #[case::not_a_time("echo '{\"status\": {\"token\": \"secret\", \"expirationTimestamp\": \"never\"}}'")]
    #[tokio::test]
    async fn an_answer_that_is_none_is_not_told(#[case] script: &str) {
        let error = run(&exec(script)).await.err().unwrap();
        let text = format!("the credential plugin sh answers with something else, expected {EXPECTED}");
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_none());
    }

    #[tokio::test]
    async fn what_a_plugin_says_when_it_fails_is_told_and_not_what_it_prints() {
        let error = run(&exec("echo secret; echo no session >&2; echo '  log in' >&2; exit 3")).await.err();
        let error = error.unwrap();
        let text = "the credential plugin sh failed with exit code 3: no session; log in";
        assert_eq!(error.to_string(), text);
        assert_eq!(error.hint().as_deref(), Some("Install it from https://a.example"));
        let long =
            run(&exec("i=0; while [ $i -lt 999 ]; do echo line $i >&2; i=$((i+1)); done; exit 1")).await;
        let text = long.err().unwrap().to_string();
        assert!(text.ends_with("; line 998") && text.chars().count() < 1100, "{text}");
    }

    #[tokio::test]
    async fn a_plugin_that_is_not_there_is_named() {
        let exec = ExecConfig { command: Some("no-such-plugin".into()), ..exec("") };
        let error = run(&exec).await.err().unwrap();
        assert_eq!(error.to_string(), "cannot run the credential plugin no-such-plugin");
        assert_eq!(error.source().unwrap().to_string(), "No such file or directory (os error 2)");
        assert!(error.hint().is_some());
    }

    /// Gives another token each time.
    pub(in crate::cluster) fn changing(expires: &str) -> ExecConfig {
        let expires = if expires.is_empty() { "null" } else { expires };
        exec(&format!("echo \"{{status: {{token: t$(date +%s%N), expirationTimestamp: {expires}}}}}\""))
    }

    pub(in crate::cluster) async fn plugin(exec: ExecConfig) -> Plugin {
        let token = run(&exec).await.unwrap().token.unwrap();
        Plugin::new(exec, token)
    }

    pub(in crate::cluster) fn long_ago(plugin: &mut Plugin) {
        let since = &mut plugin.token.get_mut().since;
        *since = since.checked_sub(LEAST).unwrap();
    }

    #[rstest]
    #[case::for_ever("", false)]
    #[case::not_expired("'2999-01-01T00:00:00Z'", false)]
    #[case::expired("'2000-01-01T00:00:00Z'", true)]
    #[tokio::test]
    async fn it_is_run_again_when_its_token_has_expired(#[case] expires: &str, #[case] expected: bool) {
        let mut plugin = plugin(changing(expires)).await;
        let first = plugin.header().await.unwrap();
        assert_eq!(plugin.header().await.unwrap(), first, "it was given just now");
        long_ago(&mut plugin);
        let second = plugin.header().await.unwrap();
        assert_eq!(second != first, expected);
        assert_eq!(plugin.header().await.unwrap(), second);
    }

    #[tokio::test]
    async fn it_is_run_again_when_its_token_is_not_taken_any_more() {
        let mut plugin = plugin(changing("")).await;
        let first = plugin.header().await.unwrap();
        assert_eq!(plugin.other_than(&first).await.unwrap(), None);
        long_ago(&mut plugin);
        let second = plugin.other_than(&first).await.unwrap().unwrap();
        assert_ne!(second, first);
        assert_eq!(plugin.other_than(&first).await.unwrap(), Some(second), "another request has seen to it");
    }
}
