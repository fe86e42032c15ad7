//! `satchel admin sign-in` and `satchel admin sign-out`.

use clap::Args;
use serde_json::json;

use super::lookup::{self, instant};
use super::output::Answer;
use super::{AdminError, Desk};
use crate::identity::{Actor, browser};

#[derive(Debug, Args)]
pub(super) struct SignIn {
    /// The member, by name or id.
    member: String,
    /// Address of the relay as the browser reaches it; `public_url` of the configuration where absent.
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
}

impl SignIn {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let relay = self.relay.unwrap_or_else(|| desk.config.relay_url());
        let (lifetime_s, now_ms, entropy) = (desk.config.sign_in_link_lifetime_s, desk.now_ms, desk.entropy);
        let (member, made) = desk.file.write::<_, AdminError>(|tx| {
            let member = lookup::member(tx, &self.member)?;
            let made = browser::link(tx, &Actor::Operator, member, &relay, lifetime_s, now_ms, entropy)?;
            Ok((member, made))
        })?;
        let until = instant(made.expires_at_ms);
        let text = format!("link  {}\nuntil {until}, once", made.url);
        let json = json!({ "member_id": member, "link": made.url, "expires_at": until });
        Ok(Answer::new(text, json))
    }
}

#[derive(Debug, Args)]
pub(super) struct SignOut {
    /// The member, by name or id.
    member: String,
}

impl SignOut {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        let (member, ended) = desk.file.write::<_, AdminError>(|tx| {
            let member = lookup::member(tx, &self.member)?;
            let ended = browser::sign_out_everywhere(tx, &Actor::Operator, member, now_ms)?;
            Ok((member, ended))
        })?;
        let json = json!({ "member_id": member, "ended": ended });
        Ok(Answer::new(format!("{ended} browsers signed out"), json))
    }
}
