//! What strikes a whole phone, the relay or everybody, between one step and the next.

use anyhow::{Result, ensure};
use satchel_core::engine::sync::Progress;
use satchel_core::ids::{MemberId, ScopeId};
use satchel_server::identity::Actor;
use satchel_server::identity::assignment::{self, Handover};

use crate::plant::Plant;
use crate::world::{DAY_MS, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nemesis {
    /// Everybody asks at once; the relay takes and answers them in any order.
    Herd,
    /// A record is handed over and back while its holder is offline and writes.
    ThereAndBack,
    /// A right is taken and given again, with or without the phone hearing of it in between.
    RevokedAndGranted,
    /// A phone lies in a drawer for a year.
    Absence,
    /// An answer is taken in long after it was asked for.
    Pause,
    /// The system takes an app from the screen and lets it write nothing.
    Suspended,
    /// A phone's disk is full.
    FullPhone,
    /// The relay's disk is full.
    FullRelay,
    /// A document that nobody can read stands among a phone's pushes.
    Poison,
    /// Somebody signs in on another phone.
    NewPhone,
    /// A phone loads everything, in packs.
    Packs,
    /// Apps are several releases behind, and some are brought up to date.
    Update,
    /// A live connection: credit, pokes, half-open ends.
    Live,
    /// A phone is put back to its backup.
    PhoneRestored,
    /// A phone's database is copied to another phone.
    PhoneCloned,
    /// The relay is put back to its backup.
    RelayRestored,
}

impl Nemesis {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Herd,
        Self::ThereAndBack,
        Self::RevokedAndGranted,
        Self::Absence,
        Self::Pause,
        Self::Suspended,
        Self::FullPhone,
        Self::FullRelay,
        Self::Poison,
        Self::NewPhone,
        Self::Packs,
        Self::Update,
        Self::Live,
        Self::PhoneRestored,
        Self::PhoneCloned,
        Self::RelayRestored,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Herd => "herd",
            Self::ThereAndBack => "handed over and back",
            Self::RevokedAndGranted => "right taken and given again",
            Self::Absence => "a year away",
            Self::Pause => "paused before the answer",
            Self::Suspended => "app suspended",
            Self::FullPhone => "phone's disk full",
            Self::FullRelay => "relay's disk full",
            Self::Poison => "poison pushed",
            Self::NewPhone => "new phone",
            Self::Packs => "loading by packs",
            Self::Update => "app brought up to date",
            Self::Live => "live connection",
            Self::PhoneRestored => "phone restored",
            Self::PhoneCloned => "phone cloned",
            Self::RelayRestored => "relay restored",
        }
    }
}

impl World {
    pub(crate) fn strike(&mut self, nemesis: Nemesis, phone: usize) -> Result<()> {
        self.note(format!("{} ({})", nemesis.name(), self.phones[phone].name));
        let struck = match nemesis {
            Nemesis::Herd => self.herd()?,
            Nemesis::ThereAndBack => self.there_and_back(phone)?,
            Nemesis::RevokedAndGranted => self.revoked_and_granted(phone)?,
            Nemesis::Absence => self.go_away(phone),
            Nemesis::Pause => self.pause(phone)?,
            Nemesis::Suspended => self.suspend(phone)?,
            Nemesis::FullPhone => self.fill_phone(phone)?,
            Nemesis::FullRelay => self.fill_relay()?,
            Nemesis::Poison => self.poison(phone)?,
            Nemesis::NewPhone => self.new_phone(phone)?,
            Nemesis::Packs => self.load_by_packs(phone)?,
            Nemesis::Update => self.update_app(phone),
            Nemesis::Live => self.live(phone)?,
            Nemesis::PhoneRestored => self.restore_phone(phone),
            Nemesis::PhoneCloned => self.clone_phone(phone),
            Nemesis::RelayRestored => self.restore_relay()?,
        };
        if struck {
            self.count(nemesis.name());
        }
        Ok(())
    }

    fn others(&self, phone: usize) -> Vec<usize> {
        let there = |one: &usize| *one != phone && self.phones[*one].away == 0;
        (0..self.phones.len()).filter(there).collect()
    }

    /// Life goes on elsewhere.
    pub(crate) fn meanwhile(&mut self, phone: usize, steps: usize) -> Result<()> {
        let others = self.others(phone);
        for _ in 0..steps {
            let Some(other) = self.dice.pick(&others) else {
                return Ok(());
            };
            match self.dice.below(10) {
                0..4 => self.act(other)?,
                4..9 => drop(self.exchange(other, 0, None)?),
                _ => self.change_people()?,
            }
        }
        Ok(())
    }

