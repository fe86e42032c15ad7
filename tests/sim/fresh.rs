//! Phones that begin with nothing: what they hold they get from the relay, as rows or in packs.

use anyhow::Result;
use satchel_core::ids::DeviceId;
use satchel_server::identity::Actor;
use satchel_server::identity::assignment;
use satchel_server::relay::pack::Packing;

use crate::dice::Dice;
use crate::world::{World, new_phone};

/// Phones of which a run has no more.
const MOST: usize = 9;

/// Packs of a size that a small world meets.
pub(crate) fn small_packs(dice: &mut Dice) -> Packing {
    Packing {
        worth: 1 + dice.below(4) as u64,
        documents: 2 + dice.below(10) as u64,
    }
}

impl World {
    /// Somebody signs in on another phone.
    pub(crate) fn new_phone(&mut self, phone: usize) -> Result<bool> {
        let made = self.make_phone(phone)?;
        if let Some(new) = made {
            self.exchange(new, 3_000, None)?;
        }
        Ok(made.is_some())
    }

    /// A phone that loads much, by packs where these are worth it: a new one, or one whose member takes over from others.
    pub(crate) fn load_by_packs(&mut self, phone: usize) -> Result<bool> {
        let new = if self.dice.chance(50) {
            self.make_phone(phone)?
        } else {
            None
        };
        let loads = new.unwrap_or(phone);
        if new.is_none() && !self.take_over(phone)? {
            return Ok(false);
        }
        for _ in 0..2 + self.dice.below(5) {
            let budget = self.dice.pick(&[0, 0, 3_000]).unwrap_or(0);
            self.exchange(loads, budget, None)?;
            let status = self.phones[loads].engine.sync_status()?;
            if status.complete {
                break;
            }
            if self.dice.chance(30) {
                self.meanwhile(loads, 2)?;
            }
        }
        Ok(true)
    }

    /// Gives this phone's member what he does not read yet, or a part of it.
    fn take_over(&mut self, phone: usize) -> Result<bool> {
        let member = self.phones[phone].identity.member;
        let readable = self.relay.readable(member)?;
        let now_ms = self.now_ms();
        let mut given = 0;
        for scope in self.relay.record_scopes() {
            if readable.iter().all(|row| row.scope != scope) && self.dice.chance(70) {
                self.relay
                    .write(|tx| assignment::assign(tx, &Actor::Operator, scope, member, now_ms))?;
                given += 1;
            }
        }
        self.note(format!("{given} scopes given to {member}"));
        Ok(given > 0)
    }

    fn make_phone(&mut self, phone: usize) -> Result<Option<usize>> {
        if self.phones.len() > MOST {
            return Ok(None);
        }
        let number = u8::try_from(200 + self.phones.len())?;
        let mut identity = self.phones[phone].identity;
        identity.device = DeviceId::from_bytes([number; 16]);
        let now_ms = self.now_ms();
        let name: &'static str = format!("{}-{number}", self.phones[phone].name).leak();
        let mut new = new_phone(&mut self.relay, &mut self.dice, name, identity, now_ms);
        new.made_at = Some(self.relay.last_seq()?);
        self.phones.push(new);
        Ok(Some(self.phones.len() - 1))
    }

    pub(crate) fn update_app(&mut self, phone: usize) -> bool {
        let is_old = self.phones[phone].is_old();
        if is_old {
            self.phones[phone].update();
        }
        is_old
    }
}
