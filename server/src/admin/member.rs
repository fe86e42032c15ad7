//! `satchel admin member`.

use clap::{Args, Subcommand, ValueEnum};
use satchel_core::clock::random;
use satchel_core::ids::MemberId;
use satchel_core::policy::Role;
use serde_json::{Value, json};

use super::output::Answer;
use super::{AdminError, Desk, lookup};
use crate::identity::Actor;
use crate::identity::member::{self, MemberPatch, NewMember};
use crate::store::people::{self, Directory};

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    /// Works with customers.
    Rep,
    /// Answers for a team and the teams below it.
    Manager,
    /// Runs the organisation.
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Rep => Self::Rep,
            RoleName::Manager => Self::Manager,
            RoleName::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Add a member.
    Add {
        /// The name.
        name: String,
        /// What the person will be.
        #[arg(long, default_value = "rep")]
        role: RoleName,
        /// The team, by name or id; only an admin may have none.
        #[arg(long)]
        team: Option<String>,
        /// Language tag.
        #[arg(long, default_value = "en")]
        locale: String,
        /// IANA name of the time zone.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
    /// List all members, those who left included.
    List,
    /// Change a member.
    Edit(Edit),
}

#[derive(Debug, Args)]
pub(super) struct Edit {
    /// The member, by name or id.
    member: String,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    /// Another role.
    #[arg(long)]
    role: Option<RoleName>,
    /// Another team, by name or id.
    #[arg(long)]
    team: Option<String>,
    /// No team (admins only).
    #[arg(long, conflicts_with = "team")]
    no_team: bool,
    /// Another language.
    #[arg(long)]
    locale: Option<String>,
    /// Another time zone.
    #[arg(long)]
    time_zone: Option<String>,
    /// The person has left: grants, devices and keys are taken.
    #[arg(long)]
    left: bool,
    /// The person is back.
    #[arg(long, conflicts_with = "left")]
    back: bool,
}

impl Member {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        let id = MemberId::ordered(now_ms, random(desk.entropy));
        desk.file.write(|tx| {
            let member = match self {
                Self::List => return Ok(list(&tx.members(None, usize::MAX)?)),
                Self::Add {
                    name,
                    role,
                    team,
                    locale,
                    time_zone,
                } => {
                    let team = team.map(|given| lookup::team(tx, &given)).transpose()?;
                    let new = NewMember {
                        name,
                        role: role.into(),
                        team,
                        locale,
                        time_zone,
                    };
                    member::add(tx, &Actor::Operator, id, &new, now_ms)?
                }
                Self::Edit(edit) => {
                    let id = lookup::member(tx, &edit.member)?;
                    let team = match &edit.team {
                        Some(given) => Some(Some(lookup::team(tx, given)?)),
                        None => edit.no_team.then_some(None),
                    };
                    let active = match (edit.left, edit.back) {
                        (true, _) => Some(false),
                        (_, true) => Some(true),
                        _ => None,
                    };
                    let patch = MemberPatch {
                        name: edit.name,
                        role: edit.role.map(Into::into),
                        team,
                        locale: edit.locale,
                        time_zone: edit.time_zone,
                        active,
                    };
                    member::edit(tx, &Actor::Operator, id, &patch, now_ms)?
                }
            };
            Ok(Answer::new(
                format!("member {} {}", member.id, member.name),
                view(&member),
            ))
        })
    }
}

fn list(members: &[people::Member]) -> Answer {
    let row = |member: &people::Member| {
        vec![
            member.id.to_string(),
            role(member.role).to_owned(),
            member.team.map_or_else(|| "-".into(), |team| team.to_string()),
            member.locale.clone(),
            member.time_zone.clone(),
            if member.active { "active" } else { "left" }.to_owned(),
            member.name.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = members.iter().map(row).collect();
    let header = ["id", "role", "team", "locale", "time zone", "state", "name"];
    Answer::table(&header, &rows, members.iter().map(view).collect())
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Rep => "rep",
        Role::Manager => "manager",
        Role::Admin => "admin",
    }
}

fn view(member: &people::Member) -> Value {
    json!({
        "id": member.id, "role": member.role, "team": member.team, "name": member.name, "locale": member.locale,
        "time_zone": member.time_zone, "active": member.active,
    })
}
