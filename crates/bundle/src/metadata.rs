//! The files of `metadata/` as values.

use rukpak_manifest::types::PathStep;
use rukpak_manifest::{Origin, Position, Step};
use serde_json::Value;

use crate::finding::Rule;
use crate::report::{Place, Report};
use crate::typed::as_steps;

/// The first document of a file, which is all that Go's `yaml.Unmarshal` reads, and where it is.
pub(crate) struct Metadata<'t> {
    /// Its content; `null` where the file is empty.
    pub(crate) value: Value,
    /// Where it is.
    pub(crate) place: Place<'t>,
}

/// What is wrong with the content of a file.
#[derive(Debug)]
pub(crate) struct Fault {
    path: Vec<PathStep>,
    message: String,
}

impl Fault {
    /// A fault at a path into the document.
    pub(crate) fn at(path: &[Step<'_>], message: String) -> Self {
        Self { path: path.iter().map(|step| PathStep::from(*step)).collect(), message }
    }
}

/// Reads a file; one that is no YAML is reported by the rule. `None` where it is not there or cannot be read.
pub(crate) fn read<'t>(report: &mut Report<'t>, file: &'t str, rule: &Rule) -> Option<Metadata<'t>> {
    let documents = match rukpak_manifest::read(report.file(file)?) {
        Ok((documents, _)) => documents,
        Err(error) => {
            report.tell_file(rule, file, Some(error.position), error.message);
            return None;
        }
    };
    let (value, start) = documents
        .into_iter()
        .next()
        .map_or((Value::Null, Position::START), |first| (first.value, first.start));
    let origin = Origin { document: 1, item: None, start };
    Some(Metadata { value, place: Place { file, origin, object: String::new() } })
}

/// Reports a fault by a rule.
pub(crate) fn tell(report: &mut Report<'_>, rule: &Rule, place: &Place<'_>, fault: &Fault, hint: &str) {
    report.tell(rule, place, &as_steps(&fault.path), &fault.message).hint(hint);
}
