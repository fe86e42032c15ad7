//! Quiet: no faults, everybody syncs until nothing is left to say.

use anyhow::{Result, bail, ensure};
use satchel_core::engine::sync::Progress;

use crate::exchange::add;
use crate::world::World;

/// Rounds after which a team that still has something to say never will have said it.
const ROUNDS: usize = 25;
/// Exchanges that one phone may need in one round.
const EXCHANGES: usize = 200;
/// The longest back-off of a push.
const PATIENCE_MS: i64 = 7 * 60 * 60 * 1000;

impl World {
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.note("quiet".to_owned());
        self.calm += 1;
        let outcome = self.settle_down();
        self.calm -= 1;
        outcome
    }

    fn settle_down(&mut self) -> Result<()> {
        for phone in &mut self.phones {
            phone.away = phone.away.min(1);
        }
        self.come_back()?;
        for _ in 0..ROUNDS {
            let mut quiet = true;
            for phone in 0..self.phones.len() {
                let progress = self.sync(phone)?;
                quiet &= progress == Progress::default();
            }
            if quiet && self.restless()?.is_empty() {
                return Ok(());
            }
            for phone in &self.phones {
                phone.clock.advance_ms(PATIENCE_MS);
            }
        }
        bail!("it does not settle: {:?}", self.restless()?)
    }

    /// Syncs one phone until it has nothing more to say.
    fn sync(&mut self, phone: usize) -> Result<Progress> {
        let mut total = Progress::default();
        for _ in 0..EXCHANGES {
            let budget = if self.dice.chance(30) { 1500 } else { 0 };
            let Some((progress, finished)) = self.exchange(phone, budget, None)? else {
                ensure!(self.confirm_restore()?, "no answer");
                continue;
            };
            add(&mut total, progress);
            self.check_cursor(phone)?;
            if !self.phones[phone].engine.has_more(&finished)? {
                return Ok(total);
            }
        }
        bail!("{} always has more to sync", self.phones[phone].name)
    }

    /// Phones that are not at rest, and how they stand.
    fn restless(&mut self) -> Result<Vec<String>> {
        let mut restless = Vec::new();
        for phone in 0..self.phones.len() {
            let device = self.phones[phone].identity.device;
            let status = self.phones[phone].engine.sync_status()?;
            let settled = if self.relay.is_revoked(device)? {
                ensure!(status.revoked, "a revoked phone was not told");
                status.pending == 0 && status.wiped
            } else {
                self.phones[phone].engine.is_settled()?
            };
            if !settled {
                restless.push(format!("{}: {status:?}", self.phones[phone].name));
            }
        }
        Ok(restless)
    }
}
