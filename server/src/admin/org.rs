//! `satchel admin init`.

use clap::Args;
use satchel_core::clock::random;
use satchel_core::ids::{MemberId, OrgId};
use satchel_core::policy::Role;
use serde_json::json;

use super::output::Answer;
use super::{AdminError, Desk};
use crate::identity::member::{self, NewMember};
use crate::identity::{Actor, org};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The organisation's name.
    #[arg(long)]
    name: String,
    /// Name of a first admin, if wanted.
    #[arg(long, value_name = "NAME")]
    admin: Option<String>,
    /// The first admin's language.
    #[arg(long, default_value = "en")]
    locale: String,
    /// The first admin's time zone.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
}

impl Init {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let id = OrgId::ordered(desk.now_ms, random(desk.entropy));
        let admin = MemberId::ordered(desk.now_ms, random(desk.entropy));
        let now_ms = desk.now_ms;
        let admin = desk.file.write::<_, AdminError>(|tx| {
            org::create(tx, id, &self.name, now_ms)?;
            let Some(name) = self.admin else {
                return Ok(None);
            };
            let new = NewMember {
                name,
                role: Role::Admin,
                team: None,
                locale: self.locale,
                time_zone: self.time_zone,
            };
            Ok(Some(member::add(tx, &Actor::Operator, admin, &new, now_ms)?.id))
        })?;
        let text = match admin {
            Some(admin) => format!("organisation {id}\nadmin        {admin}"),
            None => format!("organisation {id}"),
        };
        Ok(Answer::new(text, json!({ "org_id": id, "admin_id": admin })))
    }
}
