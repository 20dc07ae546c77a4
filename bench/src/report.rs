//! The table, and the text around it.

use std::fmt::Write;
use std::time::Duration;

use crate::corpus::Corpus;
use crate::rounds::{Contender, Series};

/// Rows and what has to be known about them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The rows, in order.
    pub(crate) rows: Vec<Row>,
    goals: Vec<Goal>,
    notes: Vec<String>,
}

/// A figure that is to be reached, and what was seen of it.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    /// What it is about.
    pub(crate) what: String,
    /// Which figure.
    pub(crate) asked: Bound,
    /// What was seen.
    pub(crate) seen: f64,
    /// The unit of both.
    pub(crate) unit: &'static str,
}

/// Where a figure is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
}

/// One program's figures.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) measured: &'static str,
    /// Of which program.
    pub(crate) program: String,
    /// The time in the middle.
    pub(crate) median: Duration,
    /// The shortest time.
    pub(crate) min: Duration,
    /// A rate or a peak of memory, with its unit.
    pub(crate) figure: String,
    /// The ratio, and to what.
    pub(crate) ratio: String,
    /// How many inputs were refused, where they are counted.
    pub(crate) refused: Option<usize>,
    /// The command that takes the figure again.
    pub(crate) command: String,
}

const HEAD: [&str; 8] =
    ["measured", "program", "median", "fastest", "rate or memory", "ratio", "refused", "command"];

const GOALS: [&str; 4] = ["goal", "asked", "seen", "reached"];

impl Report {
    /// Adds a line under the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds several lines under the table.
    pub(crate) fn notes<'a>(&mut self, notes: impl IntoIterator<Item = &'a str>) {
        self.notes.extend(notes.into_iter().map(str::to_owned));
    }

    /// Adds a goal.
    pub(crate) fn goal(&mut self, what: impl Into<String>, asked: Bound, seen: f64, unit: &'static str) {
        self.goals.push(Goal { what: what.into(), asked, seen, unit });
    }

    /// Adds the rows, goals and notes of another part.
    pub(crate) fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.goals.extend(other.goals);
        self.notes.extend(other.notes);
    }

    /// The whole document, in Markdown.
    pub(crate) fn document(&self, machine: &[String], corpus: &str) -> String {
        let mut text = String::from(
            "# Benchmarks\n\nWritten by `make bench`. Times differ between machines; the ratios are of one run, in which the \
             programs took turns. Where files are gone through (load, render), time is processor time on one core; where a \
             process is started, it is the time that passes.\n\n",
        );
        for line in machine {
            let _ = writeln!(text, "- {line}");
        }
        let _ = writeln!(text, "- measured over: {corpus}\n");
        table(&mut text, HEAD, &self.rows.iter().map(Row::cells).collect::<Vec<_>>());
        text.push_str("\nWhat is to be reached, and what was seen in this run:\n\n");
        table(&mut text, GOALS, &self.goals.iter().map(Goal::cells).collect::<Vec<_>>());
        text.push('\n');
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        text
    }
}

/// A table, its columns padded so that it also reads well on a terminal.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let widths: Vec<usize> = (0..N)
        .map(|column| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    let mut line = |cells: &[String; N]| {
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
    };
    line(&head);
    let mut rule = head.clone();
    for (cell, width) in rule.iter_mut().zip(&widths) {
        *cell = "-".repeat(*width);
    }
    line(&rule);
    rows.iter().for_each(line);
}

impl Goal {
    fn cells(&self) -> [String; 4] {
        let Self { what, asked, seen, unit } = self;
        let (asked, is_reached) = match *asked {
            Bound::AtMost(most) => (format!("at most {most} {unit}"), *seen <= most),
            Bound::AtLeast(least) => (format!("at least {least} {unit}"), *seen >= least),
        };
        let reached = if is_reached { "yes" } else { "**no**" };
        [what.clone(), asked, format!("{} {unit}", number(*seen)), reached.to_owned()]
    }
}

/// A number as it is read easily: counts whole, else with two decimal places.
fn number(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number}") } else { format!("{number:.2}") }
}

impl Row {
    /// The row of a program whose rounds were timed.
    pub(crate) fn of_series(
        measured: &'static str,
        program: &str,
        series: &Series,
        ratio: String,
        command: &str,
    ) -> Self {
        Self {
            measured,
            program: program.to_owned(),
            median: series.median(),
            min: series.min(),
            figure: String::new(),
            ratio,
            refused: None,
            command: command.to_owned(),
        }
    }

    /// The row of a program that goes through all files of a corpus.
    pub(crate) fn of_files(
        measured: &'static str,
        contender: &Contender<'_>,
        corpus: &Corpus,
        ratio: String,
        command: &str,
    ) -> Self {
        let Contender { name, series, .. } = contender;
        let rate = corpus.bytes() as f64 / 1e6 / series.median().as_secs_f64();
        Self {
            measured,
            program: name.clone(),
            median: series.median(),
            min: series.min(),
            figure: format!("{rate:.1} MB/s"),
            ratio,
            refused: Some(series.refused),
            command: command.to_owned(),
        }
    }

    fn cells(&self) -> [String; 8] {
        [
            self.measured.to_owned(),
            self.program.clone(),
            milliseconds(self.median),
            milliseconds(self.min),
            self.figure.clone(),
            self.ratio.clone(),
            self.refused.map_or(String::new(), |count| count.to_string()),
            format!("`{}`", self.command),
        ]
    }
}

fn milliseconds(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 100.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}
