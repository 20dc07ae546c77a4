//! What ssh is told, and the files that it reads.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::GitError;
use crate::Access;

/// ssh runs where git does, in the directory of the call, so that these need no quotes.
const KEY: &str = "ssh-privatekey";
const KNOWN_HOSTS: &str = "ssh-knownhosts";

/// How long a connection may take at most.
const CONNECT: Duration = Duration::from_secs(10);

/// How often a silent server is asked whether it is there, within the time that it may be silent.
const QUESTIONS: u64 = 4;

/// Options of every run: no files but ours, no agent, nobody to ask, nothing forwarded, nothing else run.
const OPTIONS: &[&str] = &[
    "AddKeysToAgent=no",
    "BatchMode=yes",
    "CanonicalizeHostname=no",
    "CheckHostIP=no",
    "ClearAllForwardings=yes",
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ForwardX11=no",
    "GlobalKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "LogLevel=ERROR",
    "PasswordAuthentication=no",
    "PermitLocalCommand=no",
    "PreferredAuthentications=publickey",
    "ProxyCommand=none",
    "Tunnel=no",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
];

/// Writes the key and the known hosts, and says with which variables git runs ssh.
pub(super) fn prepare(
    access: &Access,
    idle: Duration,
    scratch: &Path,
) -> Result<Vec<(String, OsString)>, GitError> {
    let Some(ssh) = &access.ssh else { return Ok(Vec::new()) };
    write_private(scratch, KEY, &whole_lines(ssh.private_key.expose()))?;
    if !access.insecure_skip_verify {
        write_private(scratch, KNOWN_HOSTS, &whole_lines(&ssh.known_hosts))?;
    }
    Ok([
        ("GIT_SSH_COMMAND", command(access.insecure_skip_verify, idle)),
        ("GIT_SSH_VARIANT", "ssh".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect())
}

/// No part of it needs quotes.
fn command(insecure_skip_verify: bool, idle: Duration) -> String {
    let idle = idle.as_secs().max(1);
    let (check, hosts) = if insecure_skip_verify { ("no", "/dev/null") } else { ("yes", KNOWN_HOSTS) };
    let own = [
        format!("ConnectTimeout={}", idle.min(CONNECT.as_secs())),
        format!("ServerAliveInterval={}", (idle / QUESTIONS).max(1)),
        format!("ServerAliveCountMax={QUESTIONS}"),
        format!("StrictHostKeyChecking={check}"),
        format!("UserKnownHostsFile={hosts}"),
    ];
    let options = OPTIONS.iter().map(|option| (*option).to_owned()).chain(own);
    let options = options.collect::<Vec<_>>().join(" -o ");
    format!("ssh -F /dev/null -i {KEY} -o {options}")
}

/// OpenSSH refuses a key without a line break at its end, or with those of Windows.
fn whole_lines(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end_matches('\r'), "\n"]).collect()
}

fn write_private(scratch: &Path, file: &'static str, content: &str) -> Result<(), GitError> {
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(scratch.join(file))?
            .write_all(content.as_bytes())
    };
    write().map_err(|source| GitError::Write { file, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::known(
        false,
        20,
        " -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=4 \
        -o StrictHostKeyChecking=yes -o UserKnownHostsFile=ssh-knownhosts"
    )]
    #[case::any_host(
        true,
        2,
        " -o ConnectTimeout=2 -o ServerAliveInterval=1 -o ServerAliveCountMax=4 \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    )]
    fn commands(#[case] insecure: bool, #[case] idle: u64, #[case] end: &str) {
        let command = command(insecure, Duration::from_secs(idle));
        assert!(command.starts_with("ssh -F /dev/null -i ssh-privatekey -o AddKeysToAgent=no "), "{command}");
        assert!(command.ends_with(end), "{command}");
        let needs_no_quotes = |byte: u8| byte.is_ascii_alphanumeric() || b" -=/_".contains(&byte);
        assert!(command.bytes().all(needs_no_quotes), "{command}");
    }

    #[rstest]
    #[case::whole("a\nb\n", "a\nb\n")]
    #[case::no_end("a\nb", "a\nb\n")]
    #[case::windows("a\r\nb\r\n", "a\nb\n")]
    fn lines(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(whole_lines(text), expected);
    }
}
