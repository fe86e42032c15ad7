//! What a command prints.

use std::io::{Write, stdout};

/// Prints one line on standard output at once, so that a program that waits for it sees it.
///
/// # Errors
/// Where standard output is closed.
pub fn line(text: &str) -> Result<(), std::io::Error> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
