//! What would be done to a cluster, as `diff` and `apply --dry-run` print it.

use std::io::{self, Write};

use owo_colors::OwoColorize;
use rukpak_apply::engine::{Action, Checked, Step};
use rukpak_apply::{Change, ObjectId, PLANNED_DIGEST, Shown, Unverified};
use serde::Serialize;
use serde_json::{Value, json};

use crate::printable::Printable;

/// Characters of a value that are shown to people. Programs get the whole.
const MOST: usize = 200;

/// All that would be done, in order: what is written, then what is deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    name: String,
    changes: Vec<Planned>,
    unchanged: usize,
}

/// One object that would be another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Planned {
    action: &'static str,
    #[serde(serialize_with = "object")]
    object: ObjectId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_verified: Option<&'static str>,
}

impl Difference {
    /// Of a plan that was looked at.
    pub(crate) fn of(name: &str, checked: &Checked) -> Self {
        let written = checked.steps().iter().filter_map(planned);
        let prune = checked.plan().prune().iter().map(|(id, _)| Planned {
            action: if checked.plan().releases(id) { "release" } else { "delete" },
            object: id.clone(),
            fields: Vec::new(),
            reason: None,
            not_verified: None,
        });
        let changes: Vec<_> = written.chain(prune).collect();
        let unchanged = (checked.steps().len() + checked.plan().prune().len()).saturating_sub(changes.len());
        Self { name: name.to_owned(), changes, unchanged }
    }

    /// Whether nothing would be done.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Writes it for people.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for Planned { action, object, fields, reason, not_verified } in &self.changes {
            let shown = Shown(object).to_string();
            let line = format!("{action:8}{}", Printable(&shown));
            match *action {
                "create" => write!(out, "{}", line.green())?,
                "delete" => write!(out, "{}", line.red())?,
                _ => write!(out, "{}", line.yellow())?,
            }
            if let Some(why) = not_verified {
                write!(out, " {}", format_args!("(not verified: {why})").dimmed())?;
            }
            writeln!(out)?;
            if let Some(reason) = reason {
                writeln!(out, "  {}", Printable(reason))?;
            }
            for change in fields {
                field(out, change)?;
            }
        }
        let count = |action: &str| self.changes.iter().filter(|change| change.action == action).count();
        let actions = ["create", "update", "adopt", "replace", "release", "delete"];
        let counts =
            actions.map(|action| (count(action), action)).into_iter().filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, action)| format!("{count} to {action}"));
        let all: Vec<_> = counts.chain([format!("{} unchanged", self.unchanged)]).collect();
        writeln!(out, "{}", all.join(", "))
    }
}

/// Why something is written of which nothing changes.
const LOST: &str = "who has its fields was lost, and is noted anew";

fn planned(step: &Step) -> Option<Planned> {
    let (action, fields, reason) = match &step.action {
        Action::Keep | Action::Use => return None,
        Action::Create => ("create", Vec::new(), None),
        Action::Update { changes, .. } => {
            // Another one without a difference is one that the server cannot judge yet.
            let is_lost = changes.is_empty() && step.planned.unverified.is_none();
            ("update", shown(changes), is_lost.then(|| LOST.to_owned()))
        }
        Action::Adopt { changes, .. } => ("adopt", shown(changes), None),
        Action::Decide { reason } => ("update", Vec::new(), Some(reason.clone())),
        Action::Replace { reason, .. } => ("replace", Vec::new(), Some(reason.clone())),
    };
    let not_verified = step.planned.unverified.map(|why| match why {
        Unverified::Definition => "its kind is defined by the set",
        Unverified::Namespace => "its namespace is not there yet",
        Unverified::Role => "its role is not there yet",
    });
    Some(Planned { action, object: step.planned.id.clone(), fields, reason, not_verified })
}

/// The changes that a person asked for. That the digest of the plan is another one, goes without saying.
fn shown(changes: &[Change]) -> Vec<Change> {
    changes.iter().filter(|change| !change.path.contains(PLANNED_DIGEST)).cloned().collect()
}

fn field(out: &mut impl Write, Change { path, from, to }: &Change) -> io::Result<()> {
    write!(out, "  {}: ", Printable(path))?;
    match (from, to) {
        (Some(from), Some(to)) => writeln!(out, "{} -> {}", text(from).red(), text(to).green()),
        (None, Some(to)) => writeln!(out, "{} {}", "+".green(), text(to).green()),
        (Some(from), None) => writeln!(out, "{} {}", "-".red(), text(from).red()),
        (None, None) => writeln!(out),
    }
}

/// A value, in a line that is not too long.
fn text(value: &Value) -> String {
    let text = value.to_string();
    let short = match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    };
    Printable(&short).to_string()
}

/// An object, as reports for programs name it.
pub(crate) fn object<S: serde::Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    named(id).serialize(serializer)
}

/// The same, as a value.
pub(crate) fn named(id: &ObjectId) -> Value {
    let ObjectId { group, kind, namespace, name } = id;
    json!({"group": group, "kind": kind, "namespace": namespace, "name": name})
}
