//! `satchel admin assign`, `unassign`, `handover` and `scope`.

use clap::{Args, Subcommand, ValueEnum};
use satchel_core::ids::ScopeId;
use serde_json::json;

use super::output::Answer;
use super::{AdminError, Desk, lookup};
use crate::identity::assignment::{self, Handover};
use crate::identity::{Actor, scope};
use crate::store::People;
use crate::store::people::{ScopeKind, Tree};

#[derive(Debug, Args)]
pub(super) struct Assign {
    /// The record's id.
    scope: ScopeId,
    /// The member, by name or id.
    member: String,
}

impl Assign {
    pub(super) fn give(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        desk.file.write(|tx| {
            let member = lookup::member(tx, &self.member)?;
            assignment::assign(tx, &Actor::Operator, self.scope, member, now_ms)?;
            holders(tx, self.scope)
        })
    }

    pub(super) fn take(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        desk.file.write(|tx| {
            let member = lookup::member(tx, &self.member)?;
            assignment::unassign(tx, &Actor::Operator, self.scope, member, now_ms)?;
            holders(tx, self.scope)
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct HandOver {
    /// The record's id.
    scope: ScopeId,
    /// Who takes it, by name or id.
    #[arg(long)]
    to: String,
    /// Who gives it, by name or id; everybody it is assigned to where absent.
    #[arg(long)]
    from: Option<String>,
    /// Leave it under the team where it hangs.
    #[arg(long)]
    keep_team: bool,
}

impl HandOver {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        desk.file.write(|tx| {
            let handover = Handover {
                from: self.from.map(|given| lookup::member(tx, &given)).transpose()?,
                to: lookup::member(tx, &self.to)?,
                keep_team: self.keep_team,
            };
            assignment::hand_over(tx, &Actor::Operator, self.scope, &handover, now_ms)?;
            holders(tx, self.scope)
        })
    }
}

fn holders(tx: &dyn People, id: ScopeId) -> Result<Answer, AdminError> {
    let members = scope::assignees(tx, id)?;
    let names: Vec<String> = members.iter().map(ToString::to_string).collect();
    let text = if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", ")
    };
    Ok(Answer::new(
        format!("{id} is assigned to {text}"),
        json!({ "scope": id, "assignees": members }),
    ))
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum KindName {
    /// The root.
    Org,
    /// Teams.
    Team,
    /// What belongs to one member.
    Member,
    /// Records that are scopes of their own.
    Record,
    /// What only its owner sees.
    Private,
}

impl From<KindName> for ScopeKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Org => Self::Org,
            KindName::Team => Self::Team,
            KindName::Member => Self::Member,
            KindName::Record => Self::Record,
            KindName::Private => Self::Private,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Scope {
    /// List scopes with their place and holders.
    List {
        /// Of this kind only.
        #[arg(long)]
        kind: Option<KindName>,
    },
}

impl Scope {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let Self::List { kind } = self;
        desk.file.write(|tx| {
            let mut rows = Vec::new();
            let mut views = Vec::new();
            for found in tx.scopes(kind.map(Into::into), None, usize::MAX)? {
                let holders = scope::assignees(tx, found.id)?;
                let word = word(found.kind);
                let parent = found.parent.map_or_else(|| "-".into(), |parent| parent.to_string());
                let names: Vec<String> = holders.iter().map(ToString::to_string).collect();
                rows.push(vec![found.id.to_string(), word.to_owned(), parent, names.join(",")]);
                views.push(json!({ "id": found.id, "kind": word, "parent": found.parent, "assignees": holders }));
            }
            Ok(Answer::table(
                &["id", "kind", "parent", "assignees"],
                &rows,
                views.into(),
            ))
        })
    }
}

fn word(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Org => "org",
        ScopeKind::Team => "team",
        ScopeKind::Member => "member",
        ScopeKind::Record => "record",
        ScopeKind::Private => "private",
    }
}
