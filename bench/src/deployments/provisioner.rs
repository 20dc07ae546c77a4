//! A provisioner as a process, and what it takes.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

/// How long it has to come up, and to have opened its watches.
const START: Duration = Duration::from_secs(3);

/// Units of processor time in a second (`sysconf(_SC_CLK_TCK)`, which is this on Linux).
const TICKS: u64 = 100;

/// A running provisioner, which ends when this is dropped.
pub(super) struct Provisioner(Child);

impl Provisioner {
    pub(super) fn start(program: &Path, kubeconfig: &Path, cache: &Path) -> Result<Self> {
        fs::create_dir_all(cache)?;
        let child = Command::new(program)
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .arg("--cache-dir")
            .arg(cache)
            .args(["--http-bind-address", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(cache.join("log"))?)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        sleep(START);
        Ok(Self(child))
    }

    /// Its resident set, in bytes.
    pub(super) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// The processor time that it has taken.
    pub(super) fn processor_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // Behind the name in parentheses: the twelfth and thirteenth field (proc(5)).
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks = ticks.sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }
}

impl Drop for Provisioner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
