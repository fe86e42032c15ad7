//! How a planted bug shows, in what goes to the relay and in what comes from it.

mod pack;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use satchel_core::clock::Clock;
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::wire::{self, Doc, Frame, Grant, Hello, Out, PackHash, Point, Receipt, ReceiptState, Welcome};
use satchel_server::store::StoreError;
use satchel_server::store::log::Log;

use crate::plant::Plant;
use crate::relay::Decided;
use crate::world::World;

/// A clock that is further off than this is a wrong one, says the bug.
const MONTH_S: u64 = 30 * 86_400;

/// What bugs remember that have a memory.
#[derive(Default)]
pub(crate) struct Memory {
    leaked: bool,
    losses: BTreeMap<MemberId, Vec<Out>>,
    sent: BTreeMap<usize, Point>,
    told: BTreeMap<usize, Point>,
    granted: BTreeMap<usize, BTreeMap<ScopeId, Grant>>,
    packs: BTreeMap<PackHash, Vec<u8>>,
}

impl World {
    /// What the device lacks, as the bytes of the batches.
    pub(crate) fn complete(&mut self, phone: usize, decided: Decided) -> Result<Vec<Vec<u8>>> {
        let mut batches = self.relay.complete(decided)?;
        if let Some(plant) = self.plant {
            self.spoil_answer(plant, phone, &mut batches)?;
        }
        self.check_answer(phone, batches.iter().flatten())?;
        batches.iter().map(|batch| Ok(wire::encode_bundled(batch)?)).collect()
    }

    /// A request as a relay with a bug takes it. `None` where it does not answer.
    pub(crate) fn spoil_request(&mut self, phone: usize, request: &[u8]) -> Result<Option<Vec<u8>>> {
        let Ok(mut frames) = wire::decode(request) else {
            return Ok(Some(request.to_vec()));
        };
        let now_s = self.relay.clock.now_ms() / 1000;
        match (self.plant, frames.first_mut()) {
            (Some(Plant::StopsAtPoison), _) if self.poison.get(&phone).is_some_and(|poison| !poison.is_empty()) => {
                return Ok(None);
            }
            (Some(Plant::RefusesByClock), Some(Frame::Hello(hello))) if hello.clock_s.abs_diff(now_s) > MONTH_S => {
                frames.retain(|frame| !matches!(frame, Frame::Push(_)));
            }
            (Some(Plant::BelievesWhatItSent), Some(Frame::Hello(hello))) => {
                if let (Some(sent), Some(cursor)) = (self.memory.sent.get(&phone), &mut hello.cursor)
                    && sent.run == cursor.run
                {
                    cursor.seq = cursor.seq.max(sent.seq);
                }
            }
            (Some(Plant::BelievesOldCursors), Some(Frame::Hello(hello))) => {
                let told = self.memory.told.get(&phone).copied();
                let newest = [told, hello.cursor].into_iter().flatten().max_by_key(|point| point.seq);
                hello.cursor = newest;
                self.memory.told.extend(newest.map(|point| (phone, point)));
            }
            _ => return Ok(Some(request.to_vec())),
        }
        Ok(Some(wire::encode(&frames)?))
    }

    /// What a phone that takes a refusal for an answer believes to have heard; nothing where its request was cut.
    pub(crate) fn imagined_answer(&mut self, request: &[u8]) -> Result<Option<Vec<Vec<u8>>>> {
        let Ok(frames) = wire::decode(request) else {
            return Ok(None);
        };
        let hello = frames.iter().find_map(|frame| match frame {
            Frame::Hello(hello) => Some(hello),
            _ => None,
        });
        let Hello { exchange, cursor, .. } = hello.cloned().unwrap_or_default();
        let mut answer = vec![Frame::from(Welcome {
            exchange,
            clock_s: self.relay.clock.now_ms() / 1000,
            token_s: 0,
            new_epoch: None,
            revoked: None,
            features: None,
        })];
        for frame in frames {
            if let (Frame::Push(push), Some(point)) = (frame, cursor) {
                answer.push(Frame::from(Receipt {
                    id: push.id,
                    state: ReceiptState::Ok,
                    code: None,
                    heads: push.heads,
                    point,
                    readable: true,
                }));
            }
        }
        Ok(Some(vec![wire::encode(&answer)?]))
    }

