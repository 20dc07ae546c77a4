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
use rukpak_apply::cluster::LoginError;
use rukpak_apply::crd_upgrade::UpgradeFinding;
use rukpak_apply::engine::EngineError;
use rukpak_apply::rights::MissingRights;
use rukpak_bundle::{Finding, Findings, Severity};
use rukpak_manifest::Position;

use crate::printable::Printable;

pub(crate) use hinted::Hinted;

/// Findings of a definition that are told one by one.
const MOST_FINDINGS: usize = 8;

/// Waivers that are told one by one.
pub(crate) const MOST_WAIVERS: usize = 8;

/// Prints an error with its causes on standard error; the findings of a refused bundle, and what stands in the way of a plan, one
/// by one. What helps stands below what it helps with.
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
    } else if let Some(
        engine @ (EngineError::Refused(_) | EngineError::MissingRights(_) | EngineError::CrdUpgrade(_)),
    ) = error.downcast_ref()
    {
        refused(&mut stderr, engine)
    } else if let Some(Hinted { error, hint: text }) = error.downcast_ref() {
        line(&mut stderr, &with_causes(error.as_ref())).and_then(|()| hint(&mut stderr, text))
    } else {
        line(&mut stderr, &with_causes(error.as_ref())).and_then(|()| help(&mut stderr, error))
    };
}

/// What an engine refuses, one by one.
fn refused(out: &mut impl Write, error: &EngineError) -> io::Result<()> {
    match error {
        EngineError::Refused(all) => all.iter().try_for_each(|one| refused(out, one)),
        EngineError::MissingRights(missing) => rights(out, missing),
        EngineError::CrdUpgrade(findings) => upgrade(out, findings),
        _ => {
            line(out, &with_causes(error))?;
            way_out(out, error)
        }
    }
}

/// What would help with an error that is told in one line.
fn help(out: &mut impl Write, error: &anyhow::Error) -> io::Result<()> {
    if let Some(error) = error.downcast_ref() {
        way_out(out, error)?;
    }
    match error.downcast_ref().and_then(LoginError::hint) {
        Some(text) => hint(out, &text),
        None => Ok(()),
    }
}

/// What somebody may not do.
fn rights(out: &mut impl Write, missing: &MissingRights) -> io::Result<()> {
    let text = missing.to_string();
    let mut lines = text.lines();
    line(out, lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "  {}", Printable(line)))?;
    hint(out, "the manifests on standard output would let it")
}

fn line(out: &mut impl Write, error: &str) -> io::Result<()> {
    writeln!(out, "{} {}", "error:".red().bold(), Printable(error))
}

fn hint(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "  {} {}", "hint:".cyan().bold(), Printable(text))
}

/// What definitions take away, the first findings of each; and the flags that accept all of it, as a shell takes them. Of many,
/// those for all that a definition takes.
fn upgrade(out: &mut impl Write, findings: &[UpgradeFinding]) -> io::Result<()> {
    for of_one in findings.chunk_by(|a, b| a.crd == b.crd) {
        // How many are not listed was counted before.
        let (found, counts): (Vec<_>, Vec<_>) = of_one.iter().partition(|finding| !finding.is_of_others());
        let more = found.len().saturating_sub(MOST_FINDINGS);
        for finding in found.iter().take(MOST_FINDINGS) {
            line(out, &format!("CustomResourceDefinition {}: {finding}", finding.crd))?;
        }
        let (Some(UpgradeFinding { crd, .. }), true) = (found.first(), more > 0) else { continue };
        let uncounted = if counts.is_empty() { "" } else { ", and others" };
        let more = if more == 1 { "1 more finding".to_owned() } else { format!("{more} more findings") };
        line(out, &format!("CustomResourceDefinition {crd}: {more}{uncounted}"))?;
    }
    let (waivable, never): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.can_be_waived());
    let exact = |finding: &&UpgradeFinding| {
        let UpgradeFinding { crd, rule, path, .. } = finding;
        format!("{crd}:{rule}:{}", path.as_deref().unwrap_or("*"))
    };
    let waivers: BTreeSet<_> = if waivable.len() > MOST_WAIVERS {
        waivable.iter().map(|finding| format!("{}:*:*", finding.crd)).collect()
    } else {
        waivable.iter().map(exact).collect()
    };
    let flags: Vec<_> = waivers.iter().map(|waiver| waive(waiver)).collect();
    if !flags.is_empty() {
        hint(out, &format!("to accept it: {}", flags.join(" ")))?;
    }
    never.into_iter().try_for_each(|finding| unwaivable(out, finding))
}

