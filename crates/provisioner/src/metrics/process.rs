//! What the kernel tells of this process, read when somebody asks.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::param::{clock_ticks_per_second, page_size};

use super::table::{CPU, OPEN_FILES, RESIDENT_MEMORY, START_TIME};
use super::tell;

/// This process. What the kernel does not tell is left out.
#[derive(Debug)]
pub(super) struct Process;

/// Fields of `/proc/self/stat`, in its units.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// Ticks of the clock.
    user: u64,
    /// Ticks of the clock.
    system: u64,
    /// Ticks of the clock since the machine was started.
    started: u64,
    /// Pages.
    resident: u64,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let stat = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Stat::of);
        let booted = fs::read_to_string("/proc/stat").ok().as_deref().and_then(booted);
        let files = fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        if let Some(stat) = &stat {
            let page = u64::try_from(page_size()).unwrap_or_default();
            tell(&mut encoder, &RESIDENT_MEMORY, &ConstGauge::new(stat.resident.saturating_mul(page)))?;
            tell(&mut encoder, &CPU, &ConstCounter::new(seconds(stat.user.saturating_add(stat.system))))?;
        }
        if let Some((stat, booted)) = stat.as_ref().zip(booted) {
            tell(&mut encoder, &START_TIME, &ConstGauge::new(booted + seconds(stat.started)))?;
        }
        if let Some(files) = files {
            // One of them is the list itself.
            let files = u64::try_from(files.saturating_sub(1)).unwrap_or_default();
            tell(&mut encoder, &OPEN_FILES, &ConstGauge::new(files))?;
        }
        Ok(())
    }
}

impl Stat {
    /// Reads `proc_pid_stat(5)`: the second field is a name in parentheses, which may hold anything.
    fn of(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<_> = fields.split_ascii_whitespace().collect();
        // The first of these is the third of the manual.
        let field = |number: usize| fields.get(number.checked_sub(3)?)?.parse().ok();
        Some(Self { user: field(14)?, system: field(15)?, started: field(22)?, resident: field(24)? })
    }
}

/// When the machine was started, in seconds since 1970: a line of `proc_stat(5)`.
fn booted(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "of more than 52 bits of hundredths nobody misses the last ones"
)]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_what_separates_fields() {
        let text = "7 (a) S 1 (x)) S 1 7 7 0 -1 4194560 900 0 0 0 31 12 0 0 20 0 5 0 4711 300000000 2048 18446744073709551615 1";
        let expected = Stat { user: 31, system: 12, started: 4711, resident: 2048 };
        assert_eq!(Stat::of(text), Some(expected));
        assert_eq!(Stat::of("7 (a) S 1"), None);
    }

    #[test]
    fn the_start_of_the_machine() {
        assert_eq!(booted("cpu 1 2\nbtime 1700000000\nprocesses 5\n"), Some(1_700_000_000.0));
        assert_eq!(booted("cpu 1 2\n"), None);
    }

    #[test]
    fn this_process() {
        let stat = Stat::of(&fs::read_to_string("/proc/self/stat").unwrap()).unwrap();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let told = stat.resident * page_size() as u64 / 1024;
        assert!(told.abs_diff(resident) < resident / 2, "{told} KiB, where status says {resident}");
    }
}
