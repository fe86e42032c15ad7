//! What a decision about quarantined edits means here.

use std::collections::BTreeSet;

use super::rebuild::{self, Standing};
use super::{Engine, Error};
use crate::document::{Document, HistoryEntry};
use crate::ids::{ChangeHash, Heads};
use crate::store::{Indexing, Notice, StoredDocument, Transaction};
use crate::wire::{Decision, Verdict};

pub(super) fn take_in(engine: &Engine, tx: &Transaction<'_>, verdict: &Verdict, now_ms: i64) -> Result<(), Error> {
    let Some(stored) = tx.document(verdict.id)? else {
        return Ok(());
    };
    match verdict.decision {
        Decision::Accepted => {
            // A later edit that waits too is pushed once more, which changes nothing.
            tx.set_parked(verdict.id, None)?;
            // A record that was held for its parent was never in doubt: nobody needs to be told.
            if verdict.code == "held" {
                return Ok(());
            }
            tell(tx, &stored, verdict, "accepted", None, now_ms)
        }
        Decision::Dropped => drop_edit(engine, tx, &stored, verdict, now_ms),
    }
}

/// The document without the dropped edit: what depended on it is made anew under another incarnation and pushed. The edit
/// stays to be seen by its author, in the notice.
fn drop_edit(
    engine: &Engine,
    tx: &Transaction<'_>,
    stored: &StoredDocument,
    verdict: &Verdict,
    now_ms: i64,
) -> Result<(), Error> {
    let kind = tx.kind(&stored.state.kind);
    let id = verdict.id;
    let mut document = match kind {
        Some(kind) => Document::load(kind, id, &stored.snapshot, &stored.changes)?,
        None => return tell(tx, stored, verdict, "dropped", None, now_ms),
    };
    if !document.contains(&verdict.heads) || verdict.heads.is_empty() {
        // Another device of the author's, or one that has done so already.
        let known = tx.has_notice(id, &verdict.heads, "dropped")?;
        return if known {
            Ok(())
        } else {
            tell(tx, stored, verdict, "dropped", None, now_ms)
        };
    }
    let standing = Standing::read(tx, id, stored.state.acked.clone())?;
    let open = rebuild::unacknowledged(&mut document, standing.acked.as_ref())?;
    let after: BTreeSet<ChangeHash> = rebuild::unacknowledged(&mut document, Some(&verdict.heads))?
        .into_iter()
        .map(|(hash, _)| hash)
        .collect();
    let (later, dropped): (BTreeSet<ChangeHash>, BTreeSet<ChangeHash>) = open
        .into_iter()
        .map(|(hash, _)| hash)
        .partition(|hash| after.contains(hash));
    if dropped.is_empty() {
        return tell(tx, stored, verdict, "dropped", None, now_ms);
    }
    let history = document.history();
    let first = history.first().map(|entry| entry.hash);
    if first.is_some_and(|first| dropped.contains(&first)) {
        // The record itself was dropped: nothing of it can stand.
        tell(tx, stored, verdict, "dropped", Some(&history), now_ms)?;
        tx.delete_document(id)?;
        engine.renew_actor(tx)?;
        return Ok(());
    }
    let edits: Vec<HistoryEntry> = history
        .into_iter()
        .filter(|entry| dropped.contains(&entry.hash))
        .collect();
    tell(tx, stored, verdict, "dropped", Some(&edits), now_ms)?;
    let mut rest = rebuild::remade(engine, &mut document, &dropped, &later)?.document;
    engine.renew_actor(tx)?;
    let known = standing.acked.clone().unwrap_or_default();
    rebuild::keep(tx, &mut rest, stored.state.scope, &standing, &known)?;
    tx.put_row(id, &rest.project(), Indexing::Now)?;
    if rest.heads() == known {
        // Nothing is left to push.
        tx.set_acked(id, &known)?;
    }
    Ok(())
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
    tx.add_notice(&Notice {
        number: 0,
        document: verdict.id,
        kind: stored.state.kind.clone(),
        code: verdict.code.clone(),
        state: became.to_owned(),
        heads: Heads::clone(&verdict.heads),
        at_ms: now_ms,
        detail,
        seen: false,
    })?;
    Ok(())
}
