//! `rukpakctl pull`: a bundle, in a directory, an image layout or an archive.

use std::process::ExitCode;

use rukpak_oci::ImageWriter;
use rukpak_unpacker::{StoreKind, StoreSource, Transfer};

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
        Ok(image.write(&fetcher.unpacker, writer, name.as_deref(), &fetcher.progress).await?)
    })?;
    Ok(ExitCode::SUCCESS)
}
