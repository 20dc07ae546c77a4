//! `with-controlplane COMMAND [ARGUMENT]...` runs a command with a Kubernetes control plane of its own.
//!
//! The command finds it by `KUBECONFIG`, and finds `kubectl` on its `PATH`. Everything ends with the command; what the command
//! ends with is what this ends with.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

use clap::Parser;
use e2e::controlplane::{ControlPlane, EXISTING_VARIABLE};
use e2e::process::Process;
use e2e::programs;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::signal::unix::{self, SignalKind};

/// Runs a command with a Kubernetes control plane of its own.
///
/// The command runs with the cluster of KUBECONFIG, and nothing is started, where that is set and the variable
/// `E2E_EXISTING_CLUSTER` is 1.
#[derive(Debug, Parser)]
#[command(name = "with-controlplane")]
struct Arguments {
    /// Keep the control plane when COMMAND has ended, until ^C
    #[arg(long)]
    keep_going: bool,
    /// Put the logs of the control plane into DIR, where they stay
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
    /// What to run
    command: OsString,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    rest: Vec<OsString>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if env::var_os(EXISTING_VARIABLE).is_some_and(|value| value == "1") && env::var_os("KUBECONFIG").is_some()
    {
        let error = Command::new(&arguments.command).args(&arguments.rest).exec();
        return failed(&format!("cannot run {}: {error}", arguments.command.display()));
    }
    match run(&arguments).await {
        Ok(code) => code,
        Err(error) => failed(&error.to_string()),
    }
}

async fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let start = Instant::now();
    let control_plane = tokio::select! {
        started = ControlPlane::start(arguments.logs.as_deref(), say) => started?,
        signal = signals.next() => return Ok(killed(signal.as_raw())),
    };
    say(&format!("control plane is ready in {:.1} s", start.elapsed().as_secs_f64()));
    // It dies with us.
    let mut command = Process::command(&arguments.command);
    command
        .args(&arguments.rest)
        .envs(control_plane.environment())
        .env_remove(EXISTING_VARIABLE)
        .env("PATH", path());
    let mut child = tokio::process::Command::from(command).spawn()?;
    let status = supervise(&mut child, &mut signals).await?;
    if arguments.keep_going {
        let kubeconfig = control_plane.kubeconfig();
        say(&format!(
            "the command has ended ({status}); ^C ends the rest: KUBECONFIG={}",
            kubeconfig.display()
        ));
        signals.next().await;
    }
    Ok(code(status))
}

/// Waits for the command, which gets the signals that we get.
async fn supervise(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    // `^C` on a terminal goes to both.
    let has_terminal = io::stdin().is_terminal() || io::stderr().is_terminal();
    loop {
        tokio::select! {
            status = child.wait() => return status,
            signal = signals.next() => {
                if let Some(pid) = pid.filter(|_| signal != Signal::INT || !has_terminal) {
                    // It may just have ended.
                    let _ = kill_process(pid, signal);
                }
            }
        }
    }
}

/// Ours, with what `make controlplane` builds behind it.
fn path() -> OsString {
    let ours = programs::root().join("target/controlplane");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain([ours]).collect();
    env::join_paths(folders).unwrap_or(path)
}

/// The signals that are to end a program.
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hangup.recv() => Signal::HUP,
        }
    }
}

/// What a shell makes of it.
fn code(status: ExitStatus) -> ExitCode {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        (None, signal) => killed(signal.unwrap_or_default()),
    }
}

fn killed(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
}

fn failed(why: &str) -> ExitCode {
    say(why);
    ExitCode::FAILURE
}

fn say(line: &str) {
    let _ = writeln!(io::stderr(), "with-controlplane: {line}");
}
