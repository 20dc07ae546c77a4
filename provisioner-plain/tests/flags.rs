//! What the program says of its flags. That there is a test of the program here also has it built before other suites run it.

#[path = "../../crates/provisioner/tests/programs/flags.rs"]
mod flags;

const PROGRAM: &str = env!("CARGO_BIN_EXE_provisioner-plain");

#[test]
fn each_flag_has_a_variable_and_there_are_examples() {
    flags::are_explained(PROGRAM, &[]);
}

#[test]
fn what_is_wrong_is_told() {
    flags::are_refused(PROGRAM);
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    flags::may_be_empty(PROGRAM);
}
