//! Real bundles, compared with what another renderer makes of them.
//!
//! The bundles and the tool that compares are not part of the project. They are looked for in the folder that
//! `RUKPAK_CORPUS` names; without it, in the folder `shared/corpus` beside the checkout.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn real_bundles_render_as_elsewhere() {
    let corpus = std::env::var_os("RUKPAK_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    let tool = corpus.join("../tools/corpus-check");
    if !tool.is_file() {
        // Not by a macro: the harness would keep that to itself.
        let _ = writeln!(io::stderr(), "skipped, no real bundles to compare: found no {}", tool.display());
        return;
    }
    let status = Command::new("python3").arg(tool).args(["--bin", env!("CARGO_BIN_EXE_rukpakctl")]).status();
    assert!(status.is_ok_and(|status| status.success()), "not every bundle renders as expected, see above");
}
