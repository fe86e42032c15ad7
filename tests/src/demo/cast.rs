//! The people of the demo, each with a phone.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono_tz::Tz;
use satchel_core::exchange::label::Language;
use serde_json::Value;

use super::calendar::{self, Calendar};
use super::desk::{Desk, Office};
use super::paper::Paper;
use super::tongue;
use crate::field::Phone;

/// Name of the admin.
pub(super) const ADMIN: &str = "Grace Hall";

/// A rep who has never synced: what she did is not known, which is not the same as nothing.
pub(super) const UNHEARD: &str = "Nina Petrova";

const EAST: &str = "East 东区";
const WEST: &str = "West 西区";

/// Name, role, team, language, zone.
const PEOPLE: &[(&str, &str, &str, &str, &str)] = &[
    (ADMIN, "admin", EAST, "en", "America/New_York"),
    ("王伟 Wang Wei", "manager", EAST, "zh-CN", "America/New_York"),
    ("Emma Clark", "manager", WEST, "en", "America/Los_Angeles"),
    ("李娜 Li Na", "rep", EAST, "zh-CN", "America/New_York"),
    ("Tom Baker", "rep", EAST, "en", "America/New_York"),
    ("张敏 Zhang Min", "rep", EAST, "zh-CN", "Asia/Shanghai"),
    ("陈杰 Chen Jie", "rep", WEST, "zh-CN", "America/Los_Angeles"),
    ("Sofia Rossi", "rep", WEST, "en", "America/Denver"),
    ("Bo Jensen", "rep", WEST, "en", "America/Chicago"),
];

/// A person with a phone.
pub(super) struct Player {
    /// The phone.
    pub(super) phone: Phone,
    /// The language of the person.
    pub(super) language: Language,
    /// Where the person works.
    pub(super) zone: Tz,
    /// When the demo plays.
    pub(super) calendar: Calendar,
}

impl Player {
    /// Turns the phone's clock to a time of the demo's Monday, where the person is.
    pub(super) fn at(&self, hour: u32, minute: u32) -> Result<()> {
        self.phone
            .clock
            .set_ms(calendar::at(self.calendar.monday, hour, minute, self.zone)?);
        Ok(())
    }
}

/// Everybody.
pub(super) struct Cast {
    /// Runs the organisation.
    pub(super) admin: Player,
    /// The manager of each team.
    pub(super) managers: Vec<Player>,
    /// Three reps of the first team, then three of the second.
    pub(super) reps: Vec<Player>,
}

impl Cast {
    /// Adds the people to the organisation, and enrols a phone for each by an invite.
    pub(super) fn enrol(office: &Office, calendar: Calendar) -> Result<Self> {
        for team in [EAST, WEST] {
            office.relay.admin(&["team", "add", team])?;
        }
        let (mut admin, mut managers, mut reps) = (None, Vec::new(), Vec::new());
        for (name, role, team, locale, zone) in PEOPLE {
            let (language, zone_name) = (["--locale", locale], ["--time-zone", zone]);
            let mut arguments = vec!["member", "add", name, "--role", role];
            if *role != "admin" {
                arguments.extend(["--team", team]);
            }
            arguments.extend(language.into_iter().chain(zone_name));
            let added = office.relay.admin(&arguments)?;
            let id = added.get("id").and_then(Value::as_str).context("no id")?;
            let invite = office.relay.admin(&["invite", id])?;
            let code = invite.get("code").and_then(Value::as_str).context("no code")?;
            let (runtime, url) = (Arc::clone(&office.runtime), office.relay.url());
            let phone = Phone::enrol(&office.phones(), runtime, &url, code, zone)?;
            let player = Player {
                phone,
                language: Language::of_tag(locale),
                zone: zone.parse()?,
                calendar,
            };
            player.at(7, 0)?;
            match *role {
                "admin" => admin = Some(player),
                "manager" => managers.push(player),
                _ => reps.push(player),
            }
        }
        let unheard = ["member", "add", UNHEARD, "--role", "rep", "--team", WEST];
        office.relay.admin(&unheard)?;
        Ok(Self {
            admin: admin.context("no admin")?,
            managers,
            reps,
        })
    }

    /// Everybody, the admin first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Player> {
        std::iter::once(&self.admin).chain(&self.managers).chain(&self.reps)
    }

    /// Prints who the relay says there are.
    pub(super) fn introduce(&self, paper: &mut Paper, desk: &Desk) -> Result<()> {
        let teams = desk.all("/v1/teams")?;
        let teams: BTreeMap<&str, &str> = teams
            .iter()
            .map(|team| (part(team, "id"), part(team, "name")))
            .collect();
        let members = desk.all("/v1/members")?;
        for member in &members {
            let team = teams.get(part(member, "team")).copied().unwrap_or("whole organisation");
            let language = Language::of_tag(part(member, "locale"));
            paper.line(format!(
                "{} · {} · {team} · {} · {}",
                part(member, "name"),
                tongue::role(language, part(member, "role")),
                part(member, "locale"),
                part(member, "time_zone"),
            ));
        }
        let devices = desk.all("/v1/devices?all=true")?;
        paper.line(format!(
            "{} members, {} phones enrolled by invite",
            members.len(),
            devices.len()
        ));
        for player in self.all() {
            player.phone.sync()?;
            let known = player.phone.engine.read(|reader| Ok(reader.members()?))?.len();
            if known != members.len() {
                paper.disagree(format!(
                    "{} knows {known} members, the relay {}",
                    player.phone.name,
                    members.len()
                ));
            }
        }
        Ok(())
    }
}

fn part<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
