//! What people read on the terminal: errors, warnings and findings.
//!
//! Every line begins with what it is (`error:`, `warning:`, `hint:`), so that it makes sense without its colour, and where it
//! is about a place in a bundle goes on with `file:line:column:`, which editors know how to open.

mod hinted;
mod unserved;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use rukpak_apply::PlanError;
use rukpak_apply::crd_upgrade::UpgradeFinding;
use rukpak_apply::engine::EngineError;
use rukpak_apply::rights::MissingRights;
use rukpak_bundle::{Finding, Findings, Severity};
use rukpak_manifest::{Position, yaml};

use crate::printable::Printable;

pub(crate) use hinted::Hinted;

/// Waivers that are told one by one.
pub(crate) const MOST_WAIVERS: usize = 8;

/// Prints an error with its causes on standard error; the findings of a refused bundle, and what stands in the way of a plan, one
/// by one.
pub(crate) fn error(error: &anyhow::Error) {
    let mut stderr = anstream::stderr().lock();
    // There is nowhere left to say that standard error cannot be written to.
    let _ = if let Some(findings) = error.downcast_ref::<Findings>() {
        self::findings(&mut stderr, findings)
    } else if let Some(PlanError(problems)) = error.downcast_ref() {
        problems
            .iter()
            .try_for_each(|problem| line(&mut stderr, &problem.to_string()))
            .and_then(|()| unserved::hints(&mut stderr, problems))
    } else if let Some(EngineError::MissingRights(missing)) = error.downcast_ref() {
        rights(&mut stderr, missing)
    } else if let Some(EngineError::Refused(refused)) = error.downcast_ref() {
        refused
            .iter()
            .try_for_each(|one| line(&mut stderr, &with_causes(one)))
            .and_then(|()| hint(&mut stderr, refused))
    } else if let Some(Hinted { error, hint }) = error.downcast_ref() {
        line(&mut stderr, &with_causes(error.as_ref()))
            .and_then(|()| writeln!(stderr, "  {} {}", "hint:".cyan().bold(), Printable(hint)))
    } else {
        line(&mut stderr, &with_causes(error.as_ref())).and_then(|()| {
            hint(&mut stderr, error.downcast_ref().map(std::slice::from_ref).unwrap_or_default())
        })
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

/// The flags that accept what was refused, as a shell takes them: that objects are made anew, and what definitions take away; of many,
/// for all that they take.
fn hint(out: &mut impl Write, refused: &[EngineError]) -> io::Result<()> {
    let findings = refused.iter().filter_map(|one| match one {
        EngineError::CrdUpgrade(findings) => Some(findings),
        _ => None,
    });
    let (findings, never): (Vec<_>, Vec<_>) = findings.flatten().partition(|finding| finding.can_be_waived());
    let exact = |finding: &&UpgradeFinding| {
        let UpgradeFinding { crd, rule, path, .. } = finding;
        format!("{crd}:{rule}:{}", path.as_deref().unwrap_or("*"))
    };
    let waivers: BTreeSet<_> = if findings.len() > MOST_WAIVERS {
        findings.iter().map(|finding| format!("{}:*:*", finding.crd)).collect()
    } else {
        findings.iter().map(exact).collect()
    };
    let mut flags: Vec<_> = waivers.iter().map(|waiver| format!("--waive {}", quoted(waiver))).collect();
    if refused.iter().any(EngineError::can_be_forced) {
        flags.push("--force".to_owned());
    }
    if !flags.is_empty() {
        writeln!(out, "  {} to accept it: {}", "hint:".cyan().bold(), Printable(&flags.join(" ")))?;
    }
    refused.iter().try_for_each(|one| in_the_way(out, one))?;
    never.into_iter().try_for_each(|finding| unwaivable(out, finding))
}

/// How to get past a webhook of what is deleted that lets nothing go.
fn in_the_way(out: &mut impl Write, error: &EngineError) -> io::Result<()> {
    let EngineError::OwnWebhook { configuration, .. } = error else { return Ok(()) };
    let (kind, name) = (configuration.kind.to_lowercase(), &configuration.name);
    let text = format!(
        "if its server does not come back: kubectl delete {kind} {}; then run this again",
        quoted(name)
    );
    writeln!(out, "  {} {}", "hint:".cyan().bold(), Printable(&text))
}

/// What would help where no waiver does: what the API server refuses by itself.
fn unwaivable(out: &mut impl Write, finding: &UpgradeFinding) -> io::Result<()> {
    let UpgradeFinding { crd, rule, .. } = finding;
    let help = if finding.is_of_stored_objects() {
        "first have its objects stored in a version that stays, and take the others out of its status.storedVersions: \
         https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/"
    } else {
        "it would have to be deleted with all of its objects, and installed anew"
    };
    let text = format!("no waiver lets {crd} break {rule}, which the API server refuses; {help}");
    writeln!(out, "  {} {}", "hint:".cyan().bold(), Printable(&text))
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    if word.chars().all(|letter| letter.is_ascii_alphanumeric() || ".:^-_".contains(letter)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// An error, and what it comes from. What a cause says that was said already is said once.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.is_empty() {
            cause
        } else if said.ends_with(&cause) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
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

/// Prints findings on standard error.
pub(crate) fn told(findings: &Findings) {
    // There is nowhere left to say that standard error cannot be written to.
    let _ = self::findings(&mut anstream::stderr().lock(), findings);
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rukpak_apply::cluster::ApiError;
    use rukpak_apply::crd_upgrade::Waiver;

    fn finding(path: Option<&str>) -> UpgradeFinding {
        UpgradeFinding {
            crd: "as.b.example".into(),
            rule: "existingFieldRemoval",
            version: Some("v1".into()),
            path: path.map(str::to_owned),
            message: "gone".into(),
        }
    }

    fn hinted(findings: Vec<UpgradeFinding>) -> String {
        let mut out = Vec::new();
        hint(&mut out, &[EngineError::CrdUpgrade(findings)]).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
    }

    #[rstest]
    #[case(Some("^.spec.a"), "--waive as.b.example:existingFieldRemoval:^.spec.a")]
    #[case(Some("^.spec.a[\"it's\"]"), r#"--waive 'as.b.example:existingFieldRemoval:^.spec.a["it'\''s"]'"#)]
    #[case(None, "--waive 'as.b.example:existingFieldRemoval:*'")]
    fn what_would_accept_a_finding_is_told_as_it_is_typed(
        #[case] path: Option<&str>,
        #[case] expected: &str,
    ) {
        assert_eq!(hinted(vec![finding(path)]), format!("  hint: to accept it: {expected}\n"));
        let typed = expected.trim_start_matches("--waive ").trim_matches('\'').replace(r"'\''", "'");
        typed.parse::<Waiver>().unwrap();
    }

    #[rstest]
    #[case("storedVersionRemoval", "first have its objects stored in a version that stays")]
    #[case("scope", "it would have to be deleted")]
    fn what_no_waiver_helps_over_is_told_so(#[case] rule: &'static str, #[case] expected: &str) {
        let never = UpgradeFinding { rule, ..finding(None) };
        let hinted = hinted(vec![never, finding(Some("^.spec.a"))]);
        let lines: Vec<_> = hinted.lines().collect();
        assert_eq!(lines[0], "  hint: to accept it: --waive as.b.example:existingFieldRemoval:^.spec.a");
        let start =
            format!("  hint: no waiver lets as.b.example break {rule}, which the API server refuses; ");
        assert!(lines[1].starts_with(&format!("{start}{expected}")), "{hinted}");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_webhook_that_is_in_the_way_of_its_own_end() {
        let id = "_web_admissionregistration.k8s.io_ValidatingWebhookConfiguration".parse().unwrap();
        let refused = ApiError::overtaken("patch", &"a_b__ConfigMap".parse().unwrap(), "no");
        let mut out = Vec::new();
        hint(&mut out, &[EngineError::OwnWebhook { configuration: Box::new(id), refused }]).unwrap();
        let text = String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap();
        let expected = "  hint: if its server does not come back: kubectl delete validatingwebhookconfiguration web; \
                        then run this again\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn many_are_accepted_by_one() {
        let many = (0..20).map(|number| finding(Some(&format!("^.spec.a{number}")))).collect();
        assert_eq!(hinted(many), "  hint: to accept it: --waive 'as.b.example:*:*'\n");
    }

    #[test]
    fn a_cause_that_was_said_is_not_said_again() {
        let refused = anyhow::anyhow!("refused").context("connect").context("a: connect");
        assert_eq!(with_causes(refused.as_ref()), "a: connect: refused");
    }
}
