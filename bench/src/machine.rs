//! The machine that the figures were taken on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::go;

/// Keeps this process and the children that it starts from now on to one core: the last of those it may use, since the
/// first is where the system does its own work.
pub(crate) fn pin_to_one_core() -> Result<()> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let last = (0..CpuSet::count()).rev().find(|core| allowed.is_set(*core).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(last.context("this process may use no core")?)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &one)?)
}

/// The lines of the report that say what machine and which compilers these are.
pub(crate) fn describe(cores: usize, go: Option<&Path>) -> Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let mut lines = vec![
        format!("CPU: {}, {cores} cores", model.map_or("unknown", |(_, name)| name.trim())),
        format!("kernel: Linux {}", fs::read_to_string("/proc/sys/kernel/osrelease")?.trim()),
    ];
    let rustc = Command::new("rustc").arg("--version").output().context("running rustc")?;
    lines.push(format!("Rust: {}", String::from_utf8_lossy(&rustc.stdout).trim()));
    if let Some(program) = go {
        lines.push(format!("Go: {}", go::version(program, "go")?));
    }
    Ok(lines)
}

/// How many cores this process may use. To be asked before it is kept to one.
pub(crate) fn cores() -> Result<usize> {
    Ok(available_parallelism()?.get())
}
