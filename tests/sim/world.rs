//! A small sales team, and a run of random steps.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context as _, Result};
use ed25519_dalek::SigningKey;
use satchel_core::clock::Clock;
use satchel_core::engine::Identity;
use satchel_core::ids::{ChangeHash, DeviceId, MemberId, OrgId, TeamId};
use satchel_core::policy::Role;
use satchel_core::wire::Push;
use satchel_server::identity::{self, Actor, IdentityError};
use satchel_server::store::people::{Device, Enrolment};

use crate::copy::Backups;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::fresh::small_packs;
use crate::ledger::Ledger;
use crate::nemesis::Nemesis;
use crate::pack::PackFault;
use crate::phone::{Phone, signing_key};
use crate::plant::Plant;
use crate::relay::Relay;
use crate::spoil::Memory;
use crate::subscribe::Whims;

/// How often each thing happened.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// What happens beside faults.
pub(crate) const NAMES: &[&str] = &["token ran out", "poked", "connection half-open"];
/// Crashes and jumps of clocks.
pub(crate) const CRASHES: &[&str] = &[
    "phone died",
    "phone died as it wrote",
    "relay restarted",
    "clock jumped",
    "writes lost in power cuts",
];
/// Receipts that the fixed seeds must see.
pub(crate) const RECEIPTS: &[&str] = &[
    "receipt ok",
    "receipt duplicate",
    "receipt late-accepted",
    "receipt held",
    "receipt quarantined",
];

/// 2026-03-02T01:00:00Z.
const MORNING_MS: i64 = 1_772_413_200_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) const ORG: OrgId = OrgId::from_bytes([1; 16]);
pub(crate) const NORTH: TeamId = TeamId::from_bytes([2; 16]);
pub(crate) const SOUTH: TeamId = TeamId::from_bytes([3; 16]);

/// Number, name, role, team, devices.
type Cast = (u8, &'static str, Role, Option<TeamId>, &'static [&'static str]);

/// Everybody.
const PEOPLE: &[Cast] = &[
    (10, "Admin", Role::Admin, None, &["admin"]),
    (11, "Manager", Role::Manager, Some(NORTH), &["manager"]),
    (12, "Rep one", Role::Rep, Some(NORTH), &["one", "one-tablet"]),
    (13, "Rep two", Role::Rep, Some(NORTH), &["two"]),
    (14, "Rep three", Role::Rep, Some(SOUTH), &["three"]),
];

pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) relay: Relay,
    pub(crate) plant: Option<Plant>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) ledger: Ledger,
    pub(crate) counts: Counts,
    /// How much time has passed for everybody.
    pub(crate) passed_ms: i64,
    /// Faults that this run injects, each with its weight.
    faults: Vec<(Option<Fault>, usize)>,
    /// What strikes in this run, each with its weight.
    nemeses: Vec<(Nemesis, usize)>,
    /// What goes wrong with packs in this run, each with its weight.
    pack_faults: Vec<(Option<PackFault>, usize)>,
    /// Above zero nothing goes wrong with packs: all is quiet, or something goes wrong already.
    pub(crate) calm: usize,
    /// How many strikes there are beside a hundred other steps.
    strikes: usize,
    /// Pushes that no phone of ours made, by the phone in whose requests they stand until they are decided.
    pub(crate) poison: BTreeMap<usize, Vec<Push>>,
    pub(crate) backups: Backups,
    pub(crate) memory: Memory,
    pub(crate) whims: Whims,
    trace: Vec<String>,
    /// The change that is followed, and who had it last.
    followed: Option<(ChangeHash, Vec<&'static str>)>,
}

/// A device as the relay knows it.
pub(crate) fn device_row(name: &str, identity: &Identity, key: &SigningKey) -> Device {
    Device {
        id: identity.device,
        member: identity.member,
        name: name.to_owned(),
        platform: "simulated".to_owned(),
        public_key: key.verifying_key().to_bytes(),
        created_at_ms: MORNING_MS,
        last_seen_at_ms: None,
        revoked_at_ms: None,
    }
}

/// A phone that the relay knows.
pub(crate) fn new_phone(
    relay: &mut Relay,
    dice: &mut Dice,
    name: &'static str,
    identity: Identity,
    now_ms: i64,
) -> Phone {
    let row = device_row(name, &identity, &signing_key(&identity));
    relay.write(|tx| tx.put_device(&row)).unwrap();
    Phone::new(name, identity, now_ms, dice.number())
}

