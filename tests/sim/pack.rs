//! How a phone that loads takes packs: manifest, a few fetches at a time, each applied as it comes; and what goes wrong.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, ensure};
use satchel_core::engine::Error;
use satchel_core::engine::sync::Fetched;
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::store;
use satchel_core::wire::{self, Frame, Pack, PackReader, Point};
use satchel_server::identity::Actor;
use satchel_server::identity::assignment::{self, Handover};

use crate::people::WORKERS;
use crate::world::World;

/// What is counted beside faults.
pub(crate) const NAMES: &[&str] = &["pack taken", "pack resumed", "pack gone", "pack dropped as bad"];
/// Packs that are on their way at the same time at most.
const AT_ONCE: usize = 3;
/// Manifests after which a phone that still asks for more never stops.
const MANIFESTS: usize = 60;

/// One thing that goes wrong while packs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackFault {
    /// The manifest never arrives.
    DropManifest,
    /// The relay dies at one of its writes while it builds.
    RelayDiesBuilding,
    /// The relay dies between putting a pack's file on its disk and naming it.
    RelayDiesBeforeNaming,
    /// The relay restarts after its manifest.
    RelayRestarts,
    /// The files of packs are lost.
    FilesLost,
    /// A pack is cut in mid-bytes: the rest is fetched next time.
    Cut,
    /// A pack's bytes are damaged on the way.
    Damaged,
    /// The relay refuses a pack that it has named.
    Refused,
    /// A scope of a pack is handed over while it is on its way.
    HandedOver,
    /// Others write so much that the relay takes a pack back while it is on its way.
    GoesStale,
    /// The phone writes and syncs over rows while packs are on their way.
    RowsMeanwhile,
    /// The phone's app dies while it applies a pack.
    PhoneDies,
    /// The byte budget is spent: the rest follows next time.
    BudgetSpent,
}

impl PackFault {
    pub(crate) const ALL: &'static [Self] = &[
        Self::DropManifest,
        Self::RelayDiesBuilding,
        Self::RelayDiesBeforeNaming,
        Self::RelayRestarts,
        Self::FilesLost,
        Self::Cut,
        Self::Damaged,
        Self::Refused,
        Self::HandedOver,
        Self::GoesStale,
        Self::RowsMeanwhile,
        Self::PhoneDies,
        Self::BudgetSpent,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DropManifest => "manifest dropped",
            Self::RelayDiesBuilding => "relay died building packs",
            Self::RelayDiesBeforeNaming => "relay died before it named a pack",
            Self::RelayRestarts => "relay restarted after its manifest",
            Self::FilesLost => "files of packs lost",
            Self::Cut => "pack cut",
            Self::Damaged => "pack damaged",
            Self::Refused => "pack refused",
            Self::HandedOver => "handed over in mid-download",
            Self::GoesStale => "pack went stale in mid-download",
            Self::RowsMeanwhile => "rows while packs were on their way",
            Self::PhoneDies => "phone died applying a pack",
            Self::BudgetSpent => "budget spent on packs",
        }
    }
}

impl World {
    /// As the client does it: until no pack is left that is worth having. What goes wrong leaves the rest to the next
    /// exchange.
    pub(crate) fn take_packs(&mut self, phone: usize) -> Result<()> {
        // What others do meanwhile goes well: one thing at a time.
        let fault = if self.calm > 0 { None } else { self.pack_fault() };
        self.calm += 1;
        let outcome = self.take(phone, fault);
        self.calm -= 1;
        match outcome {
            Err(error) if self.phones[phone].is_full && is_storage_full(&error) => Ok(()),
            other => other,
        }
    }

