//! `satchel admin invite` and `satchel admin device`.

use clap::{Args, Subcommand};
use satchel_core::ids::DeviceId;
use serde_json::{Value, json};

use super::lookup::{self, instant, instant_or_dash};
use super::output::Answer;
use super::{AdminError, Desk};
use crate::identity::{Actor, device, invite};
use crate::qr;
use crate::store::people::{self, Enrolment, WipeReceipt};

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// The member, by name or id.
    member: String,
    /// Address of the relay as the device reaches it; `public_url` of the configuration where absent.
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
}

impl Invite {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let relay = self.relay.unwrap_or_else(|| desk.config.relay_url());
        let (lifetime_h, now_ms, entropy) = (desk.config.invite_lifetime_h, desk.now_ms, desk.entropy);
        let (member, made) = desk.file.write::<_, AdminError>(|tx| {
            let member = lookup::member(tx, &self.member)?;
            Ok((
                member,
                invite::create(tx, &Actor::Operator, member, &relay, lifetime_h, now_ms, entropy)?,
            ))
        })?;
        let until = instant(made.expires_at_ms);
        let picture = qr::terminal(&made.link)?;
        let text = format!(
            "{picture}\ncode  {}\nlink  {}\nuntil {until}, for one device",
            made.code, made.link
        );
        let json = json!({ "member_id": member, "code": made.code, "link": made.link, "expires_at": until });
        Ok(Answer::new(text, json))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// List devices.
    List {
        /// Of this member only, by name or id.
        #[arg(long)]
        member: Option<String>,
    },
    /// Revoke a device: its tokens die at once, and it may only hand in what it still holds.
    Revoke {
        /// The device's id.
        device: DeviceId,
    },
}

impl Device {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let now_ms = desk.now_ms;
        desk.file.write(|tx| match self {
            Self::List { member } => {
                let of = member.map(|given| lookup::member(tx, &given)).transpose()?;
                let mut devices = Vec::new();
                for device in device::list(tx, &Actor::Operator, of, None, usize::MAX)? {
                    let wipe = tx.wipe_receipt(device.id)?;
                    devices.push((device, wipe));
                }
                Ok(list(&devices))
            }
            Self::Revoke { device } => {
                let revoked = device::revoke(tx, &Actor::Operator, device, now_ms)?;
                Ok(Answer::new(format!("revoked {}", revoked.id), view(&revoked, None)))
            }
        })
    }
}

fn list(devices: &[(people::Device, Option<WipeReceipt>)]) -> Answer {
    let row = |(device, wipe): &(people::Device, Option<WipeReceipt>)| {
        vec![
            device.id.to_string(),
            device.member.to_string(),
            device.platform.clone(),
            instant_or_dash(device.last_seen_at_ms),
            instant_or_dash(device.revoked_at_ms),
            instant_or_dash(wipe.as_ref().map(|wipe| wipe.at_ms)),
            device.name.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = devices.iter().map(row).collect();
    let header = ["id", "member", "platform", "last seen", "revoked", "wiped", "name"];
    let json = devices.iter().map(|(device, wipe)| view(device, wipe.as_ref()));
    Answer::table(&header, &rows, json.collect())
}

fn view(device: &people::Device, wipe: Option<&WipeReceipt>) -> Value {
    json!({
        "id": device.id, "member": device.member, "name": device.name, "platform": device.platform,
        "created_at": instant(device.created_at_ms), "last_seen_at": device.last_seen_at_ms.map(instant),
        "revoked_at": device.revoked_at_ms.map(instant), "wiped_at": wipe.map(|wipe| instant(wipe.at_ms)),
        "wiped_documents": wipe.map(|wipe| wipe.documents),
    })
}
