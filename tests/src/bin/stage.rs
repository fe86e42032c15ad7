//! What the dashboard's tests look at: a relay and a small team with real phones, which do what a line on standard input
//! says, and answer with a line of JSON.

use std::io::{BufRead, Write, stdin, stdout};

use anyhow::Result;
use satchel_tests::stage::Stage;

fn main() -> Result<()> {
    let mut stage = Stage::set()?;
    let mut out = stdout();
    writeln!(out, "{}", stage.describe())?;
    out.flush()?;
    for line in stdin().lock().lines() {
        let answer = stage.act(line?.trim())?;
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
