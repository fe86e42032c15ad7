//! `satchel admin key`.

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::lookup::{self, instant, instant_or_dash};
use super::output::Answer;
use super::{AdminError, Desk};
use crate::identity::{Actor, key};
use crate::store::people::ApiKey;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key that acts as a member; its secret is printed once.
    Create {
        /// The member, by name or id.
        #[arg(long)]
        member: String,
        /// What it is for.
        #[arg(long, default_value = "integration")]
        name: String,
    },
    /// List keys.
    List,
    /// Revoke a key at once.
    Revoke {
        /// The key's id.
        key: Uuid,
    },
}

impl Key {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let (now_ms, entropy) = (desk.now_ms, desk.entropy);
        desk.file.write(|tx| match self {
            Self::Create { member, name } => {
                let member = lookup::member(tx, &member)?;
                let (made, secret) = key::create(tx, &Actor::Operator, member, &name, now_ms, entropy)?;
                let mut json = view(&made);
                if let Some(fields) = json.as_object_mut() {
                    fields.insert("secret".into(), secret.clone().into());
                }
                Ok(Answer::new(
                    format!("key    {}\nsecret {secret}", Uuid::from_bytes(made.id)),
                    json,
                ))
            }
            Self::List => {
                let keys = key::list(tx, &Actor::Operator, None, usize::MAX)?;
                let row = |key: &ApiKey| {
                    vec![
                        Uuid::from_bytes(key.id).to_string(),
                        key.member.to_string(),
                        instant(key.created_at_ms),
                        instant_or_dash(key.revoked_at_ms),
                        key.name.clone(),
                    ]
                };
                let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
                let header = ["id", "member", "created", "revoked", "name"];
                Ok(Answer::table(&header, &rows, keys.iter().map(view).collect()))
            }
            Self::Revoke { key } => {
                let revoked = key::revoke(tx, &Actor::Operator, key.as_bytes(), now_ms)?;
                Ok(Answer::new(format!("revoked {key}"), view(&revoked)))
            }
        })
    }
}

fn view(key: &ApiKey) -> Value {
    json!({
        "id": Uuid::from_bytes(key.id), "member": key.member, "name": key.name,
        "created_at": instant(key.created_at_ms), "revoked_at": key.revoked_at_ms.map(instant),
    })
}
