//! `rukpakctl pull`: a bundle, in a directory, an image layout or an archive.

use std::process::ExitCode;

use anyhow::Context as _;
use rukpak_oci::{ImageWriter, StoreError};
use rukpak_unpacker::{StoreKind, StoreSource, Transfer, UnpackError};

use super::unpack;
use crate::cli::Pull;
use crate::fetch::{self, Fetcher};
use crate::image;
use crate::target::Target;

pub(crate) fn run(args: &Pull, quiet: bool) -> anyhow::Result<ExitCode> {
    let StoreSource { kind, path, name } = match &args.to {
        Target::Directory(path) => {
            unpack::write(&args.bundle, &image::FOLDERS, path, quiet)?;
            return Ok(ExitCode::SUCCESS);
        }
        Target::Store(store) => store,
    };
    let source = args.bundle.source.source()?;
    let fetcher = Fetcher::for_source(&source, &args.bundle.access, &image::FOLDERS, quiet)?;
    fetch::block_on(async {
        let image = match Transfer::of(&fetcher.unpacker, &source, &fetcher.access).await? {
            Some(image) => image,
            None => image::build(&fetcher, &source).await?,
        };
        let writer = match kind {
            StoreKind::OciLayout => ImageWriter::oci_layout(path),
            StoreKind::OciArchive => ImageWriter::oci_archive(path),
            StoreKind::DockerArchive => ImageWriter::docker_archive(path, &fetcher.unpacker.limits().tree),
        }?;
        match image.write(&fetcher.unpacker, writer, name.as_deref(), &fetcher.progress).await {
            // What is wrong is the source, which is not named there.
            Err(error @ UnpackError::Store(StoreError::Artifact { .. })) => {
                Err(error).with_context(|| source.to_string())
            }
            written => Ok(written?),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
