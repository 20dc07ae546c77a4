//! `rukpakctl inspect`: what is in a bundle, and what it may do.

mod images;
mod permissions;
mod summary;
mod text;

use std::process::ExitCode;

use rukpak_bundle::Format;
use summary::Summary;

use crate::cli::{Inspect, ReportOutput};
use crate::{output, report};

/// Prints the summary of a bundle that has no errors.
pub(crate) fn run(args: &Inspect, quiet: bool) -> anyhow::Result<ExitCode> {
    let (bundle, findings) = super::read(&args.bundle, Format::Auto, None, quiet)?;
    if !quiet {
        report::told(&findings);
    }
    let summary = Summary::of(&bundle);
    match args.output {
        ReportOutput::Text => output::text(|out| text::write(out, &summary))?,
        ReportOutput::Json => output::json(&summary)?,
    }
    Ok(ExitCode::SUCCESS)
}
