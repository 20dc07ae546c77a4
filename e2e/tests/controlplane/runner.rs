//! `with-controlplane` ends as its command does, and nothing of it is left.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use e2e::controlplane::{EXISTING_VARIABLE, HOME_VARIABLE};
use e2e::process::{of_directory, run};
use e2e::programs;

fn runner() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-controlplane"));
    command.env_remove(EXISTING_VARIABLE).env_remove(HOME_VARIABLE);
    command
}

/// Starts one whose command says where it is as soon as it is prepared; the first line of what it prints.
fn started(prepare: &str, command: &str) -> Option<(Child, String)> {
    programs::controlplane("kube-apiserver")?;
    let script = format!("{prepare}\necho \"$E2E_CONTROLPLANE\"; {command}");
    let mut command = runner();
    command.args(["--", "sh", "-c", &script]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Some((child, line.trim_end().to_owned()))
}

fn send(signal: &str, child: &Child) {
    assert_eq!(run(Command::new("kill").args([signal, &child.id().to_string()])).code, Some(0));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(10), "waited for: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_killed_runner_leaves_no_process() {
    if programs::installed("setpriv").is_none() {
        return;
    }
    let Some((mut child, home)) = started("", "exec sleep 600") else { return };
    let home = Path::new(&home);
    // Five of the control plane, and `sleep`, which has no environment for a moment while the shell becomes it.
    wait_until("five processes of the control plane, and its command", || {
        of_directory(home).unwrap().len() == 6
    });
    send("-KILL", &child);
    child.wait().unwrap();
    wait_until("all of its processes are gone", || of_directory(home).unwrap().is_empty());
    std::fs::remove_dir_all(home).unwrap();
}

#[test]
fn a_signal_goes_to_the_command_which_ends_in_its_own_way() {
    let Some((mut child, home)) = started("trap 'exit 9' TERM", "while :; do sleep 0.05; done") else {
        return;
    };
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert!(of_directory(Path::new(&home)).unwrap().is_empty());
    assert!(!Path::new(&home).exists());
}

#[test]
fn a_command_that_is_killed_is_128_and_the_signal() {
    let Some((mut child, _)) = started("", "kill -KILL $$") else { return };
    assert_eq!(child.wait().unwrap().code(), Some(137));
}

#[test]
fn on_an_existing_cluster_nothing_is_started() {
    let mut command = runner();
    command.env(EXISTING_VARIABLE, "1").env("KUBECONFIG", "/nonexistent/kubeconfig");
    let script = "echo $KUBECONFIG ${E2E_CONTROLPLANE-none}; exit 3";
    let ran = run(command.args(["--", "sh", "-c", script]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), "/nonexistent/kubeconfig none\n"));
    assert_eq!(ran.stderr, "");
}
