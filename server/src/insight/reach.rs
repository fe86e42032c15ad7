//! Whose figures are asked for, and whether the caller may see them: a rep sees himself, a manager his team and those
//! below it, an admin everybody.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::ids::{MemberId, ScopeId, TeamId};
use satchel_core::policy::Role;

use super::InsightError;
use crate::identity::Session;
use crate::store::People;
use crate::store::people::{Member, Team};

/// What the whole is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// Everything that hangs under these nodes.
    Homes(BTreeSet<ScopeId>),
    /// What one member holds.
    Member(MemberId),
}

/// Whose figures are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The team that was named.
    pub team: Option<TeamId>,
    /// The members, by id: those who are here, without admins that belong to no team.
    pub members: Vec<Member>,
    /// What the whole is made of.
    pub whole: Whole,
    /// Whether the whole is the organisation: then nothing hangs elsewhere.
    pub everything: bool,
    /// The unit whose own targets are those of the whole: the team or organisation at the top, or the member.
    pub top: [u8; 16],
}

impl Reach {
    /// What a caller may see: of a team where one is named, else all of it.
    ///
    /// # Errors
    /// [`InsightError::NoSuchTeam`], [`InsightError::NotYours`], or where the store fails.
    pub fn of(tx: &dyn People, caller: &Session, team: Option<TeamId>) -> Result<Self, InsightError> {
        let teams = tx.teams(None, usize::MAX)?;
        if let Some(team) = team
            && !teams.iter().any(|known| known.id == team)
        {
            return Err(InsightError::NoSuchTeam);
        }
        let all = tx.members(None, usize::MAX)?;
        let here = all.into_iter().filter(|member| member.active);
        let top = match (caller.role, caller.team, team) {
            (Role::Admin, _, None) => None,
            (Role::Admin, _, Some(team)) => Some(team),
            (Role::Manager, Some(own), asked) => {
                if asked.is_some_and(|team| !below(&teams, own).contains(&team)) {
                    return Err(InsightError::NotYours);
                }
                Some(asked.unwrap_or(own))
            }
            (Role::Manager, None, Some(_)) | (Role::Rep, _, Some(_)) => return Err(InsightError::NotYours),
            (Role::Manager | Role::Rep, _, None) => {
                return Ok(Self {
                    team,
                    members: here.filter(|member| member.id == caller.member).collect(),
                    whole: Whole::Member(caller.member),
                    everything: false,
                    top: *caller.member.as_bytes(),
                });
            }
        };
        let under: BTreeSet<TeamId> = match top {
            Some(top) => below(&teams, top),
            None => teams.iter().map(|team| team.id).collect(),
        };
        let mut homes: BTreeSet<ScopeId> = under.iter().map(|team| ScopeId::from(*team)).collect();
        if top.is_none() {
            homes.insert(caller.org.into());
        }
        let counts = |member: &Member| match member.team {
            Some(team) => under.contains(&team),
            None => top.is_none() && member.role != Role::Admin,
        };
        Ok(Self {
            team,
            members: here.filter(counts).collect(),
            whole: Whole::Homes(homes),
            everything: top.is_none(),
            top: top.map_or(*caller.org.as_bytes(), |team| *team.as_bytes()),
        })
    }

    /// Whether records that hang under this node and are these members' are in the whole.
    #[must_use]
    pub fn has(&self, home: ScopeId, holders: &[MemberId]) -> bool {
        match &self.whole {
            Whole::Homes(homes) => homes.contains(&home),
            Whole::Member(member) => holders.contains(member),
        }
    }

    /// The units whose cells the whole is made of.
    #[must_use]
    pub fn units(&self) -> Vec<[u8; 16]> {
        match &self.whole {
            Whole::Homes(homes) => homes.iter().map(|home| *home.as_bytes()).collect(),
            Whole::Member(member) => vec![*member.as_bytes()],
        }
    }

    /// Where records must hang for a member's cell to be read; anywhere, where one asks about himself or about everybody.
    #[must_use]
    pub fn homes(&self) -> Option<&BTreeSet<ScopeId>> {
        match &self.whole {
            Whole::Homes(homes) if !self.everything => Some(homes),
            Whole::Homes(_) | Whole::Member(_) => None,
        }
    }

    /// The ids of the members.
    #[must_use]
    pub fn ids(&self) -> Vec<MemberId> {
        self.members.iter().map(|member| member.id).collect()
    }
}

/// A team and those below it.
fn below(teams: &[Team], top: TeamId) -> BTreeSet<TeamId> {
    let mut children: BTreeMap<TeamId, Vec<TeamId>> = BTreeMap::new();
    for team in teams {
        if let Some(parent) = team.parent {
            children.entry(parent).or_default().push(team.id);
        }
    }
    let (mut found, mut next) = (BTreeSet::new(), vec![top]);
    while let Some(team) = next.pop() {
        if found.insert(team) {
            next.extend(children.get(&team).into_iter().flatten());
        }
    }
    found
}
