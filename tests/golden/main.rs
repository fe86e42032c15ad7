//! Prints what a client in another language is checked against: `vectors` (JSON) or `transcript` (a page for people).
//!
//! Both come from the real device and the real relay with a fixed clock and fixed randomness, so that they are the same
//! on every machine: `cargo xtask generate` writes them, `cargo xtask ci generated` compares.

mod annotate;
mod frame;
mod part;
mod play;
mod transcript;
mod vector;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("vectors") => println!("{}", serde_json::to_string_pretty(&vector::all()?)?),
        Some("transcript") => print!("{}", transcript::page(&play::play()?)?),
        _ => bail!("say `vectors` or `transcript`"),
    }
    Ok(())
}
