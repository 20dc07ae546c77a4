//! What the program says of its flags, and of those that are wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

/// Flags that users rely on.
const FLAGS: &[&str] = &[
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

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provisioner-plain"));
    command.env_clear().args(arguments).output().unwrap()
}

#[test]
fn each_flag_has_a_variable_and_there_are_examples() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for flag in FLAGS {
        let variable =
            format!("[env: RUKPAK_{}=", flag.trim_start_matches('-').replace('-', "_").to_uppercase());
        assert!(help.contains(flag) && help.contains(&variable), "{flag}: {help}");
    }
    assert!(help.contains("Examples:"), "{help}");
}

#[test]
fn what_is_wrong_is_told() {
    for arguments in [["--concurrency", "0"], ["--cache-size", "1X"], ["--no-such-flag", "1"]] {
        let ended = run(&arguments);
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(arguments[0]), "{arguments:?}");
    }
    let ended = run(&["--kubeconfig", "/nowhere/kubeconfig"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("/nowhere/kubeconfig"));
    let ended = run(&["--log-level", "loud=loud=loud"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("loud"));
}
