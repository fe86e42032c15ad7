//! What a receipt means for a document.

use super::{Error, purge};
use crate::store::{DocumentState, LONGEST_WAIT_MS, Notice, Parked, Transaction};
use crate::wire::{Receipt, ReceiptState, limit};

/// First wait after a push that was not decided, in milliseconds; it doubles with each.
const FIRST_RETRY_MS: i64 = 5_000;

/// Carries out a receipt. Every document has its own: a bad one stops nothing. Returns whether edits were forgotten here
/// that the relay keeps apart: their numbers must not be taken again.
pub(super) fn settle(tx: &Transaction<'_>, receipt: &Receipt, now_ms: i64) -> Result<bool, Error> {
    let Some(state) = tx.state(receipt.id)? else {
        return Ok(false);
    };
    let code = receipt.code.clone().unwrap_or_default();
    match receipt.state {
        ReceiptState::Ok | ReceiptState::Duplicate => {
            tx.set_acked(receipt.id, &receipt.heads)?;
        }
        ReceiptState::LateAccepted => {
            tx.set_acked(receipt.id, &receipt.heads)?;
            tell(tx, &state, receipt, "late", "accepted", now_ms)?;
        }
        ReceiptState::Held => park(tx, &state, receipt, "held", now_ms)?,
        // A verdict of this very answer says which of it, and what becomes of the rest.
        ReceiptState::Quarantined if code == "dropped" => park(tx, &state, receipt, &code, now_ms)?,
        ReceiptState::Quarantined | ReceiptState::UpgradeNeeded => {
            park(tx, &state, receipt, &code, now_ms)?;
            tell(tx, &state, receipt, &code, "quarantined", now_ms)?;
        }
        // The relay keeps nothing of it: the edits wait here until the whole of what it has is here too, and are made anew
        // beside that.
        ReceiptState::ActorConflict => {
            park(tx, &state, receipt, &code, now_ms)?;
            tx.set_want_whole(receipt.id, true)?;
        }
        // The whole was sent already and something is still missing: sending it again at once would not help.
        ReceiptState::NeedsDependencies if state.push_whole || state.acked.is_none() => {
            tx.set_trouble(receipt.id, &code, now_ms + wait_ms(&state))?;
        }
        ReceiptState::NeedsDependencies => tx.set_push_whole(receipt.id, true)?,
        ReceiptState::TooLarge | ReceiptState::RetryAfter => {
            let code = if code.is_empty() { "retry-after" } else { &code };
            tx.set_trouble(receipt.id, code, now_ms + wait_ms(&state))?;
        }
    }
    let in_the_log = matches!(
        receipt.state,
        ReceiptState::Ok | ReceiptState::Duplicate | ReceiptState::LateAccepted
    );
    if !in_the_log || receipt.readable {
        return Ok(false);
    }
    // Compared like dirtiness: an edit made meanwhile is pushed first.
    let Some(state) = tx.state(receipt.id)?.filter(|state| !state.is_dirty()) else {
        return Ok(false);
    };
    tx.delete_document(receipt.id)?;
    purge::owe_sweep(tx, receipt.id)?;
    Ok(state.acked.as_ref() != Some(&state.heads))
}

fn park(tx: &Transaction<'_>, state: &DocumentState, receipt: &Receipt, code: &str, now_ms: i64) -> Result<(), Error> {
    let parked = Parked {
        heads: receipt.heads.clone(),
        code: code.to_owned(),
    };
    tx.set_parked(receipt.id, Some(&parked))?;
    if tx.state(receipt.id)?.is_some_and(|state| state.is_dirty()) {
        // More than one push holds: only a part of it is kept apart, and the same part would go again at once.
        let bytes: usize = tx.local_changes(receipt.id)?.iter().map(|one| one.bytes.len()).sum();
        if bytes > limit::PUSH_BYTES {
            tx.set_trouble(receipt.id, code, now_ms + wait_ms(state))?;
        }
    }
    Ok(())
}

fn tell(
    tx: &Transaction<'_>,
    state: &DocumentState,
    receipt: &Receipt,
    code: &str,
    became: &str,
    now_ms: i64,
) -> Result<(), Error> {
    tx.add_notice(&Notice::new(
        receipt.id,
        &state.kind,
        code,
        became,
        &receipt.heads,
        now_ms,
    ))?;
    Ok(())
}

pub(super) fn wait_ms(state: &DocumentState) -> i64 {
    FIRST_RETRY_MS
        .checked_shl(state.attempts)
        .filter(|wait| *wait > 0)
        .unwrap_or(LONGEST_WAIT_MS)
        .min(LONGEST_WAIT_MS)
}
