//! The rules about keywords of a schema that limit one value.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Number, Value};

use super::budget::Budget;
use super::canonical::{self, DOCUMENTATION, compare, number as shown, quoted};
use super::local::{Both, Difference, Local, Role, WrongType, flag, keyword, list, number, text, texts};
use super::rules::{self, Rule};
use super::{conditions, fields, kubernetes};

type Keyword<'a> = Option<&'a Value>;

/// What is different between two schemas, not counting what is different below them.
pub(super) fn differences<'a>(both: Both<'a>, budget: &'a Budget) -> Vec<Difference<'a>> {
    let mut local = Local { both, budget, found: Vec::new(), unhandled: Vec::new() };
    let names = both.from.keys().chain(both.to.keys().filter(|name| !both.from.contains_key(*name)));
    for name in names.filter(|name| !DOCUMENTATION.contains(&name.as_str())) {
        let (old, new) = (keyword(both.from, name), keyword(both.to, name));
        budget.spend_value(old);
        budget.spend_value(new);
        if local.look_at(name, old, new).is_err() {
            local.unhandled(name, old, new);
        }
    }
    if !local.unhandled.is_empty() {
        local.unhandled.sort_unstable();
        let message = format!("unhandled changes found ({})", local.unhandled.join("; "));
        local.find(&rules::UNHANDLED, message);
    }
    local.found
}

impl<'a> Local<'a> {
    fn look_at(&mut self, name: &str, old: Keyword<'a>, new: Keyword<'a>) -> Result<(), WrongType> {
        match name {
            "additionalProperties" => fields::additional(self, old, new)?,
            "allOf" => conditions::all_of(self, old, new)?,
            "anyOf" => conditions::any_of(self, old, new)?,
            "default" => self.default(old, new),
            "enum" => self.allowed_values(old, new)?,
            "exclusiveMaximum" => self.exclusive(&rules::EXCLUSIVE_MAXIMUM, "maximum", old, new)?,
            "exclusiveMinimum" => self.exclusive(&rules::EXCLUSIVE_MINIMUM, "minimum", old, new)?,
            "format" => self.format(old, new)?,
            "items" => fields::items(self, old, new)?,
            "maxItems" => self.maximum(&rules::MAX_ITEMS, old, new)?,
            "maxLength" => self.maximum(&rules::MAX_LENGTH, old, new)?,
            "maxProperties" => self.maximum(&rules::MAX_PROPERTIES, old, new)?,
            "maximum" => self.maximum(&rules::MAXIMUM, old, new)?,
            "minItems" => self.count(&rules::MIN_ITEMS, old, new)?,
            "minLength" => self.count(&rules::MIN_LENGTH, old, new)?,
            "minProperties" => self.count(&rules::MIN_PROPERTIES, old, new)?,
            "minimum" => self.minimum(&rules::MINIMUM, number(old)?, number(new)?),
            "multipleOf" => self.multiple_of(old, new)?,
            "not" => conditions::not(self, old, new)?,
            "nullable" => self.nullable(old, new)?,
            "oneOf" => conditions::one_of(self, old, new)?,
            "pattern" => self.pattern(old, new)?,
            "properties" => fields::properties(self, old, new)?,
            "required" => self.required(old, new)?,
            "type" => self.of_type(old, new)?,
            "uniqueItems" => self.unique_items(old, new)?,
            _ => kubernetes::look_at(self, name, old, new)?,
        }
        Ok(())
    }

    fn of_type(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let (old, new) = (text(old)?, text(new)?);
        if old != new {
            self.find(&rules::TYPE, format!("type changed : {} -> {}", quoted(old), quoted(new)));
        }
        Ok(())
    }

    fn format(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let (old, new) = (text(old)?, text(new)?);
        let is_wider = new.is_empty() || matches!((old, new), ("int32", "int64") | ("float", "double"));
        if old != new && !is_wider && !self.both.type_differs() {
            self.find(&rules::FORMAT, format!("format changed : {} -> {}", quoted(old), quoted(new)));
        }
        Ok(())
    }

    fn pattern(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let (old, new) = (text(old)?, text(new)?);
        if old != new {
            let what = if old.is_empty() {
                "added"
            } else if new.is_empty() {
                "removed"
            } else {
                "changed"
            };
            self.find(&rules::PATTERN, format!("pattern {what} : {} -> {}", quoted(old), quoted(new)));
        }
        Ok(())
    }

    fn default(&mut self, old: Keyword<'_>, new: Keyword<'_>) {
        let message = match (old.map(|old| self.text(old)), new.map(|new| self.text(new))) {
            (None, Some(new)) => format!("default added when there was none previously : {new}"),
            (Some(old), None) => format!("default value removed : {old}"),
            (Some(old), Some(new)) if old != new => format!("default value changed : {old} -> {new}"),
            _ => return,
        };
        self.find(&rules::DEFAULT, message);
    }

