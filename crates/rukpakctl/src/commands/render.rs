//! `rukpakctl render`: the plain manifests that a bundle stands for.

mod config;
mod plain;
mod print;
mod registry_v1;

use std::process::ExitCode;

use rukpak_bundle::Bundle;
use rukpak_manifest::ManifestSet;

use crate::cli::Render;
use crate::report;

/// What is printed, and what its user should know.
struct Rendered {
    manifests: ManifestSet,
    warnings: Vec<String>,
}

/// Renders the whole bundle before the first byte is written.
pub(crate) fn run(args: &Render, quiet: bool) -> anyhow::Result<ExitCode> {
    let (bundle, findings) = super::read(&args.bundle, args.format, args.capabilities.as_ref(), quiet)?;
    let Rendered { manifests, warnings } = match bundle {
        Bundle::RegistryV1(bundle) => registry_v1::render(bundle, args)?,
        Bundle::Plain(bundle) => plain::render(bundle, args)?,
    };
    if !quiet {
        report::findings(&mut anstream::stderr().lock(), &findings)?;
        warnings.iter().for_each(report::warning);
    }
    print::manifests(&manifests, args.output)?;
    Ok(ExitCode::SUCCESS)
}
