//! Where rules put what they find, and how they learn where it stands.
//!
//! A hostile bundle can break a rule a million times, with names of a megabyte. So findings are made here, out of parts
//! that are only put together for those that are listed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};

use rukpak_manifest::{Object, Origin, Position, Step};
use rukpak_tree::FileTree;

use crate::finding::{Finding, Findings, Rule, Severity};

/// How many findings of one rule are listed; the rest is counted.
const LISTED_PER_RULE: usize = 200;

/// How many bytes may be read again to learn positions. After that a finding stands where its document begins.
const LOCATE_BYTES: usize = 64 << 20;

/// How long a text of a finding may get, in bytes.
const TEXT_LENGTH: usize = 2000;

/// The findings of one bundle while they are being made.
pub(crate) struct Report<'t> {
    tree: &'t FileTree,
    findings: Vec<Finding>,
    /// How often each rule was broken, and the file where it was last.
    counts: BTreeMap<&'static str, (usize, Finding)>,
    /// How many bytes may still be read again for positions.
    locate_bytes: Cell<usize>,
    has_errors: bool,
}

impl<'t> Report<'t> {
    pub(crate) fn new(tree: &'t FileTree) -> Self {
        Self {
            tree,
            findings: Vec::new(),
            counts: BTreeMap::new(),
            locate_bytes: Cell::new(LOCATE_BYTES),
            has_errors: false,
        }
    }

    /// The content of a file of the bundle.
    pub(crate) fn file(&self, path: &str) -> Option<&'t [u8]> {
        self.tree.get(path)
    }

    /// Whether an error was found.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// Adds a finding about a field of an object, or about the whole object where the path is empty.
    pub(crate) fn tell(
        &mut self,
        rule: &Rule,
        place: &Place<'_>,
        path: &[Step<'_>],
        message: impl Display,
    ) -> Told<'_> {
        if !self.count(rule, place.file) {
            return Told(None);
        }
        let position = self.locate(place, path);
        let object = Some(text(&place.object)).filter(|object| !object.is_empty());
        self.add(Finding { object, ..finding(rule, place.file, Some(position), message) })
    }

    /// Adds a finding about a whole file or directory, or about a position in it.
    pub(crate) fn tell_file(
        &mut self,
        rule: &Rule,
        file: &str,
        position: Option<Position>,
        message: impl Display,
    ) -> Told<'_> {
        if !self.count(rule, file) {
            return Told(None);
        }
        self.add(finding(rule, file, position, message))
    }

    /// Everything that was found.
    pub(crate) fn finish(mut self) -> Findings {
        for (count, last) in self.counts.into_values() {
            if count > LISTED_PER_RULE {
                let message =
                    format!("{} more findings of this rule are not listed", count - LISTED_PER_RULE);
                self.findings.push(Finding { message, ..last });
            }
        }
        self.findings.into_iter().collect()
    }

    /// Counts a finding, and says whether it is to be listed.
    fn count(&mut self, rule: &Rule, file: &str) -> bool {
        self.has_errors |= rule.severity == Severity::Error;
        let (count, last) =
            self.counts.entry(rule.code).or_insert_with(|| (0, finding(rule, file, None, "")));
        *count += 1;
        if last.file != file {
            file.clone_into(&mut last.file);
        }
        *count <= LISTED_PER_RULE
    }

    fn add(&mut self, finding: Finding) -> Told<'_> {
        self.findings.push(finding);
        Told(self.findings.last_mut())
    }

    fn locate(&self, place: &Place<'_>, path: &[Step<'_>]) -> Position {
        let bytes = self.file(place.file).unwrap_or_default();
        let left = self.locate_bytes.get();
        if path.is_empty() || bytes.len() > left {
            return place.origin.start;
        }
        self.locate_bytes.set(left - bytes.len());
        place.origin.locate(bytes, path)
    }
}

/// A finding that was added, if it is listed.
pub(crate) struct Told<'r>(Option<&'r mut Finding>);

impl Told<'_> {
    /// Says what would help.
    pub(crate) fn hint(self, hint: impl Display) {
        if let Some(finding) = self.0 {
            finding.hint = Some(text(hint));
        }
    }
}

fn finding(rule: &Rule, file: &str, position: Option<Position>, message: impl Display) -> Finding {
    Finding {
        severity: rule.severity,
        code: rule.code,
        file: file.into(),
        position,
        object: None,
        message: text(message),
        hint: None,
    }
}

