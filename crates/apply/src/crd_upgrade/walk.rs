//! Two schemas of a version gone through together, each place once.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::budget::Budget;
use super::local::{Both, Role, Schema, keyword, object};
use super::report::Report;
use super::{conditions, fields, keywords, rules};

/// How long a path is, in bytes; what is below a longer one is not compared. Those of real definitions have some hundred.
pub const MAX_PATH: usize = 2048;

/// What a schema that asks nothing is.
static NOTHING: LazyLock<Schema> = LazyLock::new(Schema::new);

/// One comparison of two schemas.
pub(super) struct Walk<'a, 'r, 'w> {
    /// What it may cost.
    pub(super) budget: &'a Budget,
    /// Where findings go.
    pub(super) report: &'r mut Report<'w>,
    /// The version, or both of them, as findings have it.
    pub(super) label: &'r str,
    /// The version that is, or that a value is read by.
    pub(super) to: &'r str,
    /// Where the walk is.
    path: String,
}

/// What is below a schema.
#[derive(Clone, Copy)]
enum Step<'a> {
    Property(&'a str),
    Items,
    Entries,
    Condition { junctor: &'static str, from: usize, to: usize },
}

impl<'a, 'r, 'w> Walk<'a, 'r, 'w> {
    pub(super) fn new(budget: &'a Budget, report: &'r mut Report<'w>, label: &'r str, to: &'r str) -> Self {
        Self { budget, report, label, to, path: "^".into() }
    }

    /// Compares two schemas of a whole resource. `before`: two that were compared so far; what was different between them is
    /// no finding.
    pub(super) fn resource(
        &mut self,
        from: &'a Schema,
        to: &'a Schema,
        before: Option<(&'a Schema, &'a Schema)>,
    ) {
        let both = |(from, to)| Both { from, to, role: Role::Resource };
        self.compare(both((from, to)), before.map(both));
    }

    fn compare(&mut self, both: Both<'a>, before: Option<Both<'a>>) {
        if !self.budget.spend(1) {
            return;
        }
        let mut found = keywords::differences(both, self.budget);
        self.budget.spend(found.len());
        if let (false, Some(before)) = (found.is_empty(), before) {
            let known: HashSet<_> = keywords::differences(before, self.budget).into_iter().collect();
            found.retain(|difference| !known.contains(difference));
        }
        for difference in found {
            self.at(&difference.step, |walk| {
                let path = &walk.path;
                if difference.rule == &rules::EXISTING_FIELD_REMOVAL {
                    let message = format!("removed field : {}.{path}", walk.to);
                    walk.report.add(difference.rule, Some(walk.label), Some(path), &message);
                } else {
                    walk.report.add(difference.rule, Some(walk.label), Some(path), &difference.message);
                }
            });
        }
        if both.type_was_replaced() {
            return;
        }
        for step in steps(both, self.budget) {
            if let Some(below) = step.of(both) {
                let before = before.and_then(|before| step.of(before));
                self.at(&step.text(), |walk| walk.compare(below, before));
            }
        }
    }

    /// Does something one step further.
    fn at(&mut self, step: &str, act: impl FnOnce(&mut Self)) {
        let step: Cow<'_, str> = if step.chars().any(char::is_control) {
            step.chars()
                .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() })
                .collect()
        } else {
            step.into()
        };
        let length = self.path.len();
        if length + step.len() > MAX_PATH {
            let message = format!("path longer than {MAX_PATH} bytes: what is below is not compared");
            self.report.add(&rules::TOO_DEEP, Some(self.label), Some(&self.path), &message);
            return;
        }
        self.path.push_str(&step);
        act(self);
        self.path.truncate(length);
    }
}

/// Where both schemas say something of the same values below.
fn steps<'a>(both: Both<'a>, budget: &Budget) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let properties = |schema| named(schema).into_iter().flat_map(Schema::keys);
    steps.extend(properties(both.from).map(|name| Step::Property(name)));
    if both.role == Role::Condition {
        let old = named(both.from);
        let is_new = |name: &&String| old.is_none_or(|old| !old.contains_key(*name));
        steps.extend(properties(both.to).filter(is_new).map(|name| Step::Property(name)));
    }
    steps.extend([Step::Items, Step::Entries]);
    for junctor in ["allOf", "anyOf"] {
        if both.from.contains_key(junctor) {
            let changed = conditions::changed(both, junctor, budget);
            steps.extend(changed.into_iter().map(|(from, to)| Step::Condition { junctor, from, to }));
        }
    }
    steps
}

impl Step<'_> {
    fn text(self) -> Cow<'static, str> {
        match self {
            Self::Property(name) => format!(".{name}").into(),
            Self::Items => ".items".into(),
            Self::Entries => ".additionalProperties".into(),
            Self::Condition { junctor, from, .. } => format!(".{junctor}[{from}]").into(),
        }
    }

    /// The two schemas there, if something is to be compared.
    fn of<'a>(self, both: Both<'a>) -> Option<Both<'a>> {
        let below = if both.role == Role::Condition { Role::Condition } else { Role::Field };
        let (from, to, role) = match self {
            // A field that is gone was told; a condition that is gone is none to be told.
            Self::Property(name) => match (property(both.from, name), property(both.to, name)?) {
                (Some(from), to) => (from, to, below),
                (None, to) if both.role == Role::Condition => (&*NOTHING, to, below),
                (None, _) => return None,
            },
            Self::Items => match (items(both.from), items(both.to)?) {
                (Some(from), to) => (from, to, below),
                (None, to) if !both.type_differs() => (&*NOTHING, to, below),
                (None, _) => return None,
            },
            Self::Entries => {
                let (from, to) = fields::entries(both)?;
                (from, to, below)
            }
            Self::Condition { junctor, from, to } => {
                let one = |schema: &'a Schema, index: usize| schema.get(junctor)?.get(index)?.as_object();
                (one(both.from, from)?, one(both.to, to)?, Role::Condition)
            }
        };
        Some(Both { from, to, role })
    }
}

fn named(schema: &Schema) -> Option<&Schema> {
    object(keyword(schema, "properties")).ok().flatten()
}

/// What is said of a property; nothing, where it is no schema.
fn property<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    named(schema)?.get(name).map(|property: &Value| property.as_object().unwrap_or(&NOTHING))
}

fn items(schema: &Schema) -> Option<&Schema> {
    object(keyword(schema, "items")).ok().flatten()
}