    fn take(&mut self, phone: usize, mut fault: Option<PackFault>) -> Result<()> {
        let name = self.phones[phone].name;
        self.note(format!("{name}: packs, {fault:?}"));
        for _ in 0..MANIFESTS {
            let Some(message) = self.ask_manifest(phone, &mut fault)? else {
                return Ok(());
            };
            let plan = self.phones[phone].engine.plan_packs(&message)?;
            let mut waiting: VecDeque<Pack> = plan.packs.iter().cloned().collect();
            let mut on_their_way: VecDeque<(Pack, Fetched)> = VecDeque::new();
            let mut gone = false;
            while !(waiting.is_empty() && on_their_way.is_empty()) {
                let at_once = 1 + self.dice.below(AT_ONCE);
                while on_their_way.len() < at_once
                    && let Some(pack) = waiting.pop_front()
                {
                    self.strike_at(phone, &pack, &mut fault)?;
                    let fetched = self.fetch(phone, &pack, &mut fault)?;
                    on_their_way.push_back((pack, fetched));
                }
                let Some((pack, fetched)) = on_their_way.pop_front() else {
                    continue;
                };
                self.strike_at(phone, &pack, &mut fault)?;
                gone |= matches!(fetched, Fetched::Gone);
                let is_cut = matches!(fetched, Fetched::Cut(_));
                let dies = self.struck(&mut fault, PackFault::PhoneDies);
                if dies {
                    let most = self.dice.pick(&[6, 30, 120]).unwrap_or(6);
                    let fuse = self.dice.number() % most;
                    self.phones[phone].disk.light_fuse(fuse);
                }
                self.settle_pack(phone, &pack, plan.point, fetched)?;
                if dies {
                    self.kill_phone(phone);
                }
                if dies || is_cut || self.struck(&mut fault, PackFault::BudgetSpent) {
                    return Ok(());
                }
            }
            if !plan.asks_again(gone) {
                self.phones[phone].engine.finish_packs()?;
                self.note(format!("{name}: no more packs"));
                return Ok(());
            }
        }
        anyhow::bail!("{name} always has more packs to take")
    }

    /// Whether this is what goes wrong, and now.
    fn struck(&mut self, fault: &mut Option<PackFault>, which: PackFault) -> bool {
        let strikes = *fault == Some(which) && self.dice.chance(60);
        if strikes {
            *fault = None;
            self.count(which.name());
        }
        strikes
    }

    /// `GET /v1/packs`. `None` where no answer arrives.
    fn ask_manifest(&mut self, phone: usize, fault: &mut Option<PackFault>) -> Result<Option<Vec<u8>>> {
        let member = (
            self.phones[phone].identity.member,
            self.phones[phone].engine.rows_only()?,
        );
        if self.relay.is_full || self.session(phone)?.is_none_or(|sender| sender.revoked) {
            return Ok(None);
        }
        if self.struck(fault, PackFault::RelayDiesBuilding) {
            let fuse = self.dice.number() % 20;
            self.relay.disk.light_fuse(fuse);
            let built = self.build_packs(phone, false);
            self.kill_relay()?;
            return built.map(|_| None);
        }
        let unnamed = self.struck(fault, PackFault::RelayDiesBeforeNaming);
        let Some(more) = self.build_packs(phone, unnamed)? else {
            self.kill_relay()?;
            return Ok(None);
        };
        let message = self.relay.manifest(member, more)?;
        for frame in wire::decode(&message)? {
            if let Frame::Pack(pack) = frame {
                self.check_pack(phone, &pack.scopes, "is named")?;
            }
        }
        if self.struck(fault, PackFault::DropManifest) {
            return Ok(None);
        }
        if self.struck(fault, PackFault::RelayRestarts) {
            self.kill_relay()?;
        }
        if self.struck(fault, PackFault::FilesLost) {
            self.relay.files.lose()?;
        }
        Ok(Some(message))
    }

    /// Builds what is missing, or as much of it as there is time for: whether there is more. `None` where the relay is to
    /// die before it names one.
    fn build_packs(&mut self, phone: usize, unnamed: bool) -> Result<Option<bool>> {
        let member = (
            self.phones[phone].identity.member,
            self.phones[phone].engine.rows_only()?,
        );
        let plan = self.relay.plan_packs(member)?;
        let time = 1 + self.dice.below(4);
        let more = plan.missing.len() > time;
        for group in plan.missing.iter().take(time) {
            let Some((pack, bytes)) = self.relay.build_pack(group)? else {
                continue;
            };
            let (pack, bytes) = self.spoil_pack(phone, pack, bytes)?;
            self.relay.shelve(&pack, &bytes)?;
            if unnamed {
                return Ok(None);
            }
            self.note(format!("  pack {} of {:?} as of {}", pack.hash, pack.scopes, pack.seq));
            self.relay.name_pack(&pack)?;
        }
        if !plan.missing.is_empty() {
            self.relay.sweep_packs()?;
        }
        Ok(Some(more))
    }

    /// What happens to a pack, or elsewhere, while it is on its way.
    fn strike_at(&mut self, phone: usize, pack: &Pack, fault: &mut Option<PackFault>) -> Result<()> {
        if self.struck(fault, PackFault::HandedOver)
            && let Some(scope) = self.dice.pick(&pack.scopes)
        {
            let to = MemberId::from_bytes([self.dice.pick(WORKERS).unwrap_or(12); 16]);
            self.hand_scope(scope, to);
        }
        if self.struck(fault, PackFault::GoesStale) {
            self.meanwhile(phone, 6)?;
            self.build_packs(phone, false)?;
        }
        if self.struck(fault, PackFault::RowsMeanwhile) {
            self.act(phone)?;
            for _ in 0..2 {
                let (ongoing, request) = self.phones[phone].engine.begin_exchange(0)?;
                if let Some(batches) = self.ask_relay(phone, &request, None)? {
                    self.deliver(phone, ongoing, batches, None, &mut false)?;
                }
                self.act(phone)?;
            }
        }
        Ok(())
    }

