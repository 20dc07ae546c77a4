//! Text from a bundle, safe to print.

use std::fmt::{self, Write as _};

use rukpak_tree::is_harmless;

/// A text without the power to move the cursor, change colours, forge a line or reorder what stands beside it: control
/// and formatting characters are printed as escapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if is_harmless(character) {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_default())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_is_one_plain_line() {
        let text = "a\u{1b}[2J\nerror: forged\r\u{202e}gnp.exe é 日";
        let shown = r"a\u{1b}[2J\nerror: forged\r\u{202e}gnp.exe é 日";
        assert_eq!(Printable(text).to_string(), shown);
    }
}