    fn shuffled<T>(&mut self, mut from: Vec<T>) -> Vec<T> {
        for at in (1..from.len()).rev() {
            from.swap(at, self.dice.below(at + 1));
        }
        from
    }

    fn herd(&mut self) -> Result<bool> {
        let mut asked = Vec::new();
        for phone in 0..self.phones.len() {
            asked.push((phone, self.phones[phone].engine.begin_loading(0)?));
        }
        let mut decided = Vec::new();
        for (phone, (ongoing, request)) in self.shuffled(asked) {
            let Some(sender) = self.session(phone)? else { continue };
            let Some(answer) = self.relay.decide(sender, &request, false)? else {
                ensure!(self.relay.has_refused, "an answer");
                continue;
            };
            self.take_down(&answer);
            decided.push((phone, ongoing, answer));
        }
        let mut answered = Vec::new();
        if self.plant == Some(Plant::MixesSenders) {
            let senders: Vec<_> = decided.iter().map(|(_, _, answer)| answer.sender).collect();
            for (at, (_, _, answer)) in decided.iter_mut().enumerate() {
                answer.sender = senders[(at + 1) % senders.len()];
            }
        }
        for (phone, ongoing, answer) in self.shuffled(decided) {
            answered.push((phone, ongoing, self.complete(phone, answer)?));
        }
        for (phone, ongoing, batches) in self.shuffled(answered) {
            self.deliver(phone, ongoing, batches, None, &mut false)?;
        }
        Ok(true)
    }

    /// A record's scope that this phone's member may write, with somebody else to give it to.
    fn scope_to_take(&mut self, phone: usize) -> Option<(ScopeId, MemberId, MemberId)> {
        let member = self.phones[phone].identity.member;
        let held: Vec<ScopeId> = self.phones[phone].held().iter().filter_map(|held| held.scope).collect();
        let scopes: Vec<ScopeId> = self
            .relay
            .record_scopes()
            .into_iter()
            .filter(|scope| held.contains(scope))
            .collect();
        let scope = self.dice.pick(&scopes)?;
        let others: Vec<MemberId> = crate::people::WORKERS
            .iter()
            .map(|number| MemberId::from_bytes([*number; 16]))
            .filter(|other| *other != member)
            .collect();
        Some((scope, member, self.dice.pick(&others)?))
    }

    fn write_in(&mut self, phone: usize, scope: ScopeId) -> Result<()> {
        let inside: Vec<_> = self.phones[phone]
            .held()
            .into_iter()
            .filter(|held| held.scope == Some(scope))
            .collect();
        let ids: Vec<_> = inside
            .iter()
            .map(|held| held.id)
            .filter(|id| self.ledger.records.contains_key(id))
            .collect();
        match self.dice.pick(&ids) {
            Some(id) => self.edit(phone, id, None, "edit"),
            None => Ok(()),
        }
    }

