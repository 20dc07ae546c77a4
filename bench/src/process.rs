//! The command line as a process: from its start to its end, on all cores, with its peak memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::corpus::{bundle_folders, size_of};
use crate::report::{Bound, Report};
use crate::runs::Runs;

const MEASURED: &str = "whole process";

/// The size of a typical bundle, in bytes.
const TYPICAL: u64 = 200_000;

/// How often each program runs.
const RUNS: usize = 60;

/// `rukpakctl render` of a typical bundle beside a process that does nothing.
pub(crate) fn measure(bundles: &Path, rukpakctl: &Path, command: &str) -> Result<Report> {
    let (bundle, size) = nearest(bundles, rukpakctl, TYPICAL)?;
    let (mut ours, mut floor) = (Runs::default(), Runs::default());
    eprintln!("rukpakctl render: {RUNS} runs");
    for _ in 0..RUNS {
        ours.add(render(rukpakctl, &bundle))?;
        floor.add(Command::new("/bin/true"))?;
    }
    let mut report = Report::default();
    report.rows.push(ours.row(MEASURED, "rukpakctl render", None, command));
    report.rows.push(floor.row(MEASURED, "/bin/true (floor)", Some(&ours), command));
    report.goal("whole process", Bound::AtMost(15.0), ours.milliseconds(), "ms");
    report.goal("whole process", Bound::AtMost(30.0), ours.peak(), "MB");
    let name = bundle.strip_prefix(bundles).unwrap_or(&bundle);
    report.note(format!(
        "Whole process: the bundle whose size is nearest to {} kB and that renders, `{}` ({:.1} kB); its output goes to \
         `/dev/null`; {RUNS} runs of each program in turn; the time is from before the start to after the wait, the memory \
         the highest resident set of any run, as `wait4` reports it (never less than that of the process that starts it, \
         which is what `/bin/true` shows).",
        TYPICAL / 1000,
        name.display(),
        size as f64 / 1e3,
    ));
    Ok(report)
}

/// The bundle whose size is nearest to this one, of those that render; of several the first by path.
pub(crate) fn nearest(bundles: &Path, rukpakctl: &Path, wanted: u64) -> Result<(PathBuf, u64)> {
    let mut candidates = Vec::new();
    for folder in bundle_folders(bundles)? {
        let size = size_of(&folder)?;
        candidates.push((size.abs_diff(wanted), folder, size));
    }
    candidates.sort();
    for (_, folder, size) in candidates {
        let status = render(rukpakctl, &folder).status().context("running rukpakctl")?;
        if status.success() {
            return Ok((folder, size));
        }
    }
    bail!("no bundle under {} renders", bundles.display())
}

fn render(rukpakctl: &Path, bundle: &Path) -> Command {
    let mut command = Command::new(rukpakctl);
    command.arg("render").arg(bundle).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