/// How to get past one refusal: by the flag that has an object made anew, or by deleting a webhook that lets nothing go.
fn way_out(out: &mut impl Write, error: &EngineError) -> io::Result<()> {
    match error {
        EngineError::OwnWebhook { configuration, .. } => {
            let (kind, name) = (configuration.kind.to_lowercase(), quoted(&configuration.name));
            let text = format!(
                "if its server does not come back: kubectl delete {kind} {name}; then run this again"
            );
            hint(out, &text)
        }
        error if error.can_be_forced() => hint(out, "to accept it: --force"),
        _ => Ok(()),
    }
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
    hint(out, &format!("no waiver lets {crd} break {rule}, which the API server refuses; {help}"))
}

/// The flag of a waiver, as a shell takes it.
pub(crate) fn waive(waiver: &str) -> String {
    format!("--waive {}", quoted(waiver))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
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
        Some(text) => self::hint(out, text),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rukpak_apply::ObjectId;
    use rukpak_apply::cluster::ApiError;
    use rukpak_apply::crd_upgrade::Waiver;
    use rukpak_apply::engine::Obstacle;

    fn finding(path: Option<&str>) -> UpgradeFinding {
        UpgradeFinding {
            crd: "as.b.example".into(),
            rule: "existingFieldRemoval",
            version: Some("v1".into()),
            path: path.map(str::to_owned),
            message: "gone".into(),
        }
    }

    fn told(error: &EngineError) -> String {
        let mut out = Vec::new();
        refused(&mut out, error).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
    }

    fn hinted(findings: Vec<UpgradeFinding>) -> String {
        let told = told(&EngineError::CrdUpgrade(findings));
        told.split_inclusive('\n').filter(|line| !line.starts_with("error: ")).collect()
    }

    fn immutable(name: &str, obstacle: Obstacle) -> EngineError {
        let id: ObjectId = format!("a_{name}_apps_Deployment").parse().unwrap();
        let source = ApiError::overtaken("apply", &id, "no");
        EngineError::Immutable { id: Box::new(id), obstacle, source }
    }

    #[test]
    fn a_hint_stands_below_what_it_helps_with() {
        let findings = EngineError::CrdUpgrade(vec![finding(Some("^.spec.a"))]);
        let refused = EngineError::Refused(vec![
            immutable("one", Obstacle::NotAsked),
            immutable("two", Obstacle::Volumes),
            findings,
            immutable("three", Obstacle::NotAsked),
        ]);
        let starts = [
            "error: Deployment.apps a/one would",
            "  hint: to accept it: --force",
            "error: Deployment.apps a/two would",
            "error: CustomResourceDefinition as.b.example: existing",
            "  hint: to accept it: --waive as.b.example:existingFieldRemoval:^.spec.a",
            "error: Deployment.apps a/three would",
            "  hint: to accept it: --force",
        ];
        let told = told(&refused);
        assert_eq!(told.lines().count(), starts.len(), "{told}");
        for (line, start) in told.lines().zip(starts) {
            assert!(line.starts_with(start), "{told}");
        }
    }

    #[test]
    fn findings_of_definitions_are_told_on_lines_of_their_own_and_not_all() {
        let of = |crd: &str, number: usize| UpgradeFinding {
            crd: crd.into(),
            message: format!("gone {number}"),
            ..finding(None)
        };
        let not_listed = UpgradeFinding { rule: "tooManyFindings", ..of("b", 12) };
        let few = of("c", 0);
        let all = (0..11).map(|number| of("a", number)).chain((0..9).map(|number| of("b", number)));
        let told = told(&EngineError::CrdUpgrade(all.chain([not_listed, few]).collect()));
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0], "error: CustomResourceDefinition a: existingFieldRemoval: gone 0");
        assert_eq!(lines[7], "error: CustomResourceDefinition a: existingFieldRemoval: gone 7");
        assert_eq!(lines[8], "error: CustomResourceDefinition a: 3 more findings");
        assert_eq!(lines[17], "error: CustomResourceDefinition b: 1 more finding, and others");
        assert_eq!(lines[18], "error: CustomResourceDefinition c: existingFieldRemoval: gone 0");
        assert_eq!(lines[19], "  hint: to accept it: --waive 'a:*:*' --waive 'b:*:*' --waive 'c:*:*'");
        assert_eq!(lines.len(), 20);
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
        let told = told(&EngineError::OwnWebhook { configuration: Box::new(id), refused });
        let expected = "  hint: if its server does not come back: kubectl delete validatingwebhookconfiguration web; \
                        then run this again\n";
        assert!(told.ends_with(&format!("\n{expected}")), "{told}");
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
