//! What a run takes: memory, and time of the CPU, which unlike the time on the clock is the same on a busy host.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::process::{Host, Run, run, within};
use crate::programs;

/// What a run took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes of its highest resident set.
    pub resident: u64,
    /// Time of the CPU, the system's for it included.
    pub cpu: Duration,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} MB resident, {:.2} s of CPU", megabytes(self.resident), self.cpu.as_secs_f64())
    }
}

fn megabytes(bytes: u64) -> f64 {
    Duration::from_micros(bytes).as_secs_f64()
}

/// The most of many runs.
#[derive(Debug, Default)]
pub struct Worst(Mutex<Usage>);

impl Worst {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Usage { resident: 0, cpu: Duration::ZERO }))
    }

    /// Counts a run, and says on standard error, past the test harness, where it took more than all before.
    pub fn count(&self, name: &str, usage: Usage) {
        let mut worst = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if usage.resident > worst.resident || usage.cpu > worst.cpu {
            worst.resident = worst.resident.max(usage.resident);
            worst.cpu = worst.cpu.max(usage.cpu);
            let _ = writeln!(io::stderr(), "most until now: {name}, {usage}");
        }
    }
}

impl Host {
    /// Runs the command line within an address space of so many MiB, and measures what it takes.
    pub fn run_measured<S: AsRef<OsStr>>(
        &self,
        mebibytes: u32,
        arguments: impl IntoIterator<Item = S>,
    ) -> (Run, Usage) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("usage");
        let mut command = self.command(programs::measured());
        let run = run(command.arg(&file).arg("sh").args(within(mebibytes)).args(arguments));
        let text = fs::read_to_string(file).unwrap();
        let (resident, cpu) = text.split_once(' ').unwrap();
        let usage =
            Usage { resident: resident.parse().unwrap(), cpu: Duration::from_micros(cpu.parse().unwrap()) };
        (run, usage)
    }
}
