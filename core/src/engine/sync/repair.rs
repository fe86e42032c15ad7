//! Where the digests do not agree: which scopes differ, which documents of those, and what is done about it.
//!
//! The device asks, a step an exchange. What the relay lacks is pushed, as a whole; what is missing here is asked for, as a
//! whole. Nothing is deleted because it is absent there: that only an Out does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use super::super::edit::sound;
use super::{Engine, Error};
use crate::ids::ScopeId;
use crate::store::{Reader, Transaction};
use crate::wire::reconcile::{VersionHash, VersionSet, version_hash};
use crate::wire::{Compare, Differ, Frame, Reconcile, Reconciled};

/// Scopes worked on in one exchange.
const SCOPES: usize = 8;
/// Documents asked for in one exchange and scope.
const NEEDED: usize = 200;
/// A repair that led to no agreement is begun again after so long, in milliseconds: an hour.
const AGAIN_MS: i64 = 60 * 60 * 1000;
/// Documents looked at in one page.
const PAGE: u32 = 500;

/// How far a repair is. It lives as long as the process: the next one begins anew.
#[derive(Debug, Default)]
pub(crate) struct Repair {
    stage: Stage,
    began_at_ms: Option<i64>,
}

#[derive(Debug, Default)]
enum Stage {
    /// The digests agree, as far as is known.
    #[default]
    None,
    /// They do not: the scopes are to be compared.
    Compare,
    /// What differs in these scopes is being found out.
    Scopes(BTreeMap<ScopeId, Step>),
}

#[derive(Debug)]
struct Step {
    question: Question,
    need: Vec<VersionHash>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    First,
    Next(Vec<u8>),
    Answered,
}

