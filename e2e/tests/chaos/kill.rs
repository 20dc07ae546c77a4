//! Ending a run before it ends by itself.

use std::fmt;
use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use e2e::controlplane::{Asked, Fault, FaultProxy};
use e2e::process::Process;
use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Place, is_write};

/// How long a run may take until it is where it is to be killed, and how long one that is interrupted may still take.
const PATIENCE: [Duration; 2] = [Duration::from_secs(90), Duration::from_secs(5)];

/// How a run ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kill {
    pub(crate) when: When,
    /// By `^C`, not by `SIGKILL`.
    pub(crate) is_interrupt: bool,
}

/// When it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// After so long.
    After(Duration),
    /// When it makes this request, the first being 1, which the API server does not see any more.
    Asking(usize),
    /// When this request is done, and not answered yet.
    Asked(usize),
    /// When it makes this write, which the API server does not see any more.
    Writing(usize),
    /// When this write is done, and not answered yet.
    Written(usize),
}

/// Whether a request counts.
type Counts = fn(&Asked) -> bool;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Killed {
    /// Whether it was ended, or had ended by itself before.
    pub(crate) in_time: bool,
    /// What is not as it has to be.
    pub(crate) wrong: Option<String>,
}

/// A run that is to be ended.
pub(crate) struct Doomed<'a> {
    process: Process,
    kill: Kill,
    way: &'a FaultProxy,
    start: Instant,
    /// What was asked and held up before it.
    before: (usize, usize),
    stderr: std::path::PathBuf,
}

impl Kill {
    /// Starts a run that ends this way.
    pub(crate) fn start(self, place: &Place, way: usize, mut command: Command) -> Doomed<'_> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let proxy = &place.ways[way];
        proxy.heal();
        let before = (proxy.asked().len(), proxy.stuck());
        if let Some((at, counts, fault)) = self.when.fault() {
            let number = Arc::new(AtomicUsize::new(0));
            let for_rest = Arc::clone(&number);
            // Whatever else it asks from then on comes too late.
            proxy.inject(Fault::Stuck, move |_| for_rest.load(Ordering::SeqCst) >= at);
            proxy.inject(fault, move |asked| {
                counts(asked)
                    && number.load(Ordering::SeqCst) < at
                    && number.fetch_add(1, Ordering::SeqCst) + 1 == at
            });
        }
        let stderr = place.host.path(&format!("killed-{}", NUMBER.fetch_add(1, Ordering::SeqCst)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&stderr).unwrap());
        let process = Process::start(&mut command).unwrap();
        Doomed { process, kill: self, way: proxy, start: Instant::now(), before, stderr }
    }
}

impl Doomed<'_> {
    /// Ends it when it is time, unless it has ended by itself.
    pub(crate) fn end(mut self) -> Killed {
        let stuck = self.before.1;
        loop {
            if let Some(status) = self.process.child().try_wait().unwrap() {
                let told = std::fs::read_to_string(&self.stderr).unwrap();
                let wrong = (!matches!(status.code(), Some(0 | 1))).then(|| format!("{status}: {told}"));
                return Killed { in_time: false, wrong };
            }
            let is_time = match self.kill.when {
                When::After(time) => self.start.elapsed() >= time,
                _ => self.way.stuck() > stuck && self.is_done(),
            };
            if is_time {
                break;
            }
            assert!(self.start.elapsed() < PATIENCE[0], "{}: it takes too long", self.kill);
            thread::sleep(Duration::from_millis(1));
        }
        let wrong = self.signal();
        self.way.heal();
        Killed { in_time: true, wrong }
    }

    /// Whether the request that it is to be ended at is done: it and all that came after it are held up.
    fn is_done(&self) -> bool {
        let (asked, stuck) = self.before;
        let Some((at, counts, _)) = self.kill.when.fault() else { return true };
        let all = self.way.asked().split_off(asked);
        let before = all.iter().enumerate().filter(|(_, asked)| counts(asked)).nth(at - 1);
        before.is_some_and(|(before, _)| all.len() - before == self.way.stuck() - stuck)
    }

    fn signal(&mut self) -> Option<String> {
        let child = self.process.child();
        if !self.kill.is_interrupt {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        let pid = Pid::from_child(child);
        kill_process(pid, Signal::INT).unwrap();
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                let is_right = match self.kill.when {
                    // Before it watches for it, a signal ends it as any program; and it may just have been done.
                    When::After(_) => matches!(status.code(), None | Some(0 | 1)),
                    _ => status.code() == Some(1),
                };
                return (!is_right).then(|| format!("interrupted, it ends with {status}"));
            }
            if start.elapsed() > PATIENCE[1] {
                return Some(format!("interrupted, it still runs after {:?}", PATIENCE[1]));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl When {
    /// What happens to which request, of those that count.
    fn fault(self) -> Option<(usize, Counts, Fault)> {
        match self {
            Self::After(_) => None,
            Self::Asking(at) => Some((at, |_| true, Fault::Stuck)),
            Self::Asked(at) => Some((at, |_| true, Fault::Unanswered)),
            Self::Writing(at) => Some((at, is_write, Fault::Stuck)),
            Self::Written(at) => Some((at, is_write, Fault::Unanswered)),
        }
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::After(time) => write!(f, "after {time:?}")?,
            When::Asking(at) => write!(f, "when request {at} was made")?,
            When::Asked(at) => write!(f, "when request {at} was done")?,
            When::Writing(at) => write!(f, "when write {at} was made")?,
            When::Written(at) => write!(f, "when write {at} was done")?,
        }
        f.write_str(if self.is_interrupt { " interrupted" } else { " killed" })
    }
}
