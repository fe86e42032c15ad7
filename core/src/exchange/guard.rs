//! Text that a spreadsheet must not take for a formula.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab or a line end may run when the file is opened. Such text gets an
//! apostrophe in front, which spreadsheets show as text, and which reading takes away again. So that nothing is lost, a
//! text that looks as if it had been guarded (apostrophes before such a character) gets one more.

use std::borrow::Cow;

/// Text as it goes into a cell of a CSV file.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_risky(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`guarded`] was given.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_risky(text) => text,
        _ => cell,
    }
}

/// Whether, behind any apostrophes, the text begins like a formula; full-width signs count, some programs fold them.
fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_other_text_is_left_alone() {
        assert_eq!(guarded("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(guarded("+8613800138000"), "'+8613800138000");
        assert_eq!(guarded("'tis"), "'tis");
        assert_eq!(guarded("'=1"), "''=1");
        assert_eq!(guarded("12-3"), "12-3");
        assert_eq!(unguarded("'tis"), "'tis");
    }

    proptest! {
        #[test]
        fn guarding_is_undone_exactly(text in "['=+@\\-\t\r\na1 ]{0,6}") {
            let cell = guarded(&text);
            prop_assert_eq!(unguarded(&cell), text.as_str());
            let first = cell.chars().next();
            prop_assert!(!first.is_some_and(|first| "=+-@\t\r\n".contains(first)), "{}", cell);
        }
    }
}
