//! Clusters that are not there, and files that say where they are.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;

use super::{Run, root, rukpakctl, run};

fn kubeconfig(server: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Config, current-context: a, clusters: [{{name: a, cluster: {{server: '{server}'}}}}], \
         contexts: [{{name: a, context: {{cluster: a, user: a}}}}], users: [{{name: a, user: {{}}}}]}}"
    )
}

#[test]
fn a_cluster_that_does_not_answer_is_told_while_it_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    // It takes connections, and says nothing.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = folder.path().join("kubeconfig");
    fs::write(&file, kubeconfig(&format!("http://{}", server.local_addr().unwrap()))).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rukpakctl"))
        .args(["get", "--kubeconfig"])
        .arg(&file)
        .current_dir(root())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("has not answered yet; it is asked again"), "{line}");
}

#[test]
fn a_file_that_is_not_there_is_left_out_of_several() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    fs::write(&file, kubeconfig("http://127.0.0.1:9")).unwrap();
    let files = std::env::join_paths([&folder.path().join("nowhere"), &file]).unwrap();
    let ended = run(rukpakctl(["get", "--context", "b"]).env("KUBECONFIG", &files));
    assert_eq!(ended.stderr, "error: there is no context \"b\"; there are a\n");
    let ended = run(rukpakctl(["get"]).env("KUBECONFIG", folder.path().join("nowhere")));
    assert_eq!(
        ended.stderr,
        "error: found no cluster; --kubeconfig or $KUBECONFIG says where it is: no file of $KUBECONFIG is there\n"
    );
}

const BUNDLE: &str = "examples/bundles/plain-web";

#[rstest]
#[case::get(&["get"], 1)]
#[case::diff(&["diff", "web", BUNDLE], 3)]
#[case::apply(&["apply", "web", BUNDLE], 1)]
#[case::run(&["run", "web", BUNDLE], 1)]
fn an_address_that_is_none_is_named(#[case] command: &[&str], #[case] code: i32) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    for server in ["", "a.example:https"] {
        fs::write(&file, kubeconfig(server)).unwrap();
        let ended = run(rukpakctl(command.iter().copied()).arg("--kubeconfig").arg(&file));
        let expected = format!(
            "error: cannot use {}: the cluster \"a\" has the server {server:?}, expected https://HOST:PORT\n",
            file.display()
        );
        assert_eq!((ended.code, ended.stderr), (Some(code), expected));
    }
}

/// What serves nothing, and says so.
fn refusing() -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for connection in server.incoming() {
            let mut connection = connection.unwrap();
            thread::spawn(move || {
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection
                    .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            });
        }
    });
    address
}

#[test]
fn a_server_without_a_scheme_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let (file, server) = (folder.path().join("kubeconfig"), refusing());
    fs::write(&file, kubeconfig(&server)).unwrap();
    let ended = run(rukpakctl(["get", "--kubeconfig"]).arg(&file));
    let expected = format!("error: cannot use the cluster at http://{server}/: ");
    assert!(ended.code == Some(1) && ended.stderr.starts_with(&expected), "{}", ended.stderr);
}

/// A kubeconfig in which a program says who somebody is.
fn with_plugin(folder: &Path, server: &str, command: &str, script: &str) {
    let kubeconfig = kubeconfig(server).replace(
        "user: {}}",
        &format!(
            "user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, args: ['-c', '{script}'], \
             interactiveMode: IfAvailable, installHint: 'get it from https://plugins.example'}}}}}}"
        ),
    );
    fs::write(folder.join("kubeconfig"), kubeconfig).unwrap();
}

fn with_kubeconfig(folder: &Path, command: &[&str]) -> Run {
    run(rukpakctl(command.iter().copied()).env("KUBECONFIG", folder.join("kubeconfig")))
}

#[rstest]
#[case::get(&["get"])]
#[case::apply(&["apply", "web", BUNDLE])]
#[case::run(&["run", "web", BUNDLE])]
fn a_credential_plugin_is_run_once(#[case] command: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let answer = "{status: {token: t, expirationTimestamp: \"2000-01-01T00:00:00Z\"}}";
    with_plugin(folder.path(), &refusing(), "sh", &format!("echo >> {}; echo \"{answer}\"", runs.display()));
    let ended = with_kubeconfig(folder.path(), command);
    assert!(ended.code == Some(1) && ended.stderr.contains("cannot use the cluster"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(runs).unwrap(), "\n");
}

#[rstest]
#[case::not_there(
    "no-such-plugin",
    "",
    "error: cannot run the credential plugin no-such-plugin: No such file or directory (os error 2)\n  \
     hint: get it from https://plugins.example\n"
)]
#[case::failing(
    "sh",
    "echo secret; echo no session >&2; exit 7",
    "error: the credential plugin sh failed with exit code 7: no session\n  hint: get it from https://plugins.example\n"
)]
#[case::without_an_answer(
    "sh",
    "echo secret",
    "error: the credential plugin sh answers with something else, expected an ExecCredential with a token, or a certificate \
     and its key\n"
)]
fn a_credential_plugin_that_says_nothing(
    #[case] command: &str,
    #[case] script: &str,
    #[case] expected: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    with_plugin(folder.path(), "https://127.0.0.1:1", command, script);
    let ended = with_kubeconfig(folder.path(), &["get"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
    assert_eq!(ended.stdout, "");
}

#[rstest]
#[case::interrupted("INT")]
#[case::terminated("TERM")]
fn a_credential_plugin_ends_with_the_command(#[case] signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    with_plugin(
        folder.path(),
        "https://127.0.0.1:1",
        "sh",
        &format!("echo > {}; exec sleep 60", started.display()),
    );
    let child = Command::new(env!("CARGO_BIN_EXE_rukpakctl"))
        .arg("get")
        .env("KUBECONFIG", folder.path().join("kubeconfig"))
        .current_dir(root())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !started.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    let start = Instant::now();
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!((ended.status.code(), &ended.stderr[..]), (Some(1), &b"error: interrupted\n"[..]));
}

#[test]
fn a_user_that_is_not_there_is_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let text = kubeconfig("https://127.0.0.1:1").replace("users: [{name: a", "users: [{name: b");
    fs::write(folder.path().join("kubeconfig"), text).unwrap();
    let ended = with_kubeconfig(folder.path(), &["get"]);
    let expected = "error: the context \"a\" names the user \"a\", which is not there; there are b\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
}
