//! The command line as a process: from its start to its end, on all cores, with its peak memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use crate::corpus::{bundle_folders, size_of};
use crate::report::{Report, Row};
use crate::rounds::{Round, Series};

/// The size of a typical bundle, in bytes.
const TYPICAL: u64 = 200_000;

/// How often each program runs.
const RUNS: usize = 60;

/// `rukpakctl render` of a typical bundle beside a process that does nothing.
pub(crate) fn measure(bundles: &Path, rukpakctl: &Path, command: &str) -> Result<Report> {
    let (bundle, size) = typical(bundles, rukpakctl)?;
    let (mut ours, mut floor) = (Runs::default(), Runs::default());
    eprintln!("rukpakctl render: {RUNS} runs");
    for _ in 0..RUNS {
        ours.add(render(rukpakctl, &bundle))?;
        floor.add(Command::new("/bin/true"))?;
    }
    let row = |program: &str, runs: &Runs, ratio: String| Row {
        measured: "whole process",
        program: program.to_owned(),
        median: runs.series.median(),
        min: runs.series.min(),
        figure: format!("{:.1} MB peak", runs.peak as f64 / 1e6),
        ratio,
        refused: None,
        command: command.to_owned(),
    };
    let ratio = floor.series.median().as_secs_f64() / ours.series.median().as_secs_f64();
    let mut report = Report::default();
    report.rows.push(row("rukpakctl render", &ours, "1".to_owned()));
    report.rows.push(row("/bin/true (floor)", &floor, format!("{ratio:.2} x ours")));
    let name = bundle.strip_prefix(bundles).unwrap_or(&bundle);
    report.note(format!(
        "Whole process: the bundle whose size is nearest to {} kB and that renders, `{}` ({:.1} kB); its output goes to \
         `/dev/null`; {RUNS} runs of each program in turn; the time is from before the start to after the wait, the memory \
         the highest resident set of any run, as `wait4` reports it (never less than that of the process that starts it, \
         which is what `/bin/true` shows). Goal: 15 ms and 30 MB.",
        TYPICAL / 1000,
        name.display(),
        size as f64 / 1e3,
    ));
    Ok(report)
}

/// The bundle whose size is nearest to the typical one, of those that render; of several the first by path.
fn typical(bundles: &Path, rukpakctl: &Path) -> Result<(PathBuf, u64)> {
    let mut candidates = Vec::new();
    for folder in bundle_folders(bundles)? {
        let size = size_of(&folder)?;
        candidates.push((size.abs_diff(TYPICAL), folder, size));
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

/// The runs of one program.
#[derive(Debug, Default)]
struct Runs {
    series: Series,
    /// The highest resident set of any run, in bytes.
    peak: u64,
}

impl Runs {
    fn add(&mut self, mut command: Command) -> Result<()> {
        let start = Instant::now();
        let end = command.spawn().with_context(|| format!("starting {command:?}"))?.wait4()?;
        let time: Duration = start.elapsed();
        if !end.status.success() {
            bail!("{command:?}: {}", end.status);
        }
        self.series.push(Round { time, refused: 0 });
        self.peak = self.peak.max(end.rusage.maxrss);
        Ok(())
    }
}
