//! Fields of a custom resource that its schema does not declare.
//!
//! A server drops them where a resource is made (`schema/pruning`), unless it is asked to be strict, and server-side apply refuses them:
//! what was made so could never be applied again. Where a schema says that there is an object, and nothing of what it has, an apply takes
//! whatever there is (`kube-openapi`, `schemaconv`).

use rukpak_manifest::types::kubernetes::OBJECT_META;
use serde_json::{Map, Value};

use super::outcome::{Found, Outcome, Step, path};
use super::prepare::{TYPE_AND_METADATA, entry, is_embedded, items, property};
use crate::crd_upgrade::{Budget, Schema, is_true, keyword};

const MESSAGE: &str = "field not declared in schema";

struct Walk<'a, 'j> {
    budget: &'j Budget,
    at: Vec<Step<'a>>,
    outcome: Outcome<'a>,
}

/// Looks at a whole resource.
pub(super) fn undeclared<'a>(schema: &'a Schema, value: &'a Value, budget: &Budget) -> Outcome<'a> {
    let mut walk = Walk { budget, at: Vec::new(), outcome: Outcome::default() };
    walk.value(Some(schema), value, true);
    walk.outcome
}

impl<'a> Walk<'a, '_> {
    /// Looks at a value. `is_resource`: whether it is a whole resource.
    fn value(&mut self, schema: Option<&'a Schema>, value: &'a Value, is_resource: bool) {
        let keeps = schema.is_some_and(|schema| is_true(schema, "x-kubernetes-preserve-unknown-fields"));
        self.kept(schema, value, is_resource, keeps);
    }

    /// The same, where what is around the value may have said that fields are kept.
    fn kept(&mut self, schema: Option<&'a Schema>, value: &'a Value, is_resource: bool, keeps: bool) {
        if !self.budget.spend(1) {
            return;
        }
        match value {
            Value::Object(fields) => self.fields(schema, fields, is_resource, keeps),
            Value::Array(values) => {
                let items = schema.and_then(items);
                for (index, value) in values.iter().enumerate() {
                    self.at.push(Step::Index(index));
                    // A list that keeps what it has keeps what its items have.
                    if keeps {
                        self.kept(items, value, is_embedded(items), true);
                    } else {
                        self.value(items, value, is_embedded(items));
                    }
                    self.at.pop();
                }
            }
            _ => {}
        }
    }

    fn fields(
        &mut self,
        schema: Option<&'a Schema>,
        fields: &'a Map<String, Value>,
        is_resource: bool,
        keeps: bool,
    ) {
        for (name, value) in fields {
            self.at.push(Step::Key(name));
            let is_left_open = schema.is_some_and(|schema| keyword(schema, "additionalProperties").is_some());
            let below = schema.and_then(|schema| property(schema, name).or_else(|| entry(schema)));
            if is_resource && TYPE_AND_METADATA.contains(&name.as_str()) {
                self.metadata(name, value);
            } else if schema.is_some_and(is_bare) && below.is_none() {
                // Nor is anything said of what that has.
            } else if below.is_some() || is_left_open {
                self.value(below, value, is_embedded(below));
            } else if !keeps {
                self.add();
            }
            self.at.pop();
        }
    }

    /// Looks at what a resource has beside its own fields.
    fn metadata(&mut self, name: &str, value: &'a Value) {
        let Some(fields) = value.as_object().filter(|_| name == "metadata") else { return };
        for name in fields.keys().filter(|name| OBJECT_META.field(name).is_none()) {
            self.at.push(Step::Key(name));
            self.add();
            self.at.pop();
        }
    }

    fn add(&mut self) {
        let at = self.at.clone();
        self.outcome.add(Found { path: path(&at), at, message: MESSAGE.into() });
    }
}

/// Whether a schema says no more than that there is an object.
fn is_bare(schema: &Schema) -> bool {
    let has_fields =
        keyword(schema, "properties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    keyword(schema, "type").is_some_and(|kind| kind == "object") && !has_fields
}
