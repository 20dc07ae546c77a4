//! The examples of the documentation are run in the checkout, and print what it shows.
//!
//! An example is a line `$ … rukpakctl …` of a block marked `console`; what follows, up to the next such line or the end of
//! the block, is what it prints on a terminal, errors included.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::path::Path;
use std::process::Command;

use rstest::rstest;

#[rstest]
#[case("README.md")]
#[case("docs/output.md")]
fn examples_print_what_is_shown(#[case] file: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let examples = examples(&std::fs::read_to_string(root.join(file)).unwrap());
    assert!(!examples.is_empty(), "found no example in {file}");
    for (command, shown) in examples {
        assert_eq!(run(&command, &root), shown, "\n$ {command}");
    }
}

/// Every command with what stands below it.
fn examples(markdown: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let blocks = markdown.split("\n```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    for line in blocks.flat_map(str::lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            assert!(command.contains("rukpakctl "), "not an example of ours: {command:?}");
            examples.push((command.into(), String::new()));
        } else if let Some((_, shown)) = examples.last_mut() {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    examples
}

/// What a shell prints for a command, with our binary in its path.
fn run(command: &str, directory: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_rukpakctl")).parent().unwrap();
    let path = env::join_paths(
        [binary.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    );
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .env("PATH", path.unwrap())
        .current_dir(directory)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
