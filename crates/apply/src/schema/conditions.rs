//! `allOf`, `anyOf`, `oneOf` and `not`.
//!
//! What is not known of a schema in them is not known of the whole, unless the others settle it.

use serde_json::Value;

use super::outcome::{Outcome, Verdict};
use super::prepare::of;
use super::walk::Walk;
use crate::crd_upgrade::{Schema, keyword, quoted};

impl<'a> Walk<'a, '_> {
    /// What the conditions of a schema say of a value that is not null.
    pub(super) fn conditions(&mut self, schema: &'a Schema, value: &'a Value) -> Outcome<'a> {
        let list = |name| keyword(schema, name).and_then(Value::as_array).filter(|list| !list.is_empty());
        let mut outcome = Outcome { checks: 1, ..Outcome::default() };
        if let Some(schemas) = list("anyOf") {
            outcome.merge(self.any_of(schemas, value));
        }
        if let Some(schemas) = list("oneOf") {
            outcome.merge(self.one_of(schemas, value));
        }
        if let Some(schemas) = list("allOf") {
            outcome.merge(self.all_of(schemas, value));
        }
        if let Some(schema) = keyword(schema, "not") {
            match self.value(of(schema), value).verdict() {
                Verdict::Valid => self.refuse(&mut outcome, "must not validate the schema (not)"),
                Verdict::Unknown => outcome.is_unknown = true,
                Verdict::Invalid => {}
            }
        }
        outcome
    }

    fn any_of(&mut self, schemas: &'a [Value], value: &'a Value) -> Outcome<'a> {
        let (mut best, mut is_unknown) = (None, false);
        for schema in schemas {
            let outcome = self.value(of(schema), value);
            match outcome.verdict() {
                Verdict::Valid => return outcome,
                Verdict::Unknown => is_unknown = true,
                Verdict::Invalid => keep_better(&mut best, outcome),
            }
        }
        if is_unknown {
            return Outcome::unknown();
        }
        let mut outcome = best.unwrap_or_default();
        self.refuse(&mut outcome, "must validate at least one schema (anyOf)");
        outcome
    }

    fn one_of(&mut self, schemas: &'a [Value], value: &'a Value) -> Outcome<'a> {
        let (mut best, mut valid, mut is_unknown, mut checks) = (None, 0, false, 0);
        for schema in schemas {
            let outcome = self.value(of(schema), value);
            match outcome.verdict() {
                Verdict::Valid if valid == 0 => (valid, checks) = (1, outcome.checks),
                Verdict::Valid => valid += 1,
                Verdict::Unknown => is_unknown = true,
                Verdict::Invalid => keep_better(&mut best, outcome),
            }
        }
        match (valid, is_unknown) {
            (0 | 1, true) => Outcome::unknown(),
            (1, false) => Outcome { checks, ..Outcome::default() },
            (0, false) => {
                let mut outcome = best.unwrap_or_default();
                self.refuse(&mut outcome, "must validate one and only one schema (oneOf). Found none valid");
                outcome
            }
            (_, _) => {
                let mut outcome = Outcome::default();
                let detail = format!(
                    "must validate one and only one schema (oneOf). Found {valid} valid alternatives"
                );
                // How many there are is not known where one is not judged.
                let detail =
                    if is_unknown { "must validate one and only one schema (oneOf)" } else { &detail };
                self.refuse(&mut outcome, detail);
                outcome
            }
        }
    }

    fn all_of(&mut self, schemas: &'a [Value], value: &'a Value) -> Outcome<'a> {
        let (mut all, mut invalid) = (Outcome::default(), 0);
        for schema in schemas {
            let outcome = self.value(of(schema), value);
            invalid += usize::from(outcome.verdict() == Verdict::Invalid);
            all.merge(outcome);
        }
        if invalid > 0 {
            let none = if invalid == schemas.len() { ". None validated" } else { "" };
            self.refuse(&mut all, &format!("must validate all the schemas (allOf){none}"));
        }
        all
    }

    fn refuse(&self, outcome: &mut Outcome<'a>, detail: &str) {
        outcome.add(self.found(format!("Invalid value: \"\": {} {detail}", quoted(&self.path()))));
    }
}

/// Of what does not fit, what comes nearest is told: the first with the most checks.
fn keep_better<'a>(best: &mut Option<Outcome<'a>>, outcome: Outcome<'a>) {
    if best.as_ref().is_none_or(|best| outcome.checks > best.checks) {
        *best = Some(outcome);
    }
}
