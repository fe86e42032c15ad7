//! What differs between a device and the log, where their digests do not agree. Reads only.

use std::collections::BTreeMap;

use satchel_core::ids::{DocumentId, ScopeId};
use satchel_core::wire::reconcile::{VersionHash, VersionSet, version_hash};
use satchel_core::wire::{Compare, Differ, Frame, Hello, Reconcile, Reconciled};

use super::{RelayError, Sender, Store, rights};

/// Steps answered in one exchange; a device takes them a few at a time.
const STEPS: usize = 64;

/// What a device asks about differences.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubt {
    /// What its scopes add up to.
    pub(super) compare: Option<Compare>,
    /// Steps of finding out what differs.
    pub(super) steps: Vec<Reconcile>,
}

/// The answer, and the documents that the device lacks and asked for.
pub(super) fn answer(
    store: &dyn Store,
    sender: Sender,
    hello: &Hello,
    doubt: &Doubt,
) -> Result<(Vec<Frame>, Vec<DocumentId>), RelayError> {
    let (mut frames, mut wanted) = (Vec::new(), Vec::new());
    if let Some(compare) = &doubt.compare {
        let scopes = differing(store, sender, hello, compare)?;
        frames.push(Differ { scopes }.into());
    }
    for step in doubt.steps.iter().take(STEPS) {
        let readable = rights::access(store, sender.member, step.scope)?.is_some();
        let versions = if readable {
            versions(store, step.scope)?
        } else {
            BTreeMap::new()
        };
        let (needed, _) = step.need.as_chunks::<32>();
        wanted.extend(needed.iter().filter_map(|hash| versions.get(hash)));
        let asked = readable && !step.question.is_empty();
        // A question that makes no sense is answered with nothing: the device begins anew some day.
        let answer = asked
            .then(|| {
                VersionSet::new(versions.keys().copied())
                    .and_then(|mut set| set.answer(&step.question))
                    .ok()
            })
            .flatten();
        let scope = step.scope;
        let answer = answer.unwrap_or_default();
        frames.push(Reconciled { scope, answer }.into());
    }
    Ok((frames, wanted))
}

/// The scopes that the member may read and that do not add up to what the device says; those that load are left out.
fn differing(store: &dyn Store, sender: Sender, hello: &Hello, compare: &Compare) -> Result<Vec<ScopeId>, RelayError> {
    let told: BTreeMap<ScopeId, &[u8]> = compare
        .scopes
        .iter()
        .map(|one| (one.scope, one.digest.as_slice()))
        .collect();
    let loads = |scope: ScopeId| {
        hello
            .loading
            .iter()
            .flatten()
            .any(|floor| floor.scope == scope && !floor.done)
    };
    let mut differing = Vec::new();
    for (scope, digest, documents) in store.readable_digests(sender.member)? {
        let same = match told.get(&scope) {
            Some(told) => *told == digest.to_bytes(),
            None => documents == 0,
        };
        if !same && !loads(scope) {
            differing.push(scope);
        }
    }
    Ok(differing)
}

fn versions(store: &dyn Store, scope: ScopeId) -> Result<BTreeMap<VersionHash, DocumentId>, RelayError> {
    let versions = store.scope_versions(scope)?;
    Ok(versions
        .into_iter()
        .map(|(id, heads)| (version_hash(id, &heads), id))
        .collect())
}
