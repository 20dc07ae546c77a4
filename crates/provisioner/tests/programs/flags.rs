//! What both provisioners say of their flags, and of those that are wrong. Included by the tests of each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

/// Flags that users rely on, of both.
const FLAGS: [&str; 9] = [
    "--kubeconfig",
    "--system-namespace",
    "--cache-dir",
    "--http-bind-address",
    "--concurrency",
    "--leader-elect",
    "--require-service-account",
    "--log-format",
    "--log-level",
];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).env_clear().args(arguments).output().unwrap()
}

/// Each flag, those of the program's own among them, has a variable, and there are examples.
pub(crate) fn are_explained(program: &str, own: &[&str]) {
    let help = String::from_utf8(run(program, &["--help"]).stdout).unwrap();
    for flag in FLAGS.iter().chain(own) {
        let variable = flag.trim_start_matches('-').replace('-', "_").to_uppercase();
        let variable = format!("[env: RUKPAK_{variable}=");
        assert!(help.contains(flag) && help.contains(&variable), "{flag}: {help}");
    }
    assert!(help.contains("Examples:"), "{help}");
}

/// A variable that is set to nothing is not set.
pub(crate) fn may_be_empty(program: &str) {
    let help = String::from_utf8(run(program, &["--help"]).stdout).unwrap();
    let variables = help.split("[env: ").skip(1).map(|rest| rest.split('=').next().unwrap());
    let mut command = Command::new(program);
    command.env_clear().envs(variables.map(|variable| (variable, ""))).env("KUBECONFIG", "/nowhere");
    let ended = command.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(1) && told.contains("found no cluster"), "{told}");
}

/// What is wrong with one is told.
pub(crate) fn are_refused(program: &str) {
    for arguments in [["--concurrency", "0"], ["--cache-size", "1X"], ["--no-such-flag", "1"]] {
        let ended = run(program, &arguments);
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(arguments[0]), "{arguments:?}");
    }
    for arguments in [["--kubeconfig", "/nowhere/kubeconfig"], ["--log-level", "loud=loud=loud"]] {
        let ended = run(program, &arguments);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(arguments[1]), "{arguments:?}");
    }
}
