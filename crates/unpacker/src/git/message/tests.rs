//! Texts as git, OpenSSH, GitHub, GitLab and `JGit` write them.

use rstest::rstest;
use rukpak_oci::Basic;

use super::*;
use crate::SshAccess;

#[rstest]
#[case::no_credentials(
    "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
    Meaning::Authentication
)]
#[case::wrong_password(
    "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://gitlab.com/a/b.git/'",
    Meaning::Authentication
)]
#[case::forbidden(
    "fatal: unable to access 'https://a/b/': The requested URL returned error: 403",
    Meaning::Authentication
)]
#[case::wrong_key(
    "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    Meaning::Authentication
)]
#[case::unknown_host_key(
    "No ED25519 host key is known for a and you have requested strict checking.\nHost key verification failed.\n\
     fatal: Could not read from remote repository.",
    Meaning::HostKey
)]
#[case::changed_host_key(
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
    Meaning::HostKey
)]
#[case::gnutls(
    "fatal: unable to access 'https://a/': server certificate verification failed. CAfile: none CRLfile: none",
    Meaning::Certificate
)]
#[case::openssl(
    "fatal: unable to access 'https://a/': SSL certificate problem: self-signed certificate",
    Meaning::Certificate
)]
#[case::other_name(
    "fatal: unable to access 'https://a/': SSL: no alternative certificate subject name matches target host name 'a'",
    Meaning::Certificate
)]
#[case::http_not_found("fatal: repository 'https://a/b/' not found", Meaning::NoSuchRepository)]
#[case::github_ssh(
    "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
    Meaning::NoSuchRepository
)]
#[case::gitlab_ssh(
    "remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.\n\
     fatal: Could not read from remote repository.",
    Meaning::NoSuchRepository
)]
#[case::ssh_no_repository(
    "fatal: '/srv/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    Meaning::NoSuchRepository
)]
#[case::no_such_commit("fatal: remote error: upload-pack: not our ref 0123", Meaning::NoSuchRevision)]
#[case::no_such_reference("fatal: couldn't find remote ref refs/heads/x", Meaning::NoSuchRevision)]
#[case::not_advertised(
    "error: Server does not allow request for unadvertised object 0123",
    Meaning::NotAdvertised
)]
#[case::files("fatal: dumb http transport does not support shallow capabilities", Meaning::NotAdvertised)]
#[case::jgit("fatal: remote error: want 0123 not valid", Meaning::NotAdvertised)]
#[case::no_such_host(
    "fatal: unable to access 'https://a.invalid/': Could not resolve host: a.invalid",
    Meaning::Unreachable
)]
#[case::ssh_no_such_host(
    "ssh: Could not resolve hostname a.invalid: Name or service not known\n\
     fatal: Could not read from remote repository.",
    Meaning::Unreachable
)]
#[case::refused(
    "fatal: unable to access 'https://a/': Failed to connect to a port 443 after 0 ms: Couldn't connect to server",
    Meaning::Unreachable
)]
#[case::ssh_refused("ssh: connect to host a port 22: Connection refused", Meaning::Unreachable)]
#[case::too_slow(
    "fatal: unable to access 'https://a/': Operation too slow. Less than 1 bytes/sec transferred the last 20 seconds",
    Meaning::Stalled
)]
#[case::too_slow_in_a_request(
    "error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred the last 1 seconds\n\
     fatal: early EOF",
    Meaning::Stalled
)]
#[case::ssh_too_slow(
    "Timeout, server a not responding.\nfatal: the remote end hung up unexpectedly",
    Meaning::Stalled
)]
#[case::ssh_banner("Connection timed out during banner exchange", Meaning::Stalled)]
#[case::cut_body(
    "error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF",
    Meaning::Cut
)]
#[case::cut_ssh("Connection closed by 127.0.0.1 port 22", Meaning::Cut)]
#[case::cut_answer("fatal: unable to access 'http://a/': Empty reply from server", Meaning::Cut)]
#[case::server_error(
    "fatal: unable to access 'http://a/': The requested URL returned error: 503",
    Meaning::Other
)]
#[case::nothing("", Meaning::Other)]
fn meanings(#[case] message: &str, #[case] expected: Meaning) {
    assert_eq!(meaning(message), expected);
}

fn shown(bytes: &[u8]) -> String {
    let mut tail = Tail::default();
    bytes.chunks(7).for_each(|chunk| tail.push(chunk));
    let access = Access {
        basic: Some(Basic { username: "kim".into(), password: Secret::new("hunter2") }),
        ssh: Some(SshAccess {
            private_key: Secret::new("-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nAAAA=\n"),
            known_hosts: String::new(),
        }),
        ..Access::default()
    };
    tail.shown(&Secrets::of(&access))
}

#[rstest]
#[case::lines(b"fatal: a\nfatal: b\n", "fatal: a; fatal: b")]
#[case::progress(
    b"remote: Enumerating objects: 6, done.\nReceiving objects:  50% (1/2)\rReceiving objects: 100% (2/2), done.\nfatal: x",
    "fatal: x"
)]
#[case::advice(b"hint: run this\nfatal: x\n\nPlease make sure you have the correct access rights\nand the repository exists.\n", "fatal: x")]
#[case::decoration(b"@@@@@@\n@  WARNING: x  @\nremote: \n", "@ WARNING: x @")]
#[case::terminal(b"remote: \x1b[31mred\x1b[0m\x07", "remote: [31mred [0m")]
#[case::not_utf8(b"fatal: a\xffb", "fatal: a\u{fffd}b")]
#[case::password(b"remote: you sent hunter2", "remote: you sent <redacted>")]
#[case::header(b"remote: Authorization: Basic a2ltOmh1bnRlcjI=", "remote: Authorization: Basic <redacted>")]
#[case::key(b"remote: b3BlbnNzaC1rZXktdjEAAAAA", "remote: <redacted>")]
#[case::proxy(
    b"fatal: cannot use 'http://me:pw@proxy:3128/': x, but ssh://git@a/b is fine",
    "fatal: cannot use 'http://\u{2026}@proxy:3128/': x, but ssh://git@a/b is fine"
)]
fn texts(#[case] bytes: &[u8], #[case] expected: &str) {
    assert_eq!(shown(bytes), expected);
}

#[test]
fn half_a_secret_at_the_cut_is_not_shown() {
    let mut bytes = b"password: hunter2\n".to_vec();
    bytes.resize(HELD_BYTES + 15, b'\n');
    bytes.extend(b"fatal");
    assert_eq!(shown(&bytes), "fatal");
    assert_eq!(shown(&vec![b'a'; HELD_BYTES + 1]), "");
}

#[test]
fn a_long_message_keeps_its_end() {
    let text = format!("{}fatal", "a".repeat(2000));
    let shown = shown(text.as_bytes());
    assert_eq!(shown.chars().count(), SHOWN_CHARACTERS + 1);
    assert!(shown.starts_with("…a") && shown.ends_with("afatal"));
}
