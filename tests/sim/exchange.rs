//! One exchange, with at most one fault.

use anyhow::{Result, bail, ensure};
use satchel_core::engine::Error;
use satchel_core::engine::sync::{Ongoing, Progress};
use satchel_core::store;
use satchel_core::sync::Finished;
use satchel_core::wire;

use crate::fault::Fault;
use crate::relay::Decided;
use crate::world::World;

impl World {
    /// One exchange of a phone. `None` where it did not come to its end.
    pub(crate) fn exchange(
        &mut self,
        phone: usize,
        budget: u64,
        fault: Option<Fault>,
    ) -> Result<Option<(Progress, Finished)>> {
        let name = self.phones[phone].name;
        self.note(format!("{name}: exchange, {budget} bytes, {fault:?}"));
        if fault == Some(Fault::ReversePushes) {
            self.make_family(phone)?;
        }
        let (ongoing, mut request) = self.phones[phone].engine.begin_loading(budget)?;
        request = self.poisoned(phone, request)?;
        let mut applied = fault.is_some();
        if fault == Some(Fault::ReversePushes) {
            let mut frames = wire::decode(&request)?;
            frames[1..].reverse();
            applied = frames.len() > 2;
            request = wire::encode(&frames)?;
        }
        // Before what happens on the way: the relay must notice where it does not hold any more.
        self.relay.foresee(&request)?;
        let outcome = self.carry(phone, ongoing, &request, fault, &mut applied)?;
        if let Some(fault) = fault.filter(|_| applied) {
            self.count(fault.name());
        }
        if let Some((progress, finished)) = &outcome {
            self.note(format!("{name}: {progress:?} {finished:?}"));
        }
        let old = &mut self.phones[phone].old_requests;
        old.push(request);
        if old.len() > 4 {
            old.remove(0);
        }
        Ok(outcome)
    }

    fn carry(
        &mut self,
        phone: usize,
        ongoing: Ongoing,
        request: &[u8],
        fault: Option<Fault>,
        applied: &mut bool,
    ) -> Result<Option<(Progress, Finished)>> {
        match fault {
            Some(Fault::DropRequest) => return Ok(None),
            Some(Fault::CutRequest) => {
                let end = 1 + self.dice.below(request.len() - 1);
                // A cut between frames leaves a shorter message, which is one.
                let answer = self.ask_relay(phone, &request[..end], None)?;
                self.phones[phone]
                    .late_answers
                    .extend(answer.map(|batches| batches.concat()));
                return Ok(None);
            }
            Some(Fault::PhoneDiesBeforeAnswer) => {
                self.kill_phone(phone);
                let answer = self.ask_relay(phone, request, fault)?;
                self.phones[phone]
                    .late_answers
                    .extend(answer.map(|batches| batches.concat()));
                return Ok(None);
            }
            Some(Fault::ReplayRequest) => {
                let old = self.phones[phone].old_requests.clone();
                *applied = !old.is_empty();
                if let Some(old) = self.dice.pick(&old) {
                    let answer = self.ask_relay(phone, &old, None)?;
                    self.phones[phone]
                        .late_answers
                        .extend(answer.map(|batches| batches.concat()));
                }
            }
            Some(Fault::EditMeanwhile) => {
                for _ in 0..3 {
                    self.act(phone)?;
                }
            }
            _ => {}
        }
        let Some(batches) = self.ask_relay(phone, request, fault)? else {
            return Ok(None);
        };
        self.deliver(phone, ongoing, batches, fault, applied)
    }

    /// The relay's side. `None` where it does not come to an answer.
    pub(crate) fn ask_relay(
        &mut self,
        phone: usize,
        request: &[u8],
        fault: Option<Fault>,
    ) -> Result<Option<Vec<Vec<u8>>>> {
        let Some(sender) = self.session(phone)? else {
            return Ok(None);
        };
        if self.believes_refusals() {
            return self.imagined_answer(request);
        }
        let Some(request) = self.spoil_request(phone, request)? else {
            return Ok(None);
        };
        let dies = fault == Some(Fault::RelayDiesBeforeCommit);
        if fault == Some(Fault::RelayDiesInCommit) {
            let fuse = self.dice.number() % 40;
            self.relay.disk.light_fuse(fuse);
        }
        let decided = self.relay.decide(sender, &request, dies)?;
        if dies || self.relay.disk.is_blown() {
            self.kill_relay()?;
            return Ok(None);
        }
        self.relay.disk.put_out_fuse();
        let Some(decided) = decided else { return Ok(None) };
        self.take_down(&decided);
        self.poison_decided(phone, &decided);
        match fault {
            Some(Fault::RelayDiesAfterCommit) => {
                self.kill_relay()?;
                return Ok(None);
            }
            Some(Fault::RightsMeanwhile) => self.change_people()?,
            Some(Fault::OtherMeanwhile) => {
                let other = (phone + 1 + self.dice.below(self.phones.len() - 1)) % self.phones.len();
                self.exchange(other, 0, None)?;
            }
            _ => {}
        }
        Ok(Some(self.complete(phone, decided)?))
    }

