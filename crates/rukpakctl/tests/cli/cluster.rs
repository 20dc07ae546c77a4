//! Clusters that are not there, and files that say where they are.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::{root, rukpakctl, run};

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
