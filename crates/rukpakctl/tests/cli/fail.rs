//! Bundles that are refused: `tests/cases/fail/NAME/`, each with a `bundle`, flags in `flags` where it needs some, and what
//! `render` says in `stderr.snap`.

use std::fs;
use std::path::Path;

use super::{Run, rukpakctl, run};

#[test]
fn refused_with_nothing_on_standard_output() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/fail");
    let mut names: Vec<_> = fs::read_dir(&cases)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let case = cases.join(&name);
        let flags = fs::read_to_string(case.join("flags")).unwrap_or_default();
        let args = ["render", "bundle"].into_iter().chain(flags.split_whitespace());
        let Run { code, stdout, stderr } = run(rukpakctl(args).current_dir(&case));
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{name}: {stderr}");
        insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("stderr", stderr);
        });
    }
}
