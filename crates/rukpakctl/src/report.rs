//! What people read on the terminal: errors, warnings and findings.
//!
//! Every line begins with what it is (`error:`, `warning:`, `hint:`), so that it makes sense without its colour, and where it
//! is about a place in a bundle goes on with `file:line:column:`, which editors know how to open.

use std::fmt::Display;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use rukpak_apply::PlanError;
use rukpak_apply::engine::EngineError;
use rukpak_apply::rights::MissingRights;
use rukpak_bundle::{Finding, Findings, Severity};
use rukpak_manifest::{Position, yaml};

use crate::printable::Printable;

/// Prints an error with its causes on standard error; the findings of a refused bundle, and what stands in the way of a plan, one
/// by one.
pub(crate) fn error(error: &anyhow::Error) {
    let mut stderr = anstream::stderr().lock();
    // There is nowhere left to say that standard error cannot be written to.
    let _ = if let Some(findings) = error.downcast_ref::<Findings>() {
        self::findings(&mut stderr, findings)
    } else if let Some(PlanError(problems)) = error.downcast_ref() {
        problems.iter().try_for_each(|problem| line(&mut stderr, &problem.to_string()))
    } else if let Some(EngineError::MissingRights(missing)) = error.downcast_ref() {
        rights(&mut stderr, missing)
    } else if let Some(EngineError::Refused(refused)) = error.downcast_ref() {
        refused.iter().try_for_each(|one| line(&mut stderr, &with_causes(one)))
    } else {
        line(&mut stderr, &format!("{error:#}"))
    };
}

/// What somebody may not do; on standard output the roles that would let them.
fn rights(out: &mut impl Write, missing: &MissingRights) -> io::Result<()> {
    let text = missing.to_string();
    let mut lines = text.lines();
    line(out, lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "  {}", Printable(line)))?;
    writeln!(out, "  {} the manifests on standard output would let it", "hint:".cyan().bold())?;
    yaml::write_objects(&missing.to_manifests(), &mut io::stdout().lock())
}

fn line(out: &mut impl Write, error: &str) -> io::Result<()> {
    writeln!(out, "{} {}", "error:".red().bold(), Printable(error))
}

/// An error, and what it comes from.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Prints a warning on standard error.
pub(crate) fn warning(message: impl Display) {
    let label = "warning:".yellow();
    let _ = writeln!(anstream::stderr(), "{} {}", label.bold(), Printable(&message.to_string()));
}

/// Prints on standard error how many findings there are.
pub(crate) fn summary(errors: usize, warnings: usize) {
    let count = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let _ = writeln!(anstream::stderr(), "{}, {}", count(errors, "error"), count(warnings, "warning"));
}

/// Writes findings, one after the other.
pub(crate) fn findings<'a>(
    out: &mut impl Write,
    findings: impl IntoIterator<Item = &'a Finding>,
) -> io::Result<()> {
    findings.into_iter().try_for_each(|one| finding(out, one))
}

/// `error: file:line:column: Kind.group namespace/name: message [code]`, and the hint on a line of its own.
fn finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Finding { severity, code, file, position, object, message, hint } = finding;
    match severity {
        Severity::Error => write!(out, "{} ", "error:".red().bold())?,
        Severity::Warning => write!(out, "{} ", "warning:".yellow().bold())?,
    }
    write!(out, "{}", Printable(file))?;
    if let Some(Position { line, column }) = position {
        write!(out, ":{line}:{column}")?;
    }
    if let Some(object) = object {
        write!(out, ": {}", Printable(object))?;
    }
    writeln!(out, ": {} {}", Printable(message), format_args!("[{code}]").dimmed())?;
    match hint {
        Some(hint) => writeln!(out, "  {} {}", "hint:".cyan().bold(), Printable(hint)),
        None => Ok(()),
    }
}
