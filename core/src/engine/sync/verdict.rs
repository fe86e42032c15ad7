//! What a decision about quarantined edits means here.

use std::collections::BTreeSet;

use super::rebuild::{self, Standing};
use super::{Engine, Error, purge};
use crate::document::{Document, HistoryEntry};
use crate::ids::{ChangeHash, Heads};
use crate::store::{Indexing, Notice, StoredDocument, Transaction};
use crate::wire::{Decision, Flag, Verdict};

pub(super) fn take_in(engine: &Engine, tx: &Transaction<'_>, verdict: &Verdict, now_ms: i64) -> Result<(), Error> {
    let Some(stored) = tx.document(verdict.id)? else {
        return Ok(());
    };
    match verdict.decision {
        Decision::Accepted => {
            // A later edit that waits too is pushed once more, which changes nothing.
            tx.set_parked(verdict.id, None)?;
            leave(engine, tx, &stored, verdict)?;
            // A record that was held for its parent was never in doubt: nobody needs to be told.
            if verdict.code == "held" {
                return Ok(());
            }
            tell(tx, &stored, verdict, "accepted", None, now_ms)
        }
        Decision::Dropped => {
            // Told again where it was pushed again: the person knows.
            let known = tx.has_notice(verdict.id, &verdict.heads, "dropped")?;
            let edits = leave(engine, tx, &stored, verdict)?;
            if known && edits.is_none() {
                return Ok(());
            }
            tell(tx, &stored, verdict, "dropped", edits.as_deref(), now_ms)
        }
    }
}

/// The document without the changes that the verdict takes out of it: what depends on them is made anew under another
/// incarnation and pushed. Returns what they did, for their author to see; `None` where none of them is here.
fn leave(
    engine: &Engine,
    tx: &Transaction<'_>,
    stored: &StoredDocument,
    verdict: &Verdict,
) -> Result<Option<Vec<HistoryEntry>>, Error> {
    let id = verdict.id;
    let Some(kind) = tx.kind(&stored.state.kind) else {
        return Ok(None);
    };
    let named = verdict
        .changes
        .as_deref()
        .and_then(|bytes| Heads::from_bytes(bytes).ok());
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return Ok(None);
    };
    let mut document = Document::load(kind, id, &stored.snapshot, &stored.changes)?;
    let is_here = |hash: &&ChangeHash| document.contains(&Heads::new(vec![**hash]));
    let gone: BTreeSet<ChangeHash> = named.hashes().iter().filter(is_here).copied().collect();
    if gone.is_empty() {
        return Ok(None);
    }
    let standing = Standing::read(tx, id, stored.state.acked.clone())?;
    let history = document.history();
    engine.renew_actor(tx)?;
    if history.first().is_some_and(|first| gone.contains(&first.hash)) && standing.acked.is_none() {
        // The record itself was dropped: nothing of it can stand.
        tx.delete_document(id)?;
        purge::owe_sweep(tx, id)?;
        return Ok(Some(history));
    }
    // The relay takes operations in the order of their numbers: all that it does not have is numbered anew.
    let later = match &standing.acked {
        Some(acked) => rebuild::unacknowledged(&mut document, Some(acked))?,
        None => Vec::new(),
    };
    let later = later
        .into_iter()
        .map(|(hash, _)| hash)
        .filter(|hash| !gone.contains(hash))
        .collect();
    let mut rest = rebuild::remade(engine, &mut document, &gone, &later)?.document;
    let known = standing.acked.clone().unwrap_or_default();
    rebuild::keep(tx, &mut rest, stored.state.scope, &standing, &known)?;
    tx.put_row(id, &rest.project(), Indexing::Now)?;
    if standing.acked.as_ref() == Some(&rest.heads()) {
        // Nothing is left to push.
        tx.set_acked(id, &known)?;
    }
    Ok(Some(
        history.into_iter().filter(|entry| gone.contains(&entry.hash)).collect(),
    ))
}

fn tell(
    tx: &Transaction<'_>,
    stored: &StoredDocument,
    verdict: &Verdict,
    became: &str,
    edits: Option<&[HistoryEntry]>,
    now_ms: i64,
) -> Result<(), Error> {
    let detail = edits
        .map(serde_json::to_string)
        .transpose()
        .map_err(crate::store::Error::from)?;
    let (kind, heads) = (&stored.state.kind, &verdict.heads);
    tx.add_notice(&Notice {
        detail,
        ..Notice::new(verdict.id, kind, &verdict.code, became, heads, now_ms)
    })?;
    Ok(())
}

/// Something that another did to a record of this member's: it is told, and the record is as it came.
pub(super) fn note(tx: &Transaction<'_>, flag: &Flag, now_ms: i64) -> Result<(), Error> {
    let Some(state) = tx.state(flag.id)? else {
        return Ok(());
    };
    let author = serde_json::json!({ "author": flag.author }).to_string();
    tx.add_notice(&Notice {
        detail: Some(author),
        ..Notice::new(flag.id, &state.kind, &flag.code, "flagged", &flag.heads, now_ms)
    })?;
    Ok(())
}