fn some_pack_faults(dice: &mut Dice) -> Vec<(Option<PackFault>, usize)> {
    let mut faults = vec![(None, 3)];
    for fault in PackFault::ALL {
        if dice.chance(60) {
            faults.push((Some(*fault), 1 + dice.below(4)));
        }
    }
    faults
}

impl World {
    pub(crate) fn new(seed: u64, plant: Option<Plant>) -> Self {
        let mut dice = Dice::new(seed);
        let mut relay = Relay::new(MORNING_MS, dice.number(), plant);
        relay
            .write::<_, IdentityError>(|tx| {
                identity::org::create(tx, ORG, "Tea trade", MORNING_MS)?;
                identity::team::add(tx, &Actor::Operator, NORTH, "North", None, MORNING_MS)?;
                identity::team::add(tx, &Actor::Operator, SOUTH, "South", None, MORNING_MS)?;
                Ok(())
            })
            .unwrap();
        relay.start();
        let mut phones = Vec::new();
        for (number, name, role, team, devices) in PEOPLE {
            let member = MemberId::from_bytes([*number; 16]);
            let new = identity::member::NewMember {
                name: (*name).to_owned(),
                role: *role,
                team: *team,
                locale: "zh-CN".to_owned(),
                time_zone: "Asia/Shanghai".to_owned(),
            };
            relay
                .write(|tx| identity::member::add(tx, &Actor::Operator, member, &new, MORNING_MS))
                .unwrap();
            for (at, device_name) in devices.iter().enumerate() {
                let device = DeviceId::from_bytes([*number + 100 * u8::try_from(at).unwrap(); 16]);
                // Nobody's clock is right; some are off by months.
                let off = if dice.chance(30) {
                    dice.between(-90, 90) * DAY_MS
                } else {
                    dice.between(-600, 600) * 1000
                };
                let identity = Identity {
                    org: ORG,
                    member,
                    device,
                    role: *role,
                };
                phones.push(new_phone(
                    &mut relay,
                    &mut dice,
                    device_name,
                    identity,
                    MORNING_MS + off,
                ));
            }
        }
        relay.disk.set_deaf(plant == Some(Plant::RelayDoesNotSync));
        for phone in &phones {
            phone.disk.set_deaf(plant == Some(Plant::PhonesDoNotSync));
        }
        // Each run leaves some kinds of faults out: what many hide, few show.
        let mut faults = vec![(None, 30)];
        for fault in Fault::ALL {
            if dice.chance(60) {
                faults.push((Some(*fault), 1 + dice.below(4)));
            }
        }
        let pack_faults = some_pack_faults(&mut dice);
        // Of what is heavy, a run has little: two or three at most.
        let forced = plant.and_then(Plant::nemesis);
        let mut nemeses = Vec::new();
        for nemesis in Nemesis::ALL {
            if forced == Some(*nemesis) || forced.is_none() && dice.chance(25) {
                nemeses.push((*nemesis, 1 + dice.below(3)));
            }
        }
        if nemeses.iter().any(|(nemesis, _)| *nemesis == Nemesis::Update) {
            for phone in &mut phones {
                if dice.chance(40) {
                    phone.downgrade(&mut dice);
                }
            }
        }
        let has_packs = nemeses.iter().any(|(nemesis, _)| *nemesis == Nemesis::Packs);
        if has_packs {
            relay.limits.packing = small_packs(&mut dice);
        }
        Self {
            dice,
            relay,
            plant,
            phones,
            ledger: Ledger::default(),
            counts: Counts::new(),
            passed_ms: 0,
            faults,
            nemeses,
            pack_faults,
            calm: 0,
            // A bug is looked for where it should show. Packs are met at a strike only, each of which meets few of them.
            strikes: match (forced, has_packs) {
                (Some(_), _) => 25,
                (None, true) => 15,
                (None, false) => 6,
            },
            poison: BTreeMap::new(),
            backups: Backups::default(),
            memory: Memory::default(),
            whims: Whims::new(seed, plant.is_some()),
            trace: Vec::new(),
            followed: crate::follow::asked().map(|hash| (hash, Vec::new())),
        }
    }