impl Engine {
    fn repair<T>(&self, work: impl FnOnce(&mut Repair) -> T) -> T {
        work(&mut self.0.repair.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a repair has something to say in the next exchange.
    pub(super) fn is_repairing(&self) -> bool {
        self.repair(|repair| !matches!(repair.stage, Stage::None))
    }

    /// Digests were compared.
    pub(super) fn compared(&self, agreed: bool, now_ms: i64) {
        self.repair(|repair| {
            if agreed {
                repair.stage = Stage::None;
                repair.began_at_ms = None;
                return;
            }
            let waits = repair
                .began_at_ms
                .is_some_and(|began| (began..began + AGAIN_MS).contains(&now_ms));
            if matches!(repair.stage, Stage::None) && !waits {
                repair.stage = Stage::Compare;
                repair.began_at_ms = Some(now_ms);
            }
        });
    }

    /// What the next exchange asks.
    pub(super) fn repair_frames(&self, reader: &Reader<'_>) -> Result<Vec<Frame>, Error> {
        self.repair(|repair| match &repair.stage {
            Stage::None => Ok(Vec::new()),
            Stage::Compare => Ok(vec![
                Compare {
                    scopes: reader.scope_digests()?,
                }
                .into(),
            ]),
            Stage::Scopes(scopes) => scopes
                .iter()
                .take(SCOPES)
                .map(|(scope, step)| {
                    let question = match &step.question {
                        Question::First => set(reader, *scope)?.ask().map_err(|_| Error::BadMessage)?,
                        Question::Next(question) => question.clone(),
                        Question::Answered => Vec::new(),
                    };
                    let need = step.need.iter().take(NEEDED).flatten().copied().collect();
                    Ok(Reconcile {
                        scope: *scope,
                        question,
                        need,
                    }
                    .into())
                })
                .collect(),
        })
    }

    /// The relay named the scopes that differ.
    pub(super) fn differing(&self, differ: &Differ) {
        let first = || Step {
            question: Question::First,
            need: Vec::new(),
        };
        self.repair(|repair| {
            let scopes: BTreeMap<ScopeId, Step> = differ.scopes.iter().map(|scope| (*scope, first())).collect();
            repair.stage = if scopes.is_empty() {
                Stage::None
            } else {
                Stage::Scopes(scopes)
            };
        });
    }

    /// The relay answered a step: what only this device has is pushed again, what only the relay has is asked for.
    pub(super) fn reconciled(&self, reconciled: &Reconciled) -> Result<(), Error> {
        let scope = reconciled.scope;
        let asked = self.repair(|repair| match &repair.stage {
            Stage::Scopes(scopes) => scopes.get(&scope).map(|step| step.question.clone()),
            Stage::None | Stage::Compare => None,
        });
        let Some(asked) = asked else { return Ok(()) };
        let shown = if asked == Question::Answered || reconciled.answer.is_empty() {
            crate::wire::reconcile::Step::default()
        } else {
            self.transact(|tx| {
                let shown = set(tx, scope)?
                    .go_on(&reconciled.answer)
                    .map_err(|_| Error::BadMessage)?;
                forget(tx, scope, &shown.have)?;
                Ok(shown)
            })?
        };
        self.repair(|repair| {
            let Stage::Scopes(scopes) = &mut repair.stage else {
                return;
            };
            if let Some(step) = scopes.get_mut(&scope) {
                let sent = step.need.len().min(NEEDED);
                step.need.drain(..sent);
                step.need.extend(shown.need);
                step.question = shown.next.map_or(Question::Answered, Question::Next);
                if step.question == Question::Answered && step.need.is_empty() {
                    scopes.remove(&scope);
                }
            }
            if scopes.is_empty() {
                repair.stage = Stage::None;
            }
        });
        Ok(())
    }

    /// Adds up anew what the scopes hold. Returns how many sums were wrong: damage, or a fault of this code. The next
    /// exchange compares them with the relay's.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn audit(&self) -> Result<u64, Error> {
        self.transact(|tx| Ok(tx.add_up()?))
    }

    /// Looks at the bytes of up to `limit` documents after `after`: what does not lead to the version that it should is
    /// asked for whole. Returns where to go on, `None` at the end, and how many were found.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn inspect(
        &self,
        after: Option<crate::ids::DocumentId>,
        limit: u32,
    ) -> Result<(Option<crate::ids::DocumentId>, u64), Error> {
        self.transact(|tx| {
            let states = tx.documents(after, limit)?;
            let mut found = 0;
            for state in &states {
                // Of a record of which only the row is here there are no bytes to look at.
                if state.is_row_only() {
                    continue;
                }
                let Some(stored) = tx.document(state.id)? else { continue };
                // Of a kind that this version does not know nothing is pushed: the relay's whole is as good.
                let leads = tx.kind(&state.kind).is_none_or(|kind| sound(kind, &stored).is_ok());
                if !leads && !state.want_whole {
                    tx.set_want_whole(state.id, true)?;
                    found += 1;
                }
            }
            let full = states.len() >= limit as usize;
            Ok((states.last().filter(|_| full).map(|state| state.id), found))
        })
    }
}

/// What this device holds of a scope, at acknowledged versions.
fn set(reader: &Reader<'_>, scope: ScopeId) -> Result<VersionSet, Error> {
    let mut versions = Vec::new();
    let mut after = None;
    loop {
        let page = reader.in_scope(scope, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        versions.extend(
            page.iter()
                .filter_map(|state| Some(version_hash(state.id, state.acked.as_ref()?))),
        );
    }
    VersionSet::new(versions).map_err(|_| Error::BadMessage)
}

/// The relay does not have these versions: they count as acknowledged no more, and are pushed.
fn forget(tx: &Transaction<'_>, scope: ScopeId, versions: &[VersionHash]) -> Result<(), Error> {
    let versions: BTreeSet<&VersionHash> = versions.iter().collect();
    if versions.is_empty() {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = tx.in_scope(scope, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for state in page {
            let acked = state.acked.as_ref().map(|acked| version_hash(state.id, acked));
            if acked.is_some_and(|acked| versions.contains(&acked)) {
                tx.forget_acked(state.id)?;
            }
        }
    }
}
