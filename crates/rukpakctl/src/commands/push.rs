//! `rukpakctl push`: a bundle, as an image of a registry.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use rukpak_unpacker::{Source, Transfer};

use crate::cli::Push;
use crate::fetch::{self, Fetcher};
use crate::{image, output};

pub(crate) fn run(args: &Push, quiet: bool) -> anyhow::Result<ExitCode> {
    let source = args.bundle.source.source()?;
    if let Source::Image(_) = source {
        bail!("the source is in a registry already; `rukpakctl pull` it to a layout first");
    }
    let fetcher = Fetcher::new(&args.bundle.access, &image::FOLDERS, quiet)?;
    let pushed = fetch::block_on(async {
        let image = match Transfer::of(&fetcher.unpacker, &source, &fetcher.access).await? {
            Some(image) => image,
            None => image::build(&fetcher, &source).await?,
        };
        image::push(&fetcher, image, &args.reference).await
    })?;
    output::data(|out| writeln!(out, "{pushed}"))?;
    Ok(ExitCode::SUCCESS)
}
