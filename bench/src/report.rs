//! The table, and the text around it.

use std::fmt::Write;
use std::time::Duration;

use crate::corpus::Corpus;
use crate::rounds::Contender;

/// Rows and what has to be known about them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The rows, in order.
    pub(crate) rows: Vec<Row>,
    notes: Vec<String>,
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

impl Report {
    /// Adds a line under the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds several lines under the table.
    pub(crate) fn notes<'a>(&mut self, notes: impl IntoIterator<Item = &'a str>) {
        self.notes.extend(notes.into_iter().map(str::to_owned));
    }

    /// Adds the rows and notes of another part.
    pub(crate) fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
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
        self.table(&mut text);
        text.push('\n');
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        text
    }

    /// The table, its columns padded so that it also reads well on a terminal.
    fn table(&self, text: &mut String) {
        let rows: Vec<[String; 8]> = self.rows.iter().map(Row::cells).collect();
        let head = HEAD.map(str::to_owned);
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|column| {
                let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
            })
            .collect();
        let mut line = |cells: &[String; 8]| {
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(text, "| {cell:<width$} ");
            }
            text.push_str("|\n");
        };
        line(&head);
        let mut rule = HEAD.map(str::to_owned);
        for (cell, width) in rule.iter_mut().zip(&widths) {
            *cell = "-".repeat(*width);
        }
        line(&rule);
        rows.iter().for_each(line);
    }
}

impl Row {
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
