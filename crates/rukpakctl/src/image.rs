//! The image of a bundle that is in no image yet.

use rukpak_bundle::image_labels;
use rukpak_oci::{Action, Reference, build as build_image};
use rukpak_tree::FileTree;
use rukpak_unpacker::{Source, Transfer};

use crate::commands::expect_bundle;
use crate::fetch::Fetcher;

/// The folders of a bundle that belong into its image: those that are read, and the tests that some bundles bring.
pub(crate) const FOLDERS: [&str; 3] = ["manifests", "metadata", "tests"];

/// Builds the image of what a source holds.
pub(crate) async fn build(fetcher: &Fetcher, source: &Source) -> anyhow::Result<Transfer> {
    let Fetcher { unpacker, access, progress } = fetcher;
    let bundle = unpacker.fetch(source, access, progress).await?;
    of(bundle.tree())
}

/// Builds the image of a bundle's files.
pub(crate) fn of(tree: &FileTree) -> anyhow::Result<Transfer> {
    expect_bundle(tree)?;
    let mut layer = Vec::new();
    tree.write_tar(&mut layer)?;
    Ok(Transfer::built(build_image(&layer, &image_labels(tree)?)?))
}

/// Writes an image to a registry, and gives its name by digest.
pub(crate) async fn push(
    fetcher: &Fetcher,
    image: Transfer,
    reference: &Reference,
) -> anyhow::Result<Reference> {
    let registry = fetcher.unpacker.registry(reference, Action::Push, &fetcher.access).await?;
    Ok(image.push(&fetcher.unpacker, &registry, &fetcher.progress).await?)
}
