//! Phones that want rows alone of what their members only read from above: in some runs, and not for ever.

use anyhow::{Result, ensure};
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Role;
use satchel_server::relay::{RelayError, Subscription};

use crate::dice::Dice;
use crate::phone::{Held, Takes};
use crate::world::World;

/// What is counted of it.
pub(crate) const NAMES: &[&str] = &[
    "subscribed to rows",
    "subscribed to documents",
    "document asked for",
    "row alone held",
];

/// How many of a hundred runs have such phones.
const RUNS: usize = 40;

/// Who changes his mind, by dice of their own: other seeds play as they did before there was anything to subscribe to.
pub(crate) struct Whims {
    dice: Dice,
    has_any: bool,
}

impl Whims {
    pub(crate) fn new(seed: u64, is_planted: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0x726f_7773);
        let has_any = dice.chance(RUNS) && !is_planted;
        Self { dice, has_any }
    }
}

impl World {
    /// Some subscribe to rows, some to documents again.
    pub(crate) fn subscribe(&mut self) -> Result<()> {
        for phone in 0..self.phones.len() {
            let most = if self.phones[phone].identity.role == Role::Rep {
                25
            } else {
                75
            };
            if self.whims.has_any && self.whims.dice.chance(most) {
                let on = self.phones[phone].takes == Takes::Documents;
                self.set_rows_only(phone, on)?;
            }
        }
        Ok(())
    }

    pub(crate) fn set_rows_only(&mut self, phone: usize, on: bool) -> Result<()> {
        self.phones[phone].engine.set_rows_only(on)?;
        self.phones[phone].takes = if on { Takes::Rows } else { Takes::Documents };
        self.count(if on {
            "subscribed to rows"
        } else {
            "subscribed to documents"
        });
        self.note(format!("{} takes rows alone: {on}", self.phones[phone].name));
        Ok(())
    }

    /// When all is quiet: rows alone are only of what a phone wants so.
    pub(crate) fn check_rows(&mut self, phone: usize, held: &[Held]) -> Result<()> {
        let (name, member) = (self.phones[phone].name, self.phones[phone].identity.member);
        for one in held.iter().filter(|one| one.row_only) {
            let scope = one.scope.unwrap_or_default();
            ensure!(
                self.phones[phone].takes == Takes::Rows && self.is_read_from_above(member, scope)?,
                "{name} has only the row of {}, of which it wants the document",
                one.id
            );
            self.count("row alone held");
        }
        Ok(())
    }

    fn is_read_from_above(&mut self, member: MemberId, scope: ScopeId) -> Result<bool> {
        Ok(self
            .relay
            .write::<_, RelayError>(|tx| Ok(Subscription::of(tx, member, true)?.is_of_rows(scope)))?)
    }
}
