//! `measured FILE COMMAND [ARGUMENT]...` runs a command, and writes into a file what it took: the bytes of its highest resident
//! set, and the microseconds of CPU that it used. What the command ends with is what this ends with.
//!
//! It is a process of its own because the kernel counts for a process also the memory of the one that started it, which in a
//! test may hold hundreds of megabytes.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitCode;
use std::{env, fs, io};

use e2e::process::Process;
use wait4::Wait4 as _;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let [file, command, rest @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("usage: measured FILE COMMAND [ARGUMENT]..."));
    };
    let end = Process::command(command).args(rest).spawn()?.wait4()?;
    let cpu = end.rusage.utime + end.rusage.stime;
    fs::write(file, format!("{} {}", end.rusage.maxrss, cpu.as_micros()))?;
    let code = end.status.code().or_else(|| end.status.signal().map(|signal| 128 + signal));
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