    pub(crate) fn kill_phone(&mut self, phone: usize) {
        let loss = self.dice.loss();
        self.phones[phone].die_and_rise(loss, &mut self.dice);
    }

    pub(crate) fn kill_relay(&mut self) -> Result<()> {
        let loss = self.dice.loss();
        self.relay.die_and_rise(loss, &mut self.dice);
        self.check_answered()
    }

    pub(crate) fn take_down(&mut self, decided: &Decided) {
        self.ledger.answered(&decided.request, &decided.answer.head);
        for frame in &decided.answer.head {
            if let wire::Frame::Receipt(receipt) = frame {
                self.note(format!(
                    "  receipt {} {:?} {:?}",
                    receipt.id, receipt.state, receipt.code
                ));
            }
        }
    }

    /// The way back, and the phone's side.
    pub(crate) fn deliver(
        &mut self,
        phone: usize,
        mut ongoing: Ongoing,
        mut batches: Vec<Vec<u8>>,
        fault: Option<Fault>,
        applied: &mut bool,
    ) -> Result<Option<(Progress, Finished)>> {
        let mut progress = Progress::default();
        match fault {
            Some(Fault::DropAnswer) => {
                self.phones[phone].late_answers.push(batches.concat());
                return Ok(None);
            }
            Some(Fault::CutAtBatch) => {
                *applied = batches.len() > 1;
                batches.truncate(1 + self.dice.below(batches.len()));
            }
            Some(Fault::CutAtFrame) => {
                let mut frames = wire::decode(&batches.concat())?;
                frames.truncate(self.dice.below(frames.len()));
                batches = vec![wire::encode(&frames)?];
            }
            Some(Fault::CutInBytes) => {
                let whole = batches.concat();
                let cut = &whole[..self.dice.below(whole.len())];
                match ongoing.receive(cut) {
                    Ok(_) | Err(Error::BadMessage) => {}
                    Err(error) => return Err(error.into()),
                }
                return Ok(None);
            }
            Some(Fault::AnswerTwice) => match self.take_in(phone, &mut ongoing, &batches.concat())? {
                Some(more) => add(&mut progress, more),
                None => return Ok(None),
            },
            Some(Fault::OldAnswerFirst | Fault::OldAnswerOnly) => {
                let late = self.phones[phone].late_answers.clone();
                *applied = !late.is_empty();
                if let Some(late) = self.dice.pick(&late) {
                    ongoing.receive(&[])?;
                    let before = self.phones[phone].engine.sync_status()?;
                    ensure!(
                        ongoing.receive(&late)? == Progress::default(),
                        "an answer to another exchange did something"
                    );
                    ensure!(
                        self.phones[phone].engine.sync_status()? == before,
                        "an old answer changed something"
                    );
                }
                if fault == Some(Fault::OldAnswerOnly) {
                    self.phones[phone].late_answers.push(batches.concat());
                    return Ok(None);
                }
            }
            Some(Fault::NoWelcome) => {
                batches.remove(0);
                // What was handed in before is purged with any message.
                ongoing.receive(&[])?;
                ensure!(
                    ongoing.receive(&batches.concat())? == Progress::default(),
                    "batches without their welcome did something"
                );
                return Ok(None);
            }
            Some(Fault::PhoneDiesInAnswer) => {
                // Up to the last write of a long answer, so that each has its turn.
                let most = self.dice.pick(&[8, 60, 400]).unwrap_or(8);
                let fuse = self.dice.number() % most;
                self.phones[phone].disk.light_fuse(fuse);
                ongoing.receive(&batches.concat())?;
                self.kill_phone(phone);
                return Ok(None);
            }
            _ => {}
        }
        // Sometimes at once, sometimes as it trickles in.
        if self.dice.chance(50) {
            batches = vec![batches.concat()];
        }
        for batch in &batches {
            match self.take_in(phone, &mut ongoing, batch)? {
                Some(more) => add(&mut progress, more),
                None => return Ok(None),
            }
        }
        let offers_packs = ongoing.offers_packs();
        let finished = ongoing.finish();
        if let Finished::Fault(fault) = &finished {
            bail!("the relay says {fault:?}");
        }
        if offers_packs {
            self.take_packs(phone)?;
        }
        Ok(Some((progress, finished)))
    }
}

impl World {
    /// `None` where the phone has no room for it: what was committed stays.
    fn take_in(&self, phone: usize, ongoing: &mut Ongoing, bytes: &[u8]) -> Result<Option<Progress>> {
        match ongoing.receive(bytes) {
            Err(Error::Store(store::Error::StorageFull)) if self.phones[phone].is_full => Ok(None),
            other => Ok(Some(other?)),
        }
    }
}

pub(crate) fn add(to: &mut Progress, more: Progress) {
    to.decided += more.decided;
    to.documents += more.documents;
    to.purged += more.purged;
    to.poked |= more.poked;
}
