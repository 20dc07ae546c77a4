//! The runs of one program: how long they take, and how much memory.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use crate::report::Row;
use crate::rounds::{Round, Series};

/// The runs of one program.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) series: Series,
    /// The highest resident set of any run and of what it started, in bytes.
    peak: u64,
}

impl Runs {
    /// Runs a command to its end.
    pub(crate) fn add(&mut self, mut command: Command) -> Result<()> {
        let start = Instant::now();
        let end = command.spawn().with_context(|| format!("starting {command:?}"))?.wait4()?;
        let time = start.elapsed();
        if !end.status.success() {
            bail!("{command:?}: {}", end.status);
        }
        self.series.push(Round { time, refused: 0 });
        self.peak = self.peak.max(end.rusage.maxrss);
        Ok(())
    }

    /// The time in the middle.
    pub(crate) fn milliseconds(&self) -> f64 {
        self.series.median().as_secs_f64() * 1e3
    }

    /// The highest resident set of any run and of what it started, in megabytes.
    pub(crate) fn peak(&self) -> f64 {
        self.peak as f64 / 1e6
    }

    /// Their row in the table, beside those of another program, or as that which others are compared with.
    pub(crate) fn row(
        &self,
        measured: &'static str,
        program: &str,
        ours: Option<&Self>,
        command: &str,
    ) -> Row {
        let ratio = ours.map(|ours| self.series.part_of(&ours.series));
        let ratio = ratio.map_or("1".to_owned(), |ratio| format!("{ratio:.2} x ours"));
        let figure = format!("{:.1} MB peak", self.peak());
        Row { figure, ..Row::of_series(measured, program, &self.series, ratio, command) }
    }
}
