//! Rules of `docs/sync.md` that random runs meet too seldom, each by the steps that call for it.

mod decision;
mod epoch;
mod explain;
mod foresight;
mod gap;
mod identity;
mod repair;

use anyhow::{Context as _, Result, ensure};
use satchel_core::ids::DocumentId;
use satchel_core::projection::Row;

use crate::world::World;

impl World {
    /// A record as a phone shows it.
    fn row(&self, phone: usize, id: DocumentId) -> Result<Row> {
        let record = self.phones[phone].engine.get(id)?;
        Ok(record
            .with_context(|| format!("{} lacks {id}", self.phones[phone].name))?
            .row)
    }

    /// At rest: nothing waits on these phones, each agrees with the relay, and all show the record as the relay has it.
    fn check_alike(&mut self, phones: &[usize], id: DocumentId) -> Result<()> {
        let (_, mut document) = self.relay.load(id)?.context("the relay lacks it")?;
        let expected = document.project();
        for phone in phones {
            let name = self.phones[*phone].name;
            let status = self.phones[*phone].engine.sync_status()?;
            ensure!(status.agreed == Some(true) && status.pending == 0, "{name}: {status:?}");
            let parked = self.phones[*phone].engine.read(|reader| Ok(reader.parked(10)?))?;
            ensure!(parked.is_empty(), "{name} has something parked: {parked:?}");
            ensure!(
                self.row(*phone, id)? == expected,
                "{name} shows another record than the relay has"
            );
        }
        Ok(())
    }
}
