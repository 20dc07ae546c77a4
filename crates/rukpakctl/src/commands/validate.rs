//! `rukpakctl validate`: every finding of a bundle. The findings are the data here, so they go to standard output.

use std::process::ExitCode;

use rukpak_bundle::{Findings, Format, Severity};
use serde::Serialize;

use crate::cli::{ReportOutput, Validate};
use crate::{fetch, output, report};

/// What programs read.
#[derive(Serialize)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    findings: &'a Findings,
}

/// Prints the findings. Fails on errors, with `--strict` on warnings as well.
pub(crate) fn run(args: &Validate, quiet: bool) -> anyhow::Result<ExitCode> {
    let files = fetch::bundle(&args.bundle, quiet)?;
    let findings = match rukpak_bundle::read(files.tree(), Format::Auto) {
        Ok((_, findings)) | Err(findings) => findings,
    };
    let (errors, warnings) = (findings.errors().count(), findings.warnings().count());
    let printed = match args.output {
        ReportOutput::Text => {
            let shown = findings.iter().filter(|finding| !quiet || finding.severity == Severity::Error);
            output::text(|out| report::findings(out, shown))
        }
        ReportOutput::Json => output::json(&Report { errors, warnings, findings: &findings }),
    };
    output::read_or_not(printed)?;
    if !quiet {
        report::summary(errors, warnings);
    }
    let failed = errors > 0 || args.strict && warnings > 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
