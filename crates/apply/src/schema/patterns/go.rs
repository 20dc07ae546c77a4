//! The syntax of Go's `regexp`, in that of the `regex` crate.
//!
//! They differ in little: there `\d`, `\w`, `\s` and `\b` are about ASCII, `\<` is a sign, a brace that repeats nothing is one,
//! and a class is a list of characters and ranges, without classes and operators in it. What is not mentioned here is the same in
//! both, or refused by the crate.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

type Input<'a> = Peekable<Chars<'a>>;

/// A pattern of Go in our syntax. `None` for one that is not understood.
pub(super) fn translated(pattern: &str) -> Option<String> {
    let (mut input, mut out) = (pattern.chars().peekable(), String::new());
    while let Some(c) = input.next() {
        match c {
            '\\' => escape(&mut input, &mut out)?,
            '[' => class(&mut input, &mut out)?,
            '{' => match repetition(&mut input) {
                Some(times) => drop(write!(out, "{{{times}}}")),
                None => out.push_str("\\{"),
            },
            '}' | ']' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// What stands in braces after what is repeated; nothing is taken where that is no number of times.
fn repetition(input: &mut Input<'_>) -> Option<String> {
    let mut ahead = input.clone();
    let times: String = ahead.by_ref().take_while(|c| *c != '}').collect();
    let (least, most) = times.split_once(',').unwrap_or((&times, ""));
    let is_number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    let closes = input.clone().any(|c| c == '}');
    let is_repetition = closes && !least.is_empty() && is_number(least) && is_number(most);
    is_repetition.then(|| {
        *input = ahead;
        times
    })
}

/// What stands after a backslash outside a class.
fn escape(input: &mut Input<'_>, out: &mut String) -> Option<()> {
    match *input.peek()? {
        'b' => {
            input.next();
            out.push_str("(?-u:\\b)");
        }
        c @ ('A' | 'z') => {
            input.next();
            out.push('\\');
            out.push(c);
        }
        _ => match set(input) {
            Some(set) => out.push_str(&set),
            None => push(character(input)?, out),
        },
    }
    Some(())
}

/// A class that a backslash names, the same in a class and outside; nothing is taken where it names none.
fn set(input: &mut Input<'_>) -> Option<String> {
    let mut ahead = input.clone();
    let set = match ahead.next()? {
        'd' => "[0-9]".into(),
        'D' => "[^0-9]".into(),
        's' => "[\\t\\n\\f\\r ]".into(),
        'S' => "[^\\t\\n\\f\\r ]".into(),
        'w' => "[0-9A-Za-z_]".into(),
        'W' => "[^0-9A-Za-z_]".into(),
        c @ ('p' | 'P') => format!("\\{c}{{{}}}", category(&mut ahead)?),
        _ => return None,
    };
    *input = ahead;
    Some(set)
}

/// The name of a category of Unicode.
fn category(input: &mut Input<'_>) -> Option<String> {
    let name = match input.next()? {
        '{' => input.by_ref().take_while(|c| *c != '}').collect(),
        c => String::from(c),
    };
    name.chars().all(|c| c.is_ascii_alphabetic() || c == '_').then_some(name)
}

/// A class, from behind its bracket to its end.
fn class(input: &mut Input<'_>, out: &mut String) -> Option<()> {
    out.push('[');
    if input.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut is_first = true;
    loop {
        let c = *input.peek()?;
        if c == ']' && !is_first {
            input.next();
            out.push(']');
            return Some(());
        }
        is_first = false;
        if c == '['
            && let Some(name) = named(input)
        {
            out.push_str(&name);
            continue;
        }
        if c == '\\' {
            let mut ahead = input.clone();
            ahead.next();
            if let Some(set) = set(&mut ahead) {
                *input = ahead;
                out.push_str(&set);
                continue;
            }
        }
        push(member(input)?, out);
        let mut ahead = input.clone();
        if ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']') {
            *input = ahead;
            out.push('-');
            push(member(input)?, out);
        }
    }
}

/// A class of POSIX, such as `[:alpha:]`.
fn named(input: &mut Input<'_>) -> Option<String> {
    let mut ahead = input.clone();
    if (ahead.next(), ahead.next()) != (Some('['), Some(':')) {
        return None;
    }
    let name: String = ahead.by_ref().take_while(|c| *c != ':').collect();
    let is_one = ahead.next() == Some(']') && name.chars().all(|c| c.is_ascii_lowercase() || c == '^');
    is_one.then(|| {
        *input = ahead;
        format!("[:{name}:]")
    })
}

/// One character of a class.
fn member(input: &mut Input<'_>) -> Option<char> {
    match input.next()? {
        '\\' => character(input),
        c => Some(c),
    }
}

/// The character that stands after a backslash.
fn character(input: &mut Input<'_>) -> Option<char> {
    match input.next()? {
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        'x' => {
            let digits: String = if input.next_if_eq(&'{').is_some() {
                input.by_ref().take_while(|c| *c != '}').collect()
            } else {
                input.by_ref().take(2).collect()
            };
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        c if c.is_ascii_punctuation() => Some(c),
        // Octal numbers, quotations, bytes, and what no pattern has.
        _ => None,
    }
}

fn push(c: char, out: &mut String) {
    let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
}
