//! Facts and tables in columns, as kubectl lays them out.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use crate::printable::Printable;

/// How many spaces are between columns.
const GAP: usize = 2;

/// Writes `Name:  value` lines, the values in one column; an empty value is left out with its name.
pub(super) fn facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    let width = facts.iter().map(|(name, _)| name.len() + ":".len() + GAP).max().unwrap_or_default();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{}{}", format!("{name:width$}", name = format!("{name}:")).bold(), Printable(value))?;
    }
    Ok(())
}

/// Writes a title and a table below it; neither where there is no row.
pub(super) fn table<const N: usize>(
    out: &mut impl Write,
    title: &str,
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
            *width = cell.chars().count().max(*width);
        }
    }
    writeln!(out, "\n{}:", Printable(title).bold())?;
    writeln!(out, "  {}", line(&header, &widths).dimmed())?;
    rows.iter().try_for_each(|row| writeln!(out, "  {}", line(row, &widths)))
}

fn line<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let columns = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:0$}", width + GAP));
    columns.collect::<String>().trim_end().to_owned()
}
