//! What a bundle needs besides itself.
//!
//! In: `metadata/dependencies.yaml` and the properties. Out: [`Dependency`]s. Nothing here installs them: the reference
//! ignores the file and refuses to resolve such properties, so what they ask for is reported.

use std::fmt;

use rukpak_manifest::{GroupVersionKind, Position, type_name};
use serde_json::Value;

use crate::Property;
use crate::finding::{DEPENDENCIES_UNREADABLE, DEPENDENCY};
use crate::report::{Report, first_document};

/// Where dependencies are declared.
const FILE: &str = "metadata/dependencies.yaml";

/// Something that must be there for the operator to work.
#[derive(Debug, Clone, PartialEq)]
pub enum Dependency {
    /// A bundle of another package.
    Package {
        /// The package.
        name: String,
        /// Which of its versions will do.
        range: String,
    },
    /// An API.
    Api(GroupVersionKind),
    /// Several of them, combined, as `olm.constraint` has it.
    Constraint {
        /// Its author's words for when it is not met.
        failure_message: String,
        /// The whole constraint.
        value: Value,
    },
    /// A type that is none of these.
    Other {
        /// The type, as written.
        kind: String,
        /// Its value.
        value: Value,
    },
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package { name, range } => write!(f, "package {name:?} {range}"),
            Self::Api(api) => write!(f, "API {api}"),
            Self::Constraint { failure_message, value: _ } if !failure_message.is_empty() => {
                write!(f, "constraint {failure_message:?}")
            }
            Self::Constraint { failure_message: _, value } => write!(f, "constraint {value}"),
            Self::Other { kind, value } => write!(f, "{kind} {value}"),
        }
    }
}

/// Reads what a bundle needs from its file and from its properties, each with the file that it stands in, and reports it.
pub(crate) fn read(report: &mut Report<'_>, properties: &[(&str, Property)]) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    if let Some(bytes) = report.file(FILE) {
        match parse(bytes) {
            Ok(declared) => dependencies = declared,
            Err((position, message)) => {
                report.tell_file(&DEPENDENCIES_UNREADABLE, FILE, position, message);
            }
        }
    }
    for dependency in &dependencies {
        tell(report, FILE, dependency);
    }
    for (file, dependency) in
        properties.iter().filter_map(|(file, property)| Some((file, of_property(property)?)))
    {
        tell(report, file, &dependency);
        dependencies.push(dependency);
    }
    dependencies
}

fn tell(report: &mut Report<'_>, file: &str, dependency: &Dependency) {
    let message = format_args!("needs {dependency}, which is not installed automatically");
    report.tell_file(&DEPENDENCY, file, None, message).hint("see to it before you install this bundle");
}

fn parse(bytes: &[u8]) -> Result<Vec<Dependency>, (Option<Position>, String)> {
    let mut file = first_document(bytes).map_err(|error| (Some(error.position), error.message))?;
    let items = match file.get_mut("dependencies").map(Value::take) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(other) => return Err((None, format!("dependencies is {}, expected a list", type_name(&other)))),
    };
    let dependency = |mut item: Value| {
        let kind = text(&item, "type");
        if kind.is_empty() {
            return Err((None, format!("a dependency has no type: {item}")));
        }
        let value = item.get_mut("value").map(Value::take).unwrap_or_default();
        Ok(of_type(kind, value))
    };
    items.into_iter().map(dependency).collect()
}

/// The dependency of a type in `dependencies.yaml`.
fn of_type(kind: String, value: Value) -> Dependency {
    match kind.as_str() {
        "olm.package" => {
            Dependency::Package { name: text(&value, "packageName"), range: text(&value, "version") }
        }
        "olm.gvk" => api(&value),
        "olm.constraint" => constraint(value),
        _ => Dependency::Other { kind, value },
    }
}

/// The dependency that a property declares, where it declares one: among properties `olm.package` and `olm.gvk` say
/// what the bundle *is*.
fn of_property(property: &Property) -> Option<Dependency> {
    let Property { kind, value } = property;
    match kind.as_str() {
        "olm.package.required" => {
            Some(Dependency::Package { name: text(value, "packageName"), range: text(value, "versionRange") })
        }
        "olm.gvk.required" => Some(api(value)),
        "olm.constraint" => Some(constraint(value.clone())),
        _ => None,
    }
}

fn api(value: &Value) -> Dependency {
    Dependency::Api(GroupVersionKind {
        group: text(value, "group"),
        version: text(value, "version"),
        kind: text(value, "kind"),
    })
}

fn constraint(value: Value) -> Dependency {
    Dependency::Constraint { failure_message: text(&value, "failureMessage"), value }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
