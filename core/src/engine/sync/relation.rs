//! Grants, losses, places of scopes and the directory, as a batch brings them.

use serde::Deserialize;

use super::Error;
use crate::ids::{MemberId, ScopeId, TeamId};
use crate::store::{DirectoryMember, DirectoryTeam, PendingOut, Transaction};
use crate::sync::Batch;

/// Name of the small value that holds the scopes in which something was acknowledged before a new epoch.
const HELD: &str = "held_before_epoch";

/// Teams and members as the relay sends them.
#[derive(Deserialize)]
struct DirectoryJson {
    teams: Vec<TeamJson>,
    members: Vec<MemberJson>,
}

#[derive(Deserialize)]
struct TeamJson {
    id: TeamId,
    parent: Option<TeamId>,
    name: String,
}

#[derive(Deserialize)]
struct MemberJson {
    id: MemberId,
    team: Option<TeamId>,
    role: String,
    name: String,
    active: bool,
}

/// Before a new epoch forgets what was acknowledged: the scopes that hold something of it, until the grants of that epoch
/// say which of them are lost.
pub(super) fn remember_scopes(tx: &Transaction<'_>) -> Result<(), Error> {
    let mut scopes = tx.acknowledged_scopes()?;
    scopes.extend(remembered(tx)?);
    scopes.sort_unstable();
    scopes.dedup();
    let bytes: Vec<u8> = scopes.iter().flat_map(|scope| *scope.as_bytes()).collect();
    tx.set_meta(HELD, Some(&bytes))?;
    Ok(())
}

/// Those that still hold something.
fn remembered(tx: &Transaction<'_>) -> Result<Vec<ScopeId>, Error> {
    let bytes = tx.meta(HELD)?.unwrap_or_default();
    let (ids, _) = bytes.as_chunks::<16>();
    let mut scopes = Vec::new();
    for id in ids {
        let scope = ScopeId::from_bytes(*id);
        if !tx.in_scope(scope, None, 1)?.is_empty() {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

/// Grants, losses, scopes and the directory: before any document.
pub(super) fn take_in(tx: &Transaction<'_>, batch: &Batch) -> Result<(), Error> {
    if let Some(grants) = &batch.grants {
        let list: Vec<_> = grants.scopes.iter().map(|grant| (grant.scope, grant.access)).collect();
        tx.replace_grants(&list)?;
        for out in tx.pending_outs()? {
            // A later grant cancels a pending Out.
            if list.iter().any(|(scope, _)| *scope == out.scope) {
                tx.clear_pending_out(out.scope)?;
            }
        }
        // What we hold and may not read is lost, also where no Out says so: a restored relay has forgotten the loss.
        for scope in tx.acknowledged_scopes()?.into_iter().chain(remembered(tx)?) {
            let granted = list.iter().any(|(granted, _)| *granted == scope);
            let pending = tx.pending_outs()?.iter().any(|out| out.scope == scope);
            if !granted && !pending {
                tx.set_pending_out(PendingOut {
                    scope,
                    point: batch.to,
                    documents: 0,
                    purged: false,
                })?;
            }
        }
        tx.set_meta(HELD, None)?;
    }
    if !batch.outs.is_empty() {
        // What was fetched of packs may hold what must go.
        tx.forget_pack_parts()?;
    }
    for out in &batch.outs {
        tx.set_access(out.scope, None)?;
        tx.clear_loading(Some(out.scope))?;
        tx.set_pending_out(PendingOut {
            scope: out.scope,
            point: out.point,
            documents: 0,
            purged: false,
        })?;
    }
    for row in &batch.scopes {
        tx.put_scope(row.scope, row.parent, &row.assignees)?;
    }
    if let Some(directory) = &batch.directory {
        // A directory that this version cannot read is left as it was: names are not worth stopping for.
        if let Ok(json) = serde_json::from_slice::<DirectoryJson>(&directory.json) {
            let members: Vec<DirectoryMember> = json
                .members
                .into_iter()
                .map(|one| DirectoryMember {
                    id: one.id,
                    name: one.name,
                    role: one.role,
                    team: one.team,
                    active: one.active,
                })
                .collect();
            let teams: Vec<DirectoryTeam> = json
                .teams
                .into_iter()
                .map(|one| DirectoryTeam {
                    id: one.id,
                    parent: one.parent,
                    name: one.name,
                })
                .collect();
            tx.replace_directory(&members, &teams)?;
        }
    }
    Ok(())
}
