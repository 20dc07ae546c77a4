//! Real bundles, compared with what another renderer makes of them.
//!
//! The bundles and the tool that compares are not part of the project. They are looked for in the folder that
//! `RUKPAK_CORPUS` names (from the root of the checkout), or else in `../shared/corpus`.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

#[test]
fn real_bundles_render_as_elsewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = root.join(std::env::var_os("RUKPAK_CORPUS").unwrap_or("../shared/corpus".into()));
    let tool = corpus.join("../tools/corpus-check");
    if !tool.is_file() {
        // Not by a macro: the harness would keep that to itself.
        let _ = writeln!(io::stderr(), "skipped: no real bundles to compare, RUKPAK_CORPUS may name some");
        return;
    }
    let status = Command::new("python3").arg(tool).args(["--bin", env!("CARGO_BIN_EXE_rukpakctl")]).status();
    assert!(status.is_ok_and(|status| status.success()), "not every bundle renders as expected, see above");
}