    /// The whole run: random steps, then quiet, then every check; twice, so that life goes on after a quiet time.
    pub(crate) fn play(&mut self) -> Result<()> {
        // Everybody syncs once, so that there is somebody to work with.
        for phone in 0..self.phones.len() {
            self.exchange(phone, 0, None).context("the first exchange")?;
        }
        for part in 0..2 {
            self.subscribe()?;
            let steps = 40 + self.dice.below(60);
            for _ in 0..steps {
                self.count("steps");
                self.step()?;
            }
            self.settle().with_context(|| format!("settling after part {part}"))?;
            self.check_everything()?;
        }
        let disks = self.phones.iter().map(|phone| &phone.disk).chain([&self.relay.disk]);
        let lost = disks.map(|disk| disk.tally().lost).sum::<u64>();
        *self.counts.entry("writes lost in power cuts").or_default() += lost;
        let days = u64::try_from(self.passed_ms / DAY_MS).unwrap_or(0);
        *self.counts.entry("simulated days").or_default() += days;
        for (name, times) in std::mem::take(&mut self.ledger.receipts) {
            *self.counts.entry(name).or_default() += times;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let present: Vec<usize> = (0..self.phones.len())
            .filter(|one| self.phones[*one].away == 0)
            .collect();
        let phone = self.dice.pick(&present).unwrap_or(0);
        let minutes = self.dice.between(0, 60);
        self.pass_ms(minutes * 60_000);
        self.come_back()?;
        if self.relay.is_closed()? && self.dice.chance(15) {
            self.confirm_restore()?;
        }
        match self.dice.below(100 + self.strikes) {
            0..44 => self.act(phone)?,
            44..48 => {
                let fuse = self.dice.number() % 24;
                self.phones[phone].disk.light_fuse(fuse);
                self.act(phone)?;
                self.count("phone died as it wrote");
                self.kill_phone(phone);
            }
            48..84 => {
                let fault = self.dice.weighted(&self.faults.clone());
                let budget = self.dice.pick(&[0, 1, 600, 3_000, 20_000]).unwrap_or(0);
                self.exchange(phone, budget, fault)?;
            }
            84..92 => self.change_people()?,
            92..95 => {
                self.note(format!("{} dies", self.phones[phone].name));
                self.count("phone died");
                self.kill_phone(phone);
            }
            95..97 => {
                self.note("the relay restarts".to_owned());
                self.count("relay restarted");
                self.kill_relay()?;
            }
            97..100 => {
                let days = self.dice.between(-40, 120);
                self.note(format!("{}'s clock jumps {days} days", self.phones[phone].name));
                self.count("clock jumped");
                self.phones[phone].clock.advance_ms(days * DAY_MS);
                if self.dice.chance(30) {
                    self.relay.clock.advance_ms(days.abs() * DAY_MS);
                }
            }
            _ => {
                if !self.nemeses.is_empty() {
                    let nemesis = self.dice.weighted(&self.nemeses.clone());
                    self.strike(nemesis, phone)?;
                }
            }
        }
        self.check_phone(phone)?;
        // A herd, or another phone meanwhile: what these heard of is known too before the next step (seed 811993510).
        for other in 0..self.phones.len() {
            self.check_cursor(other)?;
        }
        Ok(())
    }

    /// What goes wrong with packs next.
    pub(crate) fn pack_fault(&mut self) -> Option<PackFault> {
        self.dice.weighted(&self.pack_faults.clone())
    }

    /// Time passes for everybody.
    pub(crate) fn pass_ms(&mut self, ms: i64) {
        for one in &self.phones {
            one.clock.advance_ms(ms);
        }
        self.relay.clock.advance_ms(ms);
        self.passed_ms += ms;
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.relay.clock.now_ms()
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
        if let Some((hash, before)) = self.followed.take() {
            let now = self.who_has(hash);
            if now != before {
                self.trace.push(format!("the followed change is with {now:?}"));
            }
            self.followed = Some((hash, now));
        }
    }

    /// What happened to the records that an error names, and the last steps; all of it where the error names none, or where
    /// a change is followed.
    pub(crate) fn story(&self, error: &str) -> String {
        let ids: Vec<&str> = error
            .split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
            .filter(|word| word.len() == 36)
            .collect();
        let last = self.trace.len().saturating_sub(12);
        let told = self.trace.iter().enumerate().filter(|(at, line)| {
            let asked = ids.is_empty() || self.followed.is_some();
            asked || *at >= last || ids.iter().any(|id| line.contains(id)) || !line.contains('-')
        });
        told.map(|(at, line)| format!("{at:4} {line}"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(crate) fn trace_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.trace.hash(&mut hasher);
        hasher.finish()
    }
}
