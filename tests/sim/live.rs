//! A live connection: news as they happen, credit, pokes, and ends of which only one is there.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, bail, ensure};
use satchel_core::engine::sync::{Ongoing, Progress};
use satchel_core::wire::{self, Acknowledge, Frame, Poke};
use satchel_server::relay::{Line, News, Sender};

use crate::plant::Plant;
use crate::world::World;

/// Messages after which a connection on which nobody writes any more must be quiet.
const PATIENCE: usize = 400;

/// Both ends and what is on its way between them, in order.
pub(crate) struct Wire {
    sender: Sender,
    line: Line,
    ongoing: Ongoing,
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
    /// The relay has ended it: it serves nobody after a restore.
    is_cut: bool,
}

impl World {
    pub(crate) fn live(&mut self, phone: usize) -> Result<bool> {
        let Some(mut wire) = self.connect(phone)? else {
            return Ok(false);
        };
        for _ in 0..5 + self.dice.below(25) {
            if wire.is_cut {
                return Ok(true);
            }
            match self.dice.below(12) {
                0..2 => {
                    self.act(phone)?;
                    if wire.ongoing.asks_again(&Progress::default())? {
                        self.ask(phone, &mut wire)?;
                    }
                }
                2..4 => self.meanwhile(phone, 2)?,
                4 => self.write_much(phone)?,
                5..7 => self.relay_hears(phone, &mut wire)?,
                7..9 => self.hand_on(phone, &mut wire)?,
                9..11 => self.phone_hears(phone, &mut wire)?,
                _ => {
                    // The phone thinks it is gone and connects anew; the relay talks on into the old one.
                    self.count("connection half-open");
                    let mut old = wire;
                    self.meanwhile(phone, 1)?;
                    self.relay_hears(phone, &mut old)?;
                    self.hand_on(phone, &mut old)?;
                    let Some(again) = self.connect(phone)? else {
                        return Ok(true);
                    };
                    wire = again;
                    self.hand_on(phone, &mut old)?;
                }
            }
        }
        self.quiet_down(phone, &mut wire)?;
        Ok(true)
    }

    pub(crate) fn connect(&mut self, phone: usize) -> Result<Option<Wire>> {
        let Some(sender) = self.session(phone)? else {
            return Ok(None);
        };
        let (ongoing, question) = self.phones[phone].engine.begin_live()?;
        Ok(Some(Wire {
            sender,
            line: Line::default(),
            ongoing,
            up: [question].into(),
            down: VecDeque::new(),
            is_cut: false,
        }))
    }

    fn ask(&mut self, phone: usize, wire: &mut Wire) -> Result<()> {
        let (ongoing, question) = self.phones[phone].engine.begin_live()?;
        wire.ongoing = ongoing;
        wire.up.push_back(question);
        Ok(())
    }

    /// Another phone writes more than there is credit for.
    fn write_much(&mut self, phone: usize) -> Result<()> {
        let others: Vec<usize> = (0..self.phones.len())
            .filter(|one| *one != phone && self.phones[*one].away == 0)
            .collect();
        if let Some(other) = self.dice.pick(&others) {
            for _ in 0..3 {
                self.write_large(other)?;
            }
            self.exchange(other, 0, None)?;
        }
        Ok(())
    }

    fn relay_hears(&mut self, phone: usize, wire: &mut Wire) -> Result<()> {
        let Some(message) = wire.up.pop_front() else {
            return Ok(());
        };
        match wire::decode(&message)?.first() {
            Some(Frame::Hello(hello)) => {
                wire.line.asked(hello);
                let Some(decided) = self.relay.decide(wire.sender, &message, false)? else {
                    ensure!(self.relay.has_refused, "an answer");
                    wire.is_cut = true;
                    return Ok(());
                };
                self.take_down(&decided);
                let answer = self.complete(phone, decided)?.concat();
                wire.line.answered(&wire::decode(&answer)?);
                wire.down.push_back(answer);
            }
            Some(Frame::Acknowledge(acknowledge)) => {
                wire.line.acknowledged(acknowledge);
                self.hand_on(phone, wire)?;
            }
            other => bail!("a phone says {other:?}"),
        }
        Ok(())
    }

    fn hand_on(&mut self, phone: usize, wire: &mut Wire) -> Result<()> {
        let Some(standing) = wire.line.standing() else {
            return Ok(());
        };
        if wire.sender.revoked {
            return Ok(());
        }
        wire.is_cut |= self.relay.is_closed()?;
        if wire.is_cut {
            return Ok(());
        }
        match self.relay.news(&standing, wire.sender)? {
            News::Nothing { upto } => wire.line.looked(upto),
            News::Poke => {
                self.count("poked");
                wire.line.poked();
                let poke = Frame::from(Poke {
                    seq: self.relay.last_seq()?,
                });
                wire.down.push_back(wire::encode(&[poke])?);
            }
            News::Batches(batches) => {
                self.check_answer(phone, batches.iter().flatten())?;
                let mut bytes = Vec::new();
                for batch in &batches {
                    bytes.extend(wire::encode_bundled(batch)?);
                }
                wire.line.sent(batches.iter().flatten(), bytes.len());
                if self.plant == Some(Plant::LosesLiveNews) {
                    return Ok(());
                }
                wire.down.push_back(bytes);
            }
        }
        Ok(())
    }

    fn phone_hears(&mut self, phone: usize, wire: &mut Wire) -> Result<()> {
        let Some(message) = wire.down.pop_front() else {
            return Ok(());
        };
        let progress = wire.ongoing.receive(&message)?;
        if let Some(fault) = wire.ongoing.fault() {
            bail!("the relay says {fault:?}");
        }
        if let Some(cursor) = wire.ongoing.cursor().filter(|_| progress.documents > 0) {
            let acknowledge = Frame::from(Acknowledge { cursor });
            wire.up.push_back(wire::encode(&[acknowledge])?);
        }
        if wire.ongoing.asks_again(&progress)? {
            self.ask(phone, wire)?;
        }
        Ok(())
    }

    /// Nobody writes any more: what the relay has, the phone has, without asking.
    pub(crate) fn quiet_down(&mut self, phone: usize, wire: &mut Wire) -> Result<()> {
        for _ in 0..PATIENCE {
            self.hand_on(phone, wire)?;
            if wire.is_cut {
                return Ok(());
            }
            if wire.up.is_empty() && wire.down.is_empty() {
                return self.check_is_current(phone);
            }
            self.relay_hears(phone, wire)?;
            self.phone_hears(phone, wire)?;
        }
        bail!(
            "the live connection of {} does not become quiet",
            self.phones[phone].name
        )
    }

    fn check_is_current(&mut self, phone: usize) -> Result<()> {
        let identity = self.phones[phone].identity;
        if self.relay.is_revoked(identity.device)? {
            return Ok(());
        }
        let readable: Vec<_> = self
            .relay
            .readable(identity.member)?
            .into_iter()
            .map(|row| row.scope)
            .collect();
        let held = self.phones[phone].held();
        for id in self.relay.documents() {
            let stored = self.relay.document(id)?.context("it is there")?;
            if !readable.contains(&stored.scope) {
                continue;
            }
            let here = held.iter().find(|held| held.id == id);
            ensure!(
                here.is_some_and(|held| held.acked.as_ref() == Some(&stored.heads)),
                "the live connection of {} is quiet, and {id} is not as the relay has it",
                self.phones[phone].name
            );
        }
        Ok(())
    }
}
