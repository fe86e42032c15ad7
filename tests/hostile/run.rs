//! How many, from which seed; and the honest work that must still go after an attack.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result, ensure};
use satchel_core::domain;
use satchel_core::engine::Error;
use satchel_core::ids::DocumentId;
use satchel_core::schema::{Merge, Patch};
use satchel_tests::attack::Ground;
use serde_json::json;

/// How many attempts a run has, all tests together.
pub(crate) fn cases() -> usize {
    let given = std::env::var("SATCHEL_HOSTILE_CASES").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

/// The run's seed: fixed unless it is given, so that CI is the same each time; `fresh` draws one.
pub(crate) fn seed() -> u64 {
    match std::env::var("SATCHEL_HOSTILE_SEED").ok().as_deref() {
        None => 20_260_302,
        Some("fresh") => {
            use satchel_core::clock::{SystemEntropy, random};
            u64::from_be_bytes(random(&SystemEntropy))
        }
        Some(text) => text.parse().unwrap(),
    }
}

/// Panics inside Automerge are what is looked for, and contained: they are not worth a line each. Others are.
pub(crate) fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let inside = panic.location().is_some_and(|at| at.file().contains("automerge"));
            if !inside {
                loud(panic);
            }
        }));
    });
}

/// Honest work on what was attacked.
pub(crate) struct Run;

impl Run {
    /// Vera edits every attacked record, text and all, and the relay takes her edits.
    pub(crate) fn work_on(ground: &mut Ground, ids: &[DocumentId]) -> Result<()> {
        let mut edited = Vec::new();
        for id in ids {
            let record = ground.vera.engine.get(*id)?.context("the record")?;
            let kind = domain::kind(&record.kind).unwrap();
            let mut values = serde_json::Map::new();
            for field in kind.fields.iter().filter(|field| !kind.is_fixed(field)) {
                let value = match field.merge {
                    Merge::Text => json!("rewritten 重写"),
                    Merge::Set if field.name == "tags" => json!({ "add": ["z"] }),
                    Merge::Map if field.name == "custom" => json!({ "z": "1" }),
                    _ => continue,
                };
                values.insert(field.name.to_owned(), value);
            }
            if values.is_empty() {
                values.insert("name".to_owned(), json!("renamed"));
            }
            let patch = Patch::from_json(kind, &values).map_err(|found| anyhow::anyhow!("{found:?}"))?;
            let engine = &ground.vera.engine;
            let outcome = catch_unwind(AssertUnwindSafe(|| engine.edit(*id, &patch, None)));
            match outcome.map_err(|_| anyhow::anyhow!("{id}: an honest edit panics"))? {
                Ok(_) => edited.push(*id),
                // The attacker may write what he may write: a record that he made invalid elsewhere.
                Err(Error::Invalid(_) | Error::Denied(_)) => {}
                Err(error) => return Err(error).with_context(|| format!("{id}: an honest edit fails")),
            }
        }
        ground.settle()?;
        for id in edited {
            let state = ground
                .vera
                .engine
                .read(|reader| Ok(reader.state(id)?))?
                .context("it is there")?;
            ensure!(
                state.parked.is_none(),
                "{id}: an honest edit was refused: {:?}",
                state.parked
            );
            ensure!(!state.is_dirty(), "{id}: an honest edit was not taken");
        }
        Ok(())
    }
}
