//! Facts and tables in columns, as kubectl lays them out.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use crate::printable::Printable;

/// How many spaces are between columns.
const GAP: usize = 2;

/// What a column is filled up to at most, however long one of its cells is.
const WIDEST: usize = 80;

/// Writes `Name:  value` lines, the values in one column; an empty value is left out with its name.
pub(crate) fn facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    let width = facts.iter().map(|(name, _)| name.len() + ":".len() + GAP).max().unwrap_or_default();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{}{}", format!("{name:width$}", name = format!("{name}:")).bold(), Printable(value))?;
    }
    Ok(())
}

/// Writes a title and a table below it, indented; neither where there is no row.
pub(crate) fn table<const N: usize>(
    out: &mut impl Write,
    title: &str,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{}:", Printable(title).bold())?;
    self::rows(out, "  ", header, rows)
}

/// Writes a header and rows below it, behind an indentation; nothing where there is no row.
pub(crate) fn rows<const N: usize>(
    out: &mut impl Write,
    indent: &str,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let header = header.map(str::to_owned);
    let rows: Vec<_> = rows.into_iter().map(|row| row.map(|cell| Printable(&cell).to_string())).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut widths = [0; N];
    for row in rows.iter().chain([&header]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().min(WIDEST).max(*width);
        }
    }
    writeln!(out, "{indent}{}", line(&header, &widths).dimmed())?;
    rows.iter().try_for_each(|row| writeln!(out, "{indent}{}", line(row, &widths)))
}

fn line<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_cell_does_not_fill_up_the_others() {
        let long = "x".repeat(100_000);
        let mut out = Vec::new();
        table(&mut out, "T", ["A", "B"], [[long.clone(), "b".into()], ["a".into(), "c".into()]]).unwrap();
        assert!(out.len() < long.len() + 1000);
        assert!(String::from_utf8(out).unwrap().contains(&format!("{long}  b\n")));
    }
}
