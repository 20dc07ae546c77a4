//! Block scalars: literal (`|`) and folded (`>`) text.

use std::borrow::Cow;

use super::parse::{Build, ParseError, Parser, Result};

/// What becomes of the line breaks at the end.
#[derive(PartialEq)]
enum Chomp {
    /// `-`: none is kept.
    Strip,
    /// One is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

impl<'a, B: Build<'a>> Parser<'a, '_, B> {
    /// The block scalar whose `|` or `>` is next, in a collection of column `parent`.
    pub(super) fn block_scalar(&mut self, parent: isize) -> Result<Cow<'a, str>> {
        let literal = self.byte() == b'|';
        let (chomp, indicated) = self.header()?;
        let mut indent = indicated.map(|columns| parent.max(0) + columns);
        let mut text = String::new();
        // The break of the line before, which folding may replace, and those of empty lines behind it.
        let mut pending = "";
        let mut empty_lines = String::new();
        let mut after_blank = false;
        self.empty_lines(parent, &mut indent, &mut empty_lines)?;
        let column = indent.unwrap_or(0);
        while self.column() == column && !self.at_end() {
            let blank = matches!(self.byte(), b' ' | b'\t');
            if !literal && pending == "\n" && !after_blank && !blank {
                if empty_lines.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(pending);
            }
            text.push_str(&empty_lines);
            empty_lines.clear();
            after_blank = blank;
            let end = self.line_end(self.pos);
            text.push_str(self.slice(self.pos, end));
            let length = self.break_len(end);
            pending = self.slice(end, end + length);
            self.pos = end;
            self.pass_break(length);
            self.empty_lines(parent, &mut indent, &mut empty_lines)?;
        }
        if chomp != Chomp::Strip {
            text.push_str(pending);
        }
        if chomp == Chomp::Keep {
            text.push_str(&empty_lines);
        }
        Ok(Cow::Owned(text))
    }

    /// The rest of the line that begins with `|` or `>`.
    fn header(&mut self) -> Result<(Chomp, Option<isize>)> {
        self.pos += 1;
        let mut chomp = Chomp::Clip;
        let mut indicated = None;
        for _ in 0..2 {
            match self.byte() {
                b'-' if chomp == Chomp::Clip => chomp = Chomp::Strip,
                b'+' if chomp == Chomp::Clip => chomp = Chomp::Keep,
                b'0' => return self.error("the indentation of a block scalar is at least 1"),
                digit @ b'1'..=b'9' if indicated.is_none() => indicated = Some(isize::from(digit - b'0')),
                _ => break,
            }
            self.pos += 1;
        }
        self.pos = self.past_blanks(self.pos);
        if self.byte() == b'#' {
            self.pos = self.line_end(self.pos);
        }
        match self.break_len(self.pos) {
            0 => self.error(self.unexpected("expected a block scalar's text on the next line")),
            length => {
                self.pass_break(length);
                Ok((chomp, indicated))
            }
        }
    }

    /// Passes empty lines and the indentation of the next line that is not; finds out the indentation where that is not
    /// known yet.
    fn empty_lines(&mut self, parent: isize, indent: &mut Option<isize>, breaks: &mut String) -> Result<()> {
        let mut widest = 0;
        loop {
            let inside = |column: isize| indent.is_none_or(|indent| column < indent);
            while inside(self.column()) && self.byte() == b' ' {
                self.pos += 1;
            }
            widest = widest.max(self.column());
            if inside(self.column()) && self.byte() == b'\t' {
                let message = "found a tab where indentation is expected, indent with spaces";
                return Err(ParseError::new(self.pos, message));
            }
            match self.break_len(self.pos) {
                0 => break,
                length => {
                    breaks.push_str(self.slice(self.pos, self.pos + length));
                    self.pass_break(length);
                }
            }
        }
        if indent.is_none() {
            *indent = Some(widest.max(parent + 1).max(1));
        }
        Ok(())
    }
}