    fn there_and_back(&mut self, phone: usize) -> Result<bool> {
        let Some((scope, holder, other)) = self.scope_to_take(phone) else {
            return Ok(false);
        };
        let to = |to| Handover {
            from: None,
            to,
            keep_team: false,
        };
        let now_ms = self.now_ms();
        self.relay
            .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &to(holder), now_ms))?;
        if self.dice.chance(50) {
            self.exchange(phone, 0, None)?;
        }
        self.write_in(phone, scope)?;
        self.relay
            .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &to(other), now_ms))?;
        self.note(format!("{scope} goes from {holder} to {other}"));
        if self.dice.chance(50) {
            // The new holder works with it meanwhile.
            let his: Vec<usize> = self
                .others(phone)
                .into_iter()
                .filter(|one| self.phones[*one].identity.member == other)
                .collect();
            if let Some(his) = self.dice.pick(&his) {
                self.exchange(his, 0, None)?;
                self.write_in(his, scope)?;
                self.exchange(his, 0, None)?;
            }
        }
        self.write_in(phone, scope)?;
        let days = self.dice.pick(&[0, 1, 20]).unwrap_or(0);
        self.pass_ms(days * DAY_MS);
        let now_ms = self.now_ms();
        self.relay
            .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &to(holder), now_ms))?;
        self.note(format!("{scope} comes back to {holder}"));
        self.write_in(phone, scope)?;
        Ok(true)
    }

    fn revoked_and_granted(&mut self, phone: usize) -> Result<bool> {
        let Some((scope, member, _)) = self.scope_to_take(phone) else {
            return Ok(false);
        };
        let now_ms = self.now_ms();
        self.relay
            .write(|tx| assignment::unassign(tx, &Actor::Operator, scope, member, now_ms))?;
        self.write_in(phone, scope)?;
        match self.dice.below(3) {
            // It hears of it, and hands in and purges, as far as a small answer goes.
            0 => drop(self.exchange(phone, 1, None)?),
            1 => drop(self.exchange(phone, 0, None)?),
            _ => self.meanwhile(phone, 2)?,
        }
        self.write_in(phone, scope)?;
        self.relay
            .write(|tx| assignment::assign(tx, &Actor::Operator, scope, member, now_ms))?;
        self.note(format!("{scope} taken from {member} and given again"));
        Ok(true)
    }

    fn go_away(&mut self, phone: usize) -> bool {
        if self.others(phone).len() < 4 {
            return false;
        }
        self.phones[phone].away = 10 + self.dice.below(30);
        self.pass_ms(180 * DAY_MS);
        true
    }

    /// Those who were away come back when their time has come.
    pub(crate) fn come_back(&mut self) -> Result<()> {
        for phone in 0..self.phones.len() {
            if self.phones[phone].away == 0 {
                continue;
            }
            self.phones[phone].away -= 1;
            if self.phones[phone].away == 0 {
                self.pass_ms(185 * DAY_MS);
                self.phones[phone].was_away = true;
                self.note(format!("{} is back", self.phones[phone].name));
                self.act(phone)?;
                self.exchange(phone, 600, None)?;
            }
        }
        Ok(())
    }

    fn pause(&mut self, phone: usize) -> Result<bool> {
        if self.dice.chance(50) {
            self.act(phone)?;
        }
        let (mut ongoing, request) = self.phones[phone].engine.begin_loading(0)?;
        let Some(mut batches) = self.ask_relay(phone, &request, None)? else {
            return Ok(false);
        };
        if self.dice.chance(50) {
            // Stopped in the middle of it.
            ongoing.receive(&batches.remove(0))?;
        }
        let steps = 1 + self.dice.below(8);
        self.meanwhile(phone, steps)?;
        let days = self.dice.pick(&[0, 1, 40]).unwrap_or(0);
        self.pass_ms(days * DAY_MS);
        if self.dice.chance(30) {
            self.kill_relay()?;
        }
        self.deliver(phone, ongoing, batches, None, &mut false)?;
        Ok(true)
    }

    fn suspend(&mut self, phone: usize) -> Result<bool> {
        let name = self.phones[phone].name;
        let (mut ongoing, request) = self.phones[phone].engine.begin_exchange(0)?;
        let batches = self.ask_relay(phone, &request, None)?;
        self.phones[phone].engine.suspend()?;
        self.phones[phone].is_suspended = true;
        if self.plant == Some(Plant::GoesOnWhenSuspended) {
            self.phones[phone].engine.resume();
        }
        for _ in 0..3 {
            self.act(phone)?;
        }
        // Only what changes nothing may go well.
        if let Some(batches) = batches
            && let Ok(progress) = ongoing.receive(&batches.concat())
        {
            ensure!(
                progress == Progress::default(),
                "{name} took something in while it was suspended"
            );
        }
        ensure!(
            self.phones[phone].disk.size("phone.db-wal") == 0 && !self.phones[phone].disk.is_locked("phone.db"),
            "{name} holds its log or a lock while it is suspended"
        );
        self.phones[phone].engine.resume();
        self.phones[phone].is_suspended = false;
        Ok(true)
    }

    fn fill_phone(&mut self, phone: usize) -> Result<bool> {
        let room = self.dice.number() % 60_000;
        let before = self.phones[phone].disk.tally().refused;
        self.phones[phone].disk.set_room(Some(room));
        self.phones[phone]
            .disk
            .set_silent(self.plant == Some(Plant::DropsWritesWhenFull));
        self.phones[phone].is_full = true;
        for _ in 0..3 + self.dice.below(6) {
            if self.dice.chance(70) {
                self.act(phone)?;
            } else {
                self.exchange(phone, 0, None)?;
            }
        }
        let refused = self.phones[phone].disk.tally().refused > before;
        self.phones[phone].disk.set_room(None);
        self.phones[phone].is_full = false;
        if self.dice.chance(30) {
            self.kill_phone(phone);
        }
        Ok(refused)
    }

    fn fill_relay(&mut self) -> Result<bool> {
        // Less than a few commits need.
        let room = self.dice.number() % 8_000;
        let before = self.relay.disk.tally().refused;
        self.relay.disk.set_room(Some(room));
        self.relay.is_full = true;
        for _ in 0..3 + self.dice.below(8) {
            let phone = self.dice.below(self.phones.len());
            self.act(phone)?;
            self.exchange(phone, 0, None)?;
        }
        let refused = self.relay.disk.tally().refused > before;
        self.relay.disk.set_room(None);
        self.relay.is_full = false;
        if self.dice.chance(30) {
            self.kill_relay()?;
        }
        self.check_answered()?;
        Ok(refused)
    }
}
