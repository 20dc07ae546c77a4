//! `rukpakctl diff`: what `apply` would change.

use std::process::ExitCode;

use crate::cli::{Diff, ReportOutput};
use crate::difference::Difference;
use crate::installation::Installation;
use crate::{fetch, output, report, roles};

/// Nothing would change.
const SAME: u8 = 0;
/// Something would.
const DIFFERS: u8 = 1;
/// It cannot be told.
const FAILED: u8 = 3;

/// Prints the changes, as `diff` of Unix does.
pub(crate) fn run(args: &Diff, quiet: bool) -> ExitCode {
    let compared = compare(args, quiet).and_then(|changes| {
        output::read_or_not(match args.output {
            ReportOutput::Text => output::text(|out| changes.write(out)),
            ReportOutput::Json => output::json(&changes),
        })?;
        Ok(if changes.is_empty() { SAME } else { DIFFERS })
    });
    match compared {
        Ok(code) => code.into(),
        Err(error) => {
            report::error(&roles::printed(error, args.output));
            FAILED.into()
        }
    }
}

fn compare(args: &Diff, quiet: bool) -> anyhow::Result<Difference> {
    fetch::block_on(async {
        let Installation { checked, .. } = Installation::check(&args.wanted, quiet, None).await?;
        Ok(Difference::of(&args.wanted.name, &checked))
    })
}
