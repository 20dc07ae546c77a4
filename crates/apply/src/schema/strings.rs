//! What is asked of texts: the first that is not met is told.

use serde_json::Value;

use super::outcome::Outcome;
use super::walk::{Walk, count};
use crate::crd_upgrade::{Schema, keyword, quoted};

pub(super) fn look_at<'a>(walk: &Walk<'a, '_>, schema: &Schema, text: &str, outcome: &mut Outcome<'a>) {
    walk.judge.budget.spend_text(text);
    let characters = text.chars().count();
    if let Some(most) = count(schema, "maxLength").filter(|most| characters > *most) {
        // Characters are meant, bytes are said.
        let bytes = if most == 1 { "byte" } else { "bytes" };
        outcome.add(walk.found(format!("Too long: may not be more than {most} {bytes}")));
    } else if let Some(least) = count(schema, "minLength").filter(|least| characters < *least) {
        let detail = format!("should be at least {least} chars long");
        outcome.add(walk.invalid(&quoted(text), &detail));
    } else if let Some(Value::String(pattern)) = keyword(schema, "pattern")
        && !pattern.is_empty()
    {
        match walk.judge.patterns.is_match(pattern, text, &walk.judge.budget) {
            Some(true) => {}
            Some(false) => {
                outcome.add(walk.invalid(&quoted(text), &format!("should match '{pattern}'")));
            }
            None => outcome.is_unknown = true,
        }
    }
}
