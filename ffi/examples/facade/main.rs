//! Prints what the wrappers need of each kind of record, so that they name none by hand: `facade kotlin`, or
//! `facade swift` with the generated file of the model, whose types the wrapper offers under its own name.

mod kotlin;
mod swift;

use anyhow::{Context, Result, bail};

macro_rules! names {
    ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
        /// Record and patch: the names by which a kind is known in the bindings, in the order of the list.
        const NAMES: &[(&str, &str)] = &[$((stringify!($entity), stringify!($patch))),*];
    };
}

satchel_core::for_each_kind!(names);

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        (Some("kotlin"), None) => print!("{}", kotlin::page()),
        (Some("swift"), Some(model)) => {
            let model = std::fs::read_to_string(&model).with_context(|| format!("reading {model}"))?;
            print!("{}", swift::page(&model)?);
        }
        _ => bail!("facade kotlin, or facade swift SatchelModel.swift"),
    }
    Ok(())
}

/// A doc comment as one line.
fn sentence(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "")
}

/// `planned_start` as `plannedStart`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