    fn allowed_values(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let values = |list: &[Value]| -> BTreeSet<_> { list.iter().map(|value| self.text(value)).collect() };
        let (old, new) = (values(list(old)?), values(list(new)?));
        let removed: Vec<_> = old.difference(&new).map(String::as_str).collect();
        if old.is_empty() && !new.is_empty() {
            let message = "enum constraint added when there was none previously";
            self.find(&rules::ENUM, format!("{message} : [{}]", Vec::from_iter(new).join(" ")));
        } else if !new.is_empty() && !removed.is_empty() {
            self.find(&rules::ENUM, format!("allowed enum values removed : [{}]", removed.join(" ")));
        }
        Ok(())
    }

    /// Names that are new, save those of fields that are never missing: a server fills in defaults before it looks.
    fn required(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let old: BTreeSet<_> = texts(old)?.into_iter().collect();
        let new: BTreeSet<_> = texts(new)?.into_iter().collect();
        let Both { to, role, .. } = self.both;
        let properties = keyword(to, "properties");
        let has_default = |name: &str| {
            role != Role::Condition
                && properties
                    .and_then(|properties| properties.get(name))
                    .and_then(Value::as_object)
                    .is_some_and(|property| keyword(property, "default").is_some())
        };
        let added: Vec<_> = new.difference(&old).copied().filter(|name| !has_default(name)).collect();
        if !added.is_empty() {
            self.find(&rules::REQUIRED, format!("new required fields: [{}]", added.join(" ")));
        }
        Ok(())
    }

    fn nullable(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        match (flag(old)?, flag(new)?) {
            (false, true) => self.find(&rules::NULLABLE, "nullable added : false -> true".into()),
            (true, false) => self.find(&rules::NULLABLE, "nullable removed : true -> false".into()),
            _ => {}
        }
        Ok(())
    }

    fn unique_items(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        if let (false, true) = (flag(old)?, flag(new)?) {
            self.find(&rules::UNIQUE_ITEMS, "uniqueItems added : false -> true".into());
        }
        Ok(())
    }

    fn maximum(&mut self, rule: &'static Rule, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        match (number(old)?, number(new)?) {
            (None, Some(new)) => {
                self.find(
                    rule,
                    format!("maximum constraint added when there was none previously : {}", shown(new)),
                );
            }
            (Some(old), Some(new)) if compare(new, old) == Ordering::Less => {
                self.find(rule, format!("maximum decreased : {} -> {}", shown(old), shown(new)));
            }
            _ => {}
        }
        Ok(())
    }

    fn minimum(&mut self, rule: &'static Rule, old: Option<&Number>, new: Option<&Number>) {
        match (old, new) {
            (None, Some(new)) => {
                self.find(
                    rule,
                    format!("minimum constraint added when there was none previously : {}", shown(new)),
                );
            }
            (Some(old), Some(new)) if compare(new, old) == Ordering::Greater => {
                self.find(rule, format!("minimum increased : {} -> {}", shown(old), shown(new)));
            }
            _ => {}
        }
    }

    /// A minimum of something that there are never less than none of.
    fn count(&mut self, rule: &'static Rule, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        let limits = |number: &&Number| compare(number, &0.into()) == Ordering::Greater;
        self.minimum(rule, number(old)?.filter(limits), number(new)?.filter(limits));
        Ok(())
    }

    /// Whether the limit itself is excluded now; where the limit is another one, its own rule knows better.
    fn exclusive(
        &mut self,
        rule: &'static Rule,
        limit: &str,
        old: Keyword<'_>,
        new: Keyword<'_>,
    ) -> Result<(), WrongType> {
        let limit_of = |schema| number(keyword(schema, limit));
        if let (false, true) = (flag(old)?, flag(new)?)
            && let (Some(before), Some(after)) = (limit_of(self.both.from)?, limit_of(self.both.to)?)
            && compare(before, after) == Ordering::Equal
        {
            self.find(rule, format!("{} added : false -> true", rule.code));
        }
        Ok(())
    }

    fn multiple_of(&mut self, old: Keyword<'_>, new: Keyword<'_>) -> Result<(), WrongType> {
        match (number(old)?, number(new)?) {
            (None, Some(new)) => self.find(
                &rules::MULTIPLE_OF,
                format!("multipleOf constraint added when there was none previously : {}", shown(new)),
            ),
            // A multiple of six is one of three.
            (Some(old), Some(new))
                if compare(old, new) != Ordering::Equal
                    && canonical::float(old) % canonical::float(new) != 0.0 =>
            {
                self.find(
                    &rules::MULTIPLE_OF,
                    format!("multipleOf changed : {} -> {}", shown(old), shown(new)),
                );
            }
            _ => {}
        }
        Ok(())
    }
}