/// Text of bounded length and without control characters, which could make a terminal show something else.
fn text(content: impl Display) -> String {
    let mut bounded = Bounded(String::new());
    // It stops the formatting where it is full.
    if write!(bounded, "{content}").is_err() {
        bounded.0.push_str(" ...");
    }
    bounded.0
}

struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for character in part.chars() {
            if self.0.len() >= TEXT_LENGTH {
                return Err(fmt::Error);
            }
            if character.is_control() {
                self.0.extend(character.escape_default());
            } else {
                self.0.push(character);
            }
        }
        Ok(())
    }
}

/// Where an object, or the content of a file that is none, stands, and what it is called in findings.
#[derive(Debug, Clone)]
pub(crate) struct Place<'t> {
    /// Its file.
    pub(crate) file: &'t str,
    /// Where in the file.
    pub(crate) origin: Origin,
    /// Its identity: `Kind.group namespace/name`, or the kind alone where it has no name. Empty where it is no object.
    pub(crate) object: String,
}

impl Display for Place<'_> {
    /// `manifests/a.yaml, line 1, column 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.file, self.origin.start)
    }
}

/// An object of a bundle, and where it stands.
#[derive(Debug)]
pub(crate) struct Located<'t> {
    /// Its file.
    pub(crate) file: &'t str,
    /// Where in the file.
    pub(crate) origin: Origin,
    /// The object.
    pub(crate) object: Object,
}

impl<'t> Located<'t> {
    pub(crate) fn place(&self) -> Place<'t> {
        let object = self.object.key().to_string().trim_end().to_owned();
        Place { file: self.file, origin: self.origin.clone(), object }
    }

    pub(crate) fn into_object(self) -> Object {
        self.object
    }
}

/// Names with commas between them, written as far as there is room.
pub(crate) struct Listed<I>(pub(crate) I);

impl<I: Iterator<Item = T> + Clone, T: Display> Display for Listed<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 12;
        for (index, name) in self.0.clone().take(MOST).enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            name.fmt(f)?;
        }
        match self.0.clone().skip(MOST).count() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A path into an object as text: `spec.versions[0].name`.
pub(crate) struct ShownPath<'p>(pub(crate) &'p [Step<'p>]);

impl Display for ShownPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// What can stand in a path: a key of a mapping, or the index of an item of a list.
pub(crate) trait IntoStep<'a> {
    fn into_step(self) -> Step<'a>;
}

impl<'a> IntoStep<'a> for &'a str {
    fn into_step(self) -> Step<'a> {
        Step::Key(self)
    }
}

impl<'a> IntoStep<'a> for usize {
    fn into_step(self) -> Step<'a> {
        Step::Index(self)
    }
}

/// A path into an object: `steps!["spec", "deployments", 2, "name"]`.
macro_rules! steps {
    ($($step:expr),* $(,)?) => {
        [$($crate::report::IntoStep::into_step($step)),*]
    };
}
pub(crate) use steps;

#[cfg(test)]
mod tests {
    use rukpak_tree::Limits;

    use super::*;
    use crate::finding::{OBJECT_NAME, UNSUPPORTED_KIND};

    #[test]
    fn findings_past_the_limit_are_counted() {
        let tree = FileTree::from_files([("manifests/a", "")], &Limits::default()).unwrap();
        let mut report = Report::new(&tree);
        for number in 0..LISTED_PER_RULE + 7 {
            report.tell_file(&OBJECT_NAME, "manifests/a", None, number);
        }
        let findings = report.finish();
        assert_eq!(findings.len(), LISTED_PER_RULE + 1);
        let counts = |finding: &&Finding| finding.message == "7 more findings of this rule are not listed";
        assert_eq!(findings.iter().filter(counts).count(), 1);
    }

    #[test]
    fn texts_are_bounded_and_printable() {
        let tree = FileTree::default();
        let mut report = Report::new(&tree);
        report.tell_file(&UNSUPPORTED_KIND, "a", None, "red \u{1b}[31m\n").hint("é".repeat(5000));
        assert!(report.has_errors());
        let findings = report.finish();
        let finding = findings.iter().next().unwrap();
        assert_eq!(finding.message, "red \\u{1b}[31m\\n");
        let hint = finding.hint.as_ref().unwrap();
        assert!(hint.len() < TEXT_LENGTH + 10 && hint.ends_with("é ..."));
    }
}
