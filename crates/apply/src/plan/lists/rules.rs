//! The rules of a definition's schemas (`x-kubernetes-validations`), which are told apart by what they say. A server's own schema of
//! definitions has the list so at every level of a schema.

use std::collections::BTreeSet;
use std::fmt;

use rukpak_manifest::Object;
use serde_json::Value;

use super::{Twice, join, twice};

/// The list of rules.
const RULES: &str = "x-kubernetes-validations";

/// Where schemas stand below a schema, by themselves or as the elements of a list.
const SCHEMAS: [&str; 7] =
    ["items", "additionalItems", "additionalProperties", "allOf", "anyOf", "oneOf", "not"];

/// Where they stand under names.
const NAMED: [&str; 4] = ["properties", "patternProperties", "definitions", "dependencies"];

/// A way from a schema to one below it.
enum Step<'a> {
    Field(&'a str),
    Element(usize),
}

/// Where a schema is, in a version of this name. Most are gone by without a word.
struct Place<'a> {
    version: &'a str,
    steps: Vec<Step<'a>>,
}

/// Every rule that stands more than once in one place of a definition.
pub(super) fn of(definition: &Object, found: &mut BTreeSet<Twice>) {
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array);
    for version in versions.into_iter().flatten() {
        let schema = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema"));
        let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
        if let Some(schema) = schema {
            Place { version: name, steps: vec![] }.look(schema, found);
        }
    }
}

impl<'a> Place<'a> {
    fn look(&mut self, schema: &'a Value, found: &mut BTreeSet<Twice>) {
        if let Some(Value::Array(rules)) = schema.get(RULES) {
            let key = |rule: &Value| Some(format!("rule={}", rule.get("rule")?));
            twice(rules, &join(&self.to_string(), RULES), key, found);
        }
        for keyword in SCHEMAS {
            match schema.get(keyword) {
                Some(Value::Array(schemas)) => {
                    for (index, schema) in schemas.iter().enumerate() {
                        self.below([Step::Field(keyword), Step::Element(index)], schema, found);
                    }
                }
                Some(schema) => self.below([Step::Field(keyword)], schema, found),
                None => {}
            }
        }
        for keyword in NAMED {
            for (name, schema) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                self.below([Step::Field(keyword), Step::Field(name)], schema, found);
            }
        }
    }

    fn below<const N: usize>(
        &mut self,
        steps: [Step<'a>; N],
        schema: &'a Value,
        found: &mut BTreeSet<Twice>,
    ) {
        self.steps.extend(steps);
        self.look(schema, found);
        self.steps.truncate(self.steps.len() - N);
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spec.versions[{}].schema.openAPIV3Schema", self.version)?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Element(index) => write!(f, "[{index}]"),
        })
    }
}
