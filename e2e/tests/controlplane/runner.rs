//! `with-controlplane` ends as its command does, and nothing of it is left.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use e2e::controlplane::{EXISTING_VARIABLE, HOME_VARIABLE};
use e2e::process::{Process, of_directory, run};
use e2e::programs;

/// It ends with the test, however that ends.
fn runner() -> Command {
    let mut command = Process::command(env!("CARGO_BIN_EXE_with-controlplane"));
    command.env_remove(EXISTING_VARIABLE).env_remove(HOME_VARIABLE);
    command
}

/// Starts one whose command says where it is as soon as it is prepared; the first line of what it prints.
fn started(prepare: &str, command: &str) -> Option<(Process, String)> {
    programs::controlplane("kube-apiserver")?;
    let script = format!("{prepare}\necho \"$E2E_CONTROLPLANE\"; {command}");
    let mut command = runner();
    command.args(["--", "sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut runner = Process::start(&mut command).unwrap();
    let mut line = String::new();
    BufReader::new(runner.child().stdout.take().unwrap()).read_line(&mut line).unwrap();
    Some((runner, line.trim_end().to_owned()))
}

fn send(signal: &str, runner: &mut Process) {
    assert_eq!(run(Command::new("kill").args([signal, &runner.child().id().to_string()])).code, Some(0));
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
    let Some((mut runner, home)) = started("", "exec sleep 600") else { return };
    let home = Path::new(&home);
    // Five of the control plane, and `sleep`, which has no environment for a moment while the shell becomes it.
    wait_until("five processes of the control plane, and its command", || {
        of_directory(home).unwrap().len() == 6
    });
    send("-KILL", &mut runner);
    runner.child().wait().unwrap();
    wait_until("all of its processes are gone", || of_directory(home).unwrap().is_empty());
    std::fs::remove_dir_all(home).unwrap();
}

#[test]
fn a_signal_goes_to_the_command_which_ends_in_its_own_way() {
    let Some((mut runner, home)) = started("trap 'exit 9' TERM", "while :; do sleep 0.05; done") else {
        return;
    };
    send("-TERM", &mut runner);
    assert_eq!(runner.child().wait().unwrap().code(), Some(9));
    assert!(of_directory(Path::new(&home)).unwrap().is_empty());
    assert!(!Path::new(&home).exists());
}

#[test]
fn a_command_that_is_killed_is_128_and_the_signal() {
    let Some((mut runner, _)) = started("", "kill -KILL $$") else { return };
    assert_eq!(runner.child().wait().unwrap().code(), Some(137));
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