    fn hand_scope(&mut self, scope: ScopeId, to: MemberId) {
        let now_ms = self.now_ms();
        let handover = Handover {
            from: None,
            to,
            keep_team: false,
        };
        let done = self
            .relay
            .write(|tx| assignment::hand_over(tx, &Actor::Operator, scope, &handover, now_ms));
        self.note(format!("{scope} goes to {to}: {}", done.is_ok()));
    }

    /// `GET /v1/packs/{hash}`, behind what is here of it.
    fn fetch(&mut self, phone: usize, pack: &Pack, fault: &mut Option<PackFault>) -> Result<Fetched> {
        let member = self.phones[phone].identity.member;
        if self.struck(fault, PackFault::Refused) {
            return Ok(Fetched::Refused);
        }
        let mut bytes = self.phones[phone].engine.pack_part(pack)?;
        if !bytes.is_empty() {
            self.count("pack resumed");
        }
        let revoked = self.session(phone)?.is_none_or(|sender| sender.revoked);
        let rest = if revoked {
            None
        } else {
            let served = self.relay.pack(member, pack.hash, bytes.len() as u64)?;
            self.serve_spoiled(pack.hash, bytes.len(), served)
        };
        let Some(mut rest) = rest else {
            self.count("pack gone");
            return Ok(Fetched::Gone);
        };
        self.check_pack(phone, &pack.scopes, "is served")?;
        if self.struck(fault, PackFault::Damaged) && !rest.is_empty() {
            let at = self.dice.below(rest.len());
            rest[at] ^= 1 << self.dice.below(8);
        }
        if self.struck(fault, PackFault::Cut) {
            rest.truncate(self.dice.below(rest.len().max(1)));
            bytes.append(&mut rest);
            return Ok(Fetched::Cut(bytes));
        }
        bytes.append(&mut rest);
        Ok(Fetched::Whole(bytes))
    }

    /// The relay may show somebody only packs of which he may read every scope, and nobody one of a private scope.
    fn check_pack(&mut self, phone: usize, scopes: &[ScopeId], what: &str) -> Result<()> {
        let identity = self.phones[phone].identity;
        let readable = self.relay.readable(identity.member)?;
        let name = self.phones[phone].name;
        for scope in scopes {
            ensure!(
                readable.iter().any(|row| row.scope == *scope),
                "a pack {what} to {name} that holds {scope}, which he may not read"
            );
        }
        ensure!(
            scopes.iter().all(|scope| self.relay.is_packable(*scope)),
            "a pack {what} to {name} that holds a private scope"
        );
        Ok(())
    }

    /// The phone's side, and that what the relay once acknowledged stays acknowledged.
    fn settle_pack(&mut self, phone: usize, pack: &Pack, point: Point, fetched: Fetched) -> Result<()> {
        let is_good = matches!(&fetched, Fetched::Whole(bytes) if PackReader::new(bytes).is_ok_and(|reader| reader.head().seq == pack.seq));
        let is_whole = matches!(fetched, Fetched::Whole(_));
        let before = self.phones[phone].held();
        self.phones[phone].engine.settle_pack(pack, point, fetched)?;
        if is_whole {
            self.count(if is_good { "pack taken" } else { "pack dropped as bad" });
        }
        if self.phones[phone].disk.is_blown() {
            return Ok(());
        }
        self.spoil_acknowledged(phone, pack, &before)?;
        let after = self.phones[phone].held();
        for was in before {
            let Some(acked) = was.acked.filter(|acked| !acked.is_empty()) else {
                continue;
            };
            let Some(is) = after.iter().find(|one| one.id == was.id) else {
                continue;
            };
            if is.acked.as_ref() == Some(&acked) {
                continue;
            }
            let now = is.acked.clone().context("acknowledged heads are gone")?;
            // The relay's copy tells which of two versions is built on the other.
            if let Some((_, mut document)) = self.relay.load(was.id)?
                && document.contains(&acked)
                && document.contains(&now)
            {
                ensure!(
                    document.earlier(&now)?.contains(&acked),
                    "the acknowledged heads of {} went back on {}",
                    was.id,
                    self.phones[phone].name
                );
            }
        }
        Ok(())
    }
}

fn is_storage_full(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<Error>(),
        Some(Error::Store(store::Error::StorageFull))
    )
}