    fn spoil_answer(&mut self, plant: Plant, phone: usize, batches: &mut [Vec<Frame>]) -> Result<()> {
        let member = self.phones[phone].identity.member;
        if plant.leaves_out() {
            // It does not admit it either: else the phones would find out what is missing, and ask for it.
            for frame in batches.iter_mut().flatten() {
                if let Frame::Differ(differ) = frame {
                    differ.scopes.clear();
                }
            }
        }
        match plant {
            Plant::SkipsDocuments => {
                let mut number = 0_u32;
                for batch in batches {
                    batch.retain(|frame| {
                        number += u32::from(matches!(frame, Frame::Doc(_)));
                        !matches!(frame, Frame::Doc(_)) || !number.is_multiple_of(5)
                    });
                }
            }
            Plant::ForgetsLosses => self.forget_losses(phone, batches, true),
            Plant::PrunesOldLosses => self.forget_losses(phone, batches, self.phones[phone].was_away),
            Plant::StartsNewPhonesEmpty => {
                if let Some(made_at) = self.phones[phone].made_at {
                    for batch in batches {
                        batch.retain(|frame| !matches!(frame, Frame::Doc(doc) if doc.seq <= made_at));
                    }
                }
            }
            Plant::HidesUnknownKinds => {
                // For ever, also after the app was brought up to date.
                let known = self.phones[phone].first_kinds;
                for batch in batches {
                    batch.retain(|frame| match frame {
                        Frame::Doc(doc) => known.iter().any(|kind| kind.name == doc.kind),
                        _ => true,
                    });
                }
            }
            Plant::LeavesOutWhatIsHeld => {
                let held = self.phones[phone].held();
                for batch in batches {
                    batch.retain(|frame| match frame {
                        Frame::Doc(doc) => doc.snapshot.is_none() || held.iter().all(|held| held.id != doc.id),
                        _ => true,
                    });
                }
            }
            Plant::TellsOldLosses => self.tell_old_losses(member, batches),
            Plant::BelievesWhatItSent => {
                let mut commits = batches.iter().flatten().filter_map(|frame| match frame {
                    Frame::Commit(commit) => Some(commit),
                    _ => None,
                });
                let run = self.phones[phone].cursor.map(|cursor| cursor.run);
                if let (Some(last), Some(run)) = (commits.next_back(), run) {
                    let run = last.run.unwrap_or(run);
                    self.memory.sent.insert(phone, Point { run, seq: last.to });
                }
            }
            Plant::OverlooksClones => {
                for frame in batches.iter_mut().flatten() {
                    if let Frame::Receipt(receipt) = frame
                        && receipt.state == ReceiptState::ActorConflict
                    {
                        receipt.state = ReceiptState::Ok;
                    }
                }
            }
            Plant::HidesTheRestore => {
                for frame in batches.iter_mut().flatten() {
                    if let Frame::Welcome(welcome) = frame {
                        welcome.new_epoch = None;
                    }
                }
            }
            Plant::LeaksPrivateScopes => self.leak(member, batches)?,
            _ => {}
        }
        Ok(())
    }

    /// What was granted once is granted for ever, and no loss is told.
    fn forget_losses(&mut self, phone: usize, batches: &mut [Vec<Frame>], forgets: bool) {
        let known = self.memory.granted.entry(phone).or_default();
        for batch in batches {
            for frame in batch.iter_mut() {
                let Frame::Grants(grants) = frame else { continue };
                if !forgets {
                    known.clear();
                }
                for grant in &grants.scopes {
                    known.insert(grant.scope, *grant);
                }
                grants.scopes = known.values().copied().collect();
            }
            batch.retain(|frame| !forgets || !matches!(frame, Frame::Out(_)));
        }
    }

    fn tell_old_losses(&mut self, member: MemberId, batches: &mut [Vec<Frame>]) {
        let known = self.memory.losses.entry(member).or_default();
        for batch in batches {
            let outs: Vec<Out> = batch
                .iter()
                .filter_map(|frame| match frame {
                    Frame::Out(out) => Some(*out),
                    _ => None,
                })
                .collect();
            let scopes: BTreeSet<ScopeId> = outs.iter().map(|out| out.scope).collect();
            if let Some(at) = batch.iter().position(|frame| matches!(frame, Frame::Grants(_))) {
                for out in known.iter().filter(|out| !scopes.contains(&out.scope)) {
                    batch.insert(at + 1, (*out).into());
                }
            }
            known.extend(outs);
        }
    }

    fn leak(&mut self, member: MemberId, batches: &mut [Vec<Frame>]) -> Result<()> {
        let own = ScopeId::private_of(member);
        let mut private = None;
        for id in self.relay.documents() {
            let stored = self.relay.document(id)?;
            private =
                private.or(stored.filter(|one| one.scope == ScopeId::private_of(one.creator) && one.scope != own));
        }
        let (Some(stored), Some(last), false) = (private, batches.last_mut(), self.memory.leaked) else {
            return Ok(());
        };
        self.memory.leaked = true;
        let changes = self.relay.write::<_, StoreError>(|tx| tx.changes_after(stored.id, 0))?;
        let doc = Doc {
            id: stored.id,
            kind: stored.kind,
            scope: stored.scope,
            seq: stored.seq,
            snapshot: Some(Vec::new().into()),
            changes: changes.into_iter().map(Into::into).collect(),
            heads: stored.heads,
            row: stored.row.into_bytes().into(),
        };
        last.insert(0, doc.into());
        Ok(())
    }
}
