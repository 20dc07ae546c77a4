//! What a bundle needs besides itself.
//!
//! In: `metadata/dependencies.yaml` and the properties. Out: [`Dependency`]s. Nothing here installs them: the reference
//! ignores the file and refuses to resolve such properties, so what they ask for is reported.

use std::fmt::{self, Display};

use rukpak_manifest::{GroupVersionKind, type_name};
use serde_json::Value;

use crate::Property;
use crate::finding::{DEPENDENCIES_UNREADABLE, DEPENDENCY};
use crate::metadata::{self, Fault, Metadata};
use crate::report::{Place, Report, steps};

/// Where dependencies are declared.
const FILE: &str = "metadata/dependencies.yaml";

const HINT: &str = "see to it before you install this bundle";

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

impl Display for Dependency {
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

/// Reads what a bundle needs from its file and from its properties, which come with the places where they stand, and
/// reports it.
pub(crate) fn read(report: &mut Report<'_>, properties: &[(Place<'_>, Vec<Property>)]) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    if let Some(Metadata { value, place }) = metadata::read(report, FILE, &DEPENDENCIES_UNREADABLE) {
        match parse(value) {
            Ok(declared) => dependencies = declared,
            Err(fault) => {
                let hint = "expected dependencies: [{type: ..., value: ...}]";
                metadata::tell(report, &DEPENDENCIES_UNREADABLE, &place, &fault, hint);
            }
        }
        for (index, dependency) in dependencies.iter().enumerate() {
            let message = message(dependency);
            report.tell(&DEPENDENCY, &place, &steps!["dependencies", index], message).hint(HINT);
        }
    }
    for (place, properties) in properties {
        for dependency in properties.iter().filter_map(of_property) {
            report.tell(&DEPENDENCY, place, &[], message(&dependency)).hint(HINT);
            dependencies.push(dependency);
        }
    }
    dependencies
}

fn message(dependency: &Dependency) -> impl Display {
    fmt::from_fn(move |f| write!(f, "needs {dependency}, which is not installed automatically"))
}

fn parse(value: Value) -> Result<Vec<Dependency>, Fault> {
    let mut file = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(file) => file,
        other => return Err(Fault::at(&[], format!("expected a mapping, got {}", type_name(&other)))),
    };
    let items = match file.remove("dependencies").unwrap_or_default() {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => {
            let message = format!("dependencies is {}, expected a list", type_name(&other));
            return Err(Fault::at(&steps!["dependencies"], message));
        }
    };
    let dependency = |(index, mut item): (usize, Value)| {
        let kind = text(&item, "type");
        if kind.is_empty() {
            return Err(Fault::at(&steps!["dependencies", index], "the dependency has no type".into()));
        }
        let value = item.get_mut("value").map(Value::take).unwrap_or_default();
        Ok(of_type(kind, value))
    };
    items.into_iter().enumerate().map(dependency).collect()
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
