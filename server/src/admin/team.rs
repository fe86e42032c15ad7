//! `satchel admin team`.

use clap::Subcommand;
use satchel_core::clock::random;
use satchel_core::ids::TeamId;
use serde_json::{Value, json};

use super::output::Answer;
use super::{AdminError, Desk, lookup};
use crate::identity::{Actor, team};
use crate::store::people::{self, Directory};

#[derive(Debug, Subcommand)]
pub(super) enum Team {
    /// Add a team.
    Add {
        /// Its name.
        name: String,
        /// The team above, by name or id; right under the organisation where absent.
        #[arg(long, value_name = "TEAM")]
        parent: Option<String>,
    },
    /// List all teams.
    List,
    /// Hang a team, with everything under it, elsewhere.
    Move {
        /// The team, by name or id.
        team: String,
        /// The team above, by name or id; right under the organisation where absent.
        #[arg(long, value_name = "TEAM")]
        parent: Option<String>,
    },
    /// Give a team another name.
    Rename {
        /// The team, by name or id.
        team: String,
        /// Its new name.
        name: String,
    },
}

impl Team {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        let id = TeamId::ordered(now_ms, random(desk.entropy));
        desk.file.write(|tx| {
            let team = match self {
                Self::Add { name, parent } => {
                    let parent = parent.map(|given| lookup::team(tx, &given)).transpose()?;
                    team::add(tx, &Actor::Operator, id, &name, parent, now_ms)?
                }
                Self::Move { team, parent } => {
                    let id = lookup::team(tx, &team)?;
                    let parent = parent.map(|given| lookup::team(tx, &given)).transpose()?;
                    team::reparent(tx, &Actor::Operator, id, parent, now_ms)?
                }
                Self::Rename { team, name } => {
                    let id = lookup::team(tx, &team)?;
                    team::rename(tx, &Actor::Operator, id, &name)?
                }
                Self::List => return Ok(list(&tx.teams(None, usize::MAX)?)),
            };
            Ok(Answer::new(format!("team {} {}", team.id, team.name), view(&team)))
        })
    }
}

fn list(teams: &[people::Team]) -> Answer {
    let parent = |team: &people::Team| team.parent.map_or_else(|| "-".into(), |parent| parent.to_string());
    let rows: Vec<Vec<String>> = teams
        .iter()
        .map(|team| vec![team.id.to_string(), parent(team), team.name.clone()])
        .collect();
    Answer::table(&["id", "parent", "name"], &rows, teams.iter().map(view).collect())
}

fn view(team: &people::Team) -> Value {
    json!({ "id": team.id, "parent": team.parent, "name": team.name })
}
