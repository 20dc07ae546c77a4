//! A value as its type writes it again.

use serde_json::Value;

use super::place::Place;
use super::scalar::{Verdict, judge, mismatch, too_deep};
use super::{MAX_FINDINGS, Mismatch, Type, UnknownField};

/// What [`prune`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    /// The fields that were removed because the type does not know them: the first 100.
    pub unknown: Vec<UnknownField>,
    /// How many such fields there were.
    pub unknown_count: usize,
    /// What does not fit, as [`check`](super::check) finds it.
    pub mismatches: Vec<Mismatch>,
}

/// Makes of a value what Go writes after it has read the value as the type, in one walk.
///
/// Fields that the type does not know are removed, as are those that are `null`; a `null` in a list or mapping becomes
/// the zero value of its type. Quantities, times, base64 and integers that are written as `1.0` get their canonical
/// form. What has another type than it should is left alone, and told.
pub fn prune(value: &mut Value, ty: impl Into<Type>) -> Pruned {
    let mut found = Pruned::default();
    found.walk(value, ty.into(), &Place::ROOT);
    found
}

impl Pruned {
    /// Whether Go writes anything for the value.
    fn walk(&mut self, value: &mut Value, ty: Type, at: &Place<'_>) -> bool {
        match (ty.for_value(value), value) {
            (_, Value::Null) => false,
            (Type::Any, _) => true,
            (_, value @ (Value::Object(_) | Value::Array(_))) if at.too_deep() => {
                self.mismatch(|| too_deep(value, at));
                true
            }
            (Type::Struct(structure), Value::Object(map)) => {
                map.retain(|key, value| {
                    let at = at.key(key);
                    match structure.field(key) {
                        Some(ty) => self.walk(value, ty, &at),
                        None => self.unknown(structure.name, &at),
                    }
                });
                true
            }
            (Type::Map(ty), Value::Object(map)) => {
                for (key, value) in map.iter_mut() {
                    self.item(value, *ty, &at.key(key));
                }
                true
            }
            (Type::List(ty), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.item(item, *ty, &at.index(index));
                }
                true
            }
            (ty, value) => match judge(value, ty) {
                Verdict::Fits => true,
                Verdict::Rewrite(canonical) => {
                    *value = canonical;
                    true
                }
                Verdict::Wrong(wrong) => {
                    self.mismatch(|| mismatch(value, &wrong, at));
                    !wrong.dropped
                }
            },
        }
    }

    /// An item of a list or mapping: it cannot go, so that its zero value takes the place of nothing.
    fn item(&mut self, value: &mut Value, ty: Type, at: &Place<'_>) {
        if !self.walk(value, ty, at) {
            *value = ty.zero();
        }
    }

    /// Notes a field that goes, and says so.
    fn unknown(&mut self, of: &'static str, at: &Place<'_>) -> bool {
        self.unknown_count += 1;
        if self.unknown.len() < MAX_FINDINGS {
            self.unknown.push(UnknownField { path: at.path(), of });
        }
        false
    }

    fn mismatch(&mut self, mismatch: impl FnOnce() -> Mismatch) {
        if self.mismatches.len() < MAX_FINDINGS {
            self.mismatches.push(mismatch());
        }
    }
}

#[cfg(test)]
mod tests;
