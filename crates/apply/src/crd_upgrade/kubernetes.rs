//! The rules about the keywords that Kubernetes adds to schemas, and the last rule, for what no other knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::canonical::quoted;
use super::local::{Local, WrongType, flag, list, text, texts};
use super::rules::{self, Rule};

/// What `x-kubernetes-list-type` is where it is not said.
const ATOMIC: &str = "atomic";

/// What `x-kubernetes-map-type` is where it is not said.
const GRANULAR: &str = "granular";

pub(super) fn look_at(
    local: &mut Local<'_>,
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let type_is_kept = !local.both.type_differs();
    match name {
        "x-kubernetes-preserve-unknown-fields" => {
            if let (true, false) = (flag(old)?, flag(new)?) {
                local.find(&rules::X_PRESERVE_UNKNOWN_FIELDS, changed(name, "true", "false"));
            }
        }
        // What is one has no type, so that the type changes with it, unless there was none.
        "x-kubernetes-int-or-string" => {
            if let (false, true) = (flag(old)?, flag(new)?)
                && type_is_kept
            {
                local.find(&rules::X_INT_OR_STRING, changed(name, "false", "true"));
            }
        }
        "x-kubernetes-embedded-resource" => {
            let (old, new) = (flag(old)?, flag(new)?);
            if old != new {
                local.find(&rules::X_EMBEDDED_RESOURCE, changed(name, &old.to_string(), &new.to_string()));
            }
        }
        "x-kubernetes-list-type" => {
            merging(local, &rules::X_LIST_TYPE, ATOMIC, text(old)?, text(new)?);
        }
        "x-kubernetes-map-type" => merging(local, &rules::X_MAP_TYPE, GRANULAR, text(old)?, text(new)?),
        "x-kubernetes-list-map-keys" => {
            let list_type = |schema: &super::local::Schema| {
                schema.get("x-kubernetes-list-type").and_then(Value::as_str).unwrap_or(ATOMIC).to_owned()
            };
            let keys = |keys| Ok(BTreeSet::from_iter(texts(keys)?));
            let (old, new) = (keys(old)?, keys(new)?);
            if old != new && list_type(local.both.from) == list_type(local.both.to) {
                let shown = |keys: BTreeSet<&str>| format!("[{}]", Vec::from_iter(keys).join(" "));
                local.find(&rules::X_LIST_MAP_KEYS, changed(name, &shown(old), &shown(new)));
            }
        }
        "x-kubernetes-validations" => validations(local, list(old)?, list(new)?)?,
        _ => return Err(WrongType),
    }
    Ok(())
}

fn merging(local: &mut Local<'_>, rule: &'static Rule, default: &str, old: &str, new: &str) {
    let said = |value: &str| if value.is_empty() { default.to_owned() } else { value.to_owned() };
    let (old, new) = (said(old), said(new));
    if old != new && !local.both.type_was_replaced() {
        local.find(rule, changed(rule.code, &quoted(&old), &quoted(&new)));
    }
}

/// CEL rules: each that was not there asks something new. One that is there in other words cannot be told from a new one.
fn validations(local: &mut Local<'_>, old: &[Value], new: &[Value]) -> Result<(), WrongType> {
    let before = old.iter().map(Validation::of).collect::<Result<BTreeSet<_>, _>>()?;
    let after = new.iter().map(Validation::of).collect::<Result<BTreeSet<_>, _>>()?;
    for Validation { rule, optional_old_self } in after.difference(&before) {
        let on_create = if *optional_old_self { " (optionalOldSelf)" } else { "" };
        local.find(&rules::X_VALIDATIONS, format!("validation rule added : {}{on_create}", quoted(rule)));
    }
    Ok(())
}

/// What a CEL rule refuses; its message, reason and place do not count.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Validation<'a> {
    rule: &'a str,
    optional_old_self: bool,
}

impl<'a> Validation<'a> {
    fn of(value: &'a Value) -> Result<Self, WrongType> {
        let member = |name| value.get(name).filter(|value| !value.is_null());
        if !value.is_object() {
            return Err(WrongType);
        }
        Ok(Self { rule: text(member("rule"))?.trim(), optional_old_self: flag(member("optionalOldSelf"))? })
    }
}

fn changed(keyword: &str, old: &str, new: &str) -> String {
    format!("{} changed : {old} -> {new}", keyword.trim_start_matches("x-kubernetes-"))
}
