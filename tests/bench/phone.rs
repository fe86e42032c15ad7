//! A device's database with many records, as after a first sync.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use satchel_core::clock::ManualClock;
use satchel_core::domain::KINDS;
use satchel_core::duplicates;
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::Heads;
use satchel_core::policy::{Access, Role};
use satchel_core::store::{self, BlockingKeys, Indexing, NewDocument, Origin, Store};

use crate::library;
use crate::making::{Made, device, in_slices, org, rep};
use crate::population::NOW_MS;

/// Opens an engine on a database as an app does; its clock stands where the records end.
pub(crate) fn engine(path: &Path) -> Result<Engine> {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Ok(Engine::open(
        path,
        Options {
            clock,
            ..Options::new("Asia/Shanghai")
        },
    )?)
}

/// The folder of a database with so many records, all of them acknowledged and indexed. Not to be written to.
pub(crate) fn kept(documents: usize) -> Result<PathBuf> {
    library::kept("phone", documents, |folder| {
        build(&folder.join("device.sqlite"), documents)
    })
}

/// A copy of [`kept`] to write to, and its database.
pub(crate) fn copied(documents: usize) -> Result<(tempfile::TempDir, PathBuf)> {
    let copy = library::copied(&kept(documents)?)?;
    let path = copy.path().join("device.sqlite");
    Ok((copy, path))
}

fn build(path: &Path, documents: usize) -> Result<()> {
    let first = engine(path)?;
    first.enrol(&Identity {
        org: org(),
        member: rep(),
        device: device(),
        role: Role::Rep,
    })?;
    first.close()?;
    let keys = BlockingKeys {
        version: duplicates::KEYS_VERSION,
        of: |kind, id, fields| duplicates::kept_keys(kind, id, fields),
    };
    let store = Store::open(
        path,
        store::Options {
            keys,
            ..store::Options::new(KINDS)
        },
    )?;
    let mut scopes = Vec::new();
    in_slices(documents, |slice| {
        scopes.extend(
            slice
                .iter()
                .filter(|made| made.scope == made.id.into())
                .map(|made| (made.scope, Access::Write)),
        );
        store.write::<_, store::Error>(|tx| {
            for made in &slice {
                keep(tx, made)?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    store.write::<_, store::Error>(|tx| tx.replace_grants(&scopes))?;
    while store.write::<_, store::Error>(|tx| tx.index_pending(2_000))?.0 > 0 {}
    store.close()?;
    Ok(())
}

fn keep(tx: &store::Transaction<'_>, made: &Made) -> Result<(), store::Error> {
    tx.put_document(&NewDocument {
        id: made.id,
        kind: made.kind.name,
        scope: Some(made.scope),
        snapshot: &[],
        heads: &Heads::default(),
    })?;
    tx.append_changes(made.id, Origin::Relay, &made.changes, &made.heads)?;
    tx.set_acked(made.id, &made.heads)?;
    tx.put_row(made.id, &made.row, Indexing::Later)
}
