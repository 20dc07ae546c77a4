//! `rukpakctl render`: the plain manifests that a bundle stands for.

mod print;

use std::process::ExitCode;

use rukpak_bundle::Bundle;
use rukpak_certificates::issue;

use crate::cli::Render;
use crate::conversion::{Converted, Prepared, no_effect};
use crate::report;

/// Renders the whole bundle before the first byte is written.
pub(crate) fn run(args: &Render, quiet: bool) -> anyhow::Result<ExitCode> {
    let (bundle, findings) =
        super::read(&args.bundle, args.conversion.format, args.capabilities.as_ref(), quiet)?;
    let unused = unused(args, &bundle);
    let (namespace, capabilities) =
        (args.conversion.install_namespace.as_ref(), args.capabilities.clone().unwrap_or_default());
    let prepared = Prepared::of(bundle, &args.conversion, namespace, capabilities)?;
    let required = if args.generate_certificates { prepared.required_certificates() } else { Vec::new() };
    let Converted { manifests, warnings } = prepared.convert(issue(required)?)?;
    if !quiet {
        report::told(&findings);
        unused.iter().chain(&warnings).for_each(report::warning);
    }
    print::manifests(&manifests, args.output)?;
    Ok(ExitCode::SUCCESS)
}

/// What is said of flags that a plain bundle has no use for.
fn unused(args: &Render, bundle: &Bundle) -> Vec<String> {
    let given = [
        ("--install-namespace", args.conversion.install_namespace.is_some()),
        ("--generate-certificates", args.generate_certificates),
    ];
    let unused = given.into_iter().filter(|(_, given)| *given && matches!(bundle, Bundle::Plain(_)));
    unused.map(|(flag, _)| no_effect(flag)).collect()
}
