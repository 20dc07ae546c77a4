//! The generated parts of the documentation: `docs/cli.md`, which is what `--help` says, and `docs/findings.md`, the table of
//! the rules. `GENERATE=1` writes them; otherwise they are compared.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const COMMANDS: [&str; 17] = [
    "",
    "render",
    "validate",
    "inspect",
    "unpack",
    "pull",
    "push",
    "diff",
    "apply",
    "delete",
    "get",
    "tree",
    "events",
    "wait",
    "content",
    "run",
    "completion",
];

#[test]
fn cli_md_is_what_help_says() {
    let mut text = String::from("# Command line\n\nWritten by `make generate` from `rukpakctl --help`.\n");
    for command in COMMANDS {
        let title = if command.is_empty() { "rukpakctl".into() } else { format!("rukpakctl {command}") };
        write!(text, "\n## {title}\n\n```text\n{}```\n", help(command)).unwrap();
    }
    compare("cli.md", &text);
}

#[test]
fn findings_md_lists_the_rules() {
    let mut text = String::from(
        "# Findings\n\nWritten by `make generate` from the rules in `crates/bundle`. A code never changes its meaning.\n\n\
         | code | severity | meaning |\n|---|---|---|\n",
    );
    for rule in rukpak_bundle::RULES {
        writeln!(text, "| `{}` | {} | {} |", rule.code, rule.severity, rule.meaning).unwrap();
    }
    compare("findings.md", &text);
}

#[test]
fn every_command_is_in_the_reference() {
    let help = help("");
    let listed: Vec<_> = help.lines().filter_map(command_of).collect();
    assert_eq!(listed, COMMANDS[1..]);
}

/// The name in a line `  name  Explanation`. `help` prints what is in the reference anyway.
fn command_of(line: &str) -> Option<&str> {
    let (name, about) = line.strip_prefix("  ")?.split_once("  ")?;
    let is_command = name.chars().all(|letter| letter.is_ascii_lowercase()) && !about.is_empty();
    (is_command && !name.is_empty() && name != "help").then_some(name)
}

/// What `--help` prints where the width of the terminal is not known.
fn help(command: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rukpakctl"));
    program.args(Some(command).filter(|command| !command.is_empty())).arg("--help").env_remove("COLUMNS");
    let text = String::from_utf8(program.output().unwrap().stdout).unwrap();
    // Paragraphs of one flag are separated by lines of nothing but spaces.
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn compare(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("GENERATE").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == text, "docs/{file} is stale; run `make generate`");
}
