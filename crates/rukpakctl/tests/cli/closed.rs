//! Output that nobody reads to its end.

use std::io;
use std::process::{Command, Stdio};

use rstest::rstest;

use super::root;

#[rstest]
#[case::a_verdict(&["validate", "crates/rukpakctl/tests/cases/fail/two_csvs/bundle"], 1)]
#[case::a_verdict_for_programs(&["validate", "-o", "json", "crates/rukpakctl/tests/cases/fail/two_csvs/bundle"], 1)]
#[case::data(&["render", "examples/bundles/hello-operator"], 0)]
fn the_exit_code_says_what_was_found_out(#[case] arguments: &[&str], #[case] expected: i32) {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let ended = Command::new(env!("CARGO_BIN_EXE_rukpakctl"))
        .args(arguments)
        .current_dir(root())
        .stdout(writer)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(ended.code(), Some(expected));
}
