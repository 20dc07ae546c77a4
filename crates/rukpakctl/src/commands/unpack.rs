//! `rukpakctl unpack`: the files of a bundle, in a directory.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use rukpak_bundle::{FOLDERS, saved_image};
use rukpak_tree::FileTree;

use crate::cli::{Bundle, Unpack};
use crate::fetch::{self, Fetcher};

pub(crate) fn run(args: &Unpack, quiet: bool) -> anyhow::Result<ExitCode> {
    write(&args.bundle, &FOLDERS, &args.to, quiet)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the files of a bundle that are in these folders, if there are any.
pub(super) fn write(bundle: &Bundle, folders: &[&str], to: &Path, quiet: bool) -> anyhow::Result<()> {
    let source = bundle.source.source()?;
    let fetcher = Fetcher::for_source(&source, &bundle.access, folders, quiet)?;
    // An interruption waits for what is written: the directory is whole, or nothing of it is there.
    fetch::block_on(async {
        if fetcher.unpacker.write_cached(&source, to, &fetcher.progress)? {
            return Ok(());
        }
        let files = fetcher.fetch(&source).await?;
        expect_bundle(files.tree())?;
        Ok(files.tree().write_directory(to)?)
    })
}

/// Refuses what has nothing of a bundle.
pub(crate) fn expect_bundle(tree: &FileTree) -> anyhow::Result<()> {
    if !tree.is_empty() {
        return Ok(());
    }
    let missing = "found no folder manifests at the root of the bundle";
    match (tree.skipped().misplaced.first(), saved_image(tree)) {
        (Some(folder), _) => bail!("{missing}; there is one at {folder}"),
        (None, Some(hint)) => bail!("{missing}; {hint}"),
        (None, None) => bail!("{missing}"),
    }
}
