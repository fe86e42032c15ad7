//! Whose device this is, how it becomes so, and who else is there.

use satchel_core::engine::{Engine, Identity};
use satchel_core::ids::{DeviceId, MemberId, OrgId, TeamId};
use satchel_core::net::{Client, enrol};
use satchel_core::policy;
use satchel_core::schema::ViolationCode;
use url::Url;

use crate::runtime::{in_task, on_thread};
use crate::secret::Secrets;
use crate::{Satchel, SatchelError};

/// Whose device this is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Account {
    /// The organisation.
    pub org: OrgId,
    /// The person.
    pub member: MemberId,
    /// The device.
    pub device: DeviceId,
    /// What the person is in the organisation.
    pub role: Role,
    /// The person's name; absent before the first sync.
    pub name: Option<String>,
}

/// What a member is in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Role {
    /// Works with customers.
    Rep,
    /// Answers for a team and the teams below it.
    Manager,
    /// Runs the organisation.
    Admin,
    /// One that this version does not know.
    Unknown,
}

/// A member of the organisation, as of the last sync.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Member {
    /// The member.
    pub id: MemberId,
    /// The name.
    pub name: String,
    /// What the member is in the organisation.
    pub role: Role,
    /// The team.
    pub team: Option<TeamId>,
    /// Whether still with the organisation.
    pub active: bool,
}

/// A team, as of the last sync.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Team {
    /// The team.
    pub id: TeamId,
    /// The team above it.
    pub parent: Option<TeamId>,
    /// The name.
    pub name: String,
}

impl From<policy::Role> for Role {
    fn from(role: policy::Role) -> Self {
        match role {
            policy::Role::Rep => Self::Rep,
            policy::Role::Manager => Self::Manager,
            policy::Role::Admin => Self::Admin,
        }
    }
}

impl Role {
    fn read(text: &str) -> Self {
        match text {
            "rep" => Self::Rep,
            "manager" => Self::Manager,
            "admin" => Self::Admin,
            _ => Self::Unknown,
        }
    }
}

/// What an invite says.
struct Invite {
    relay: String,
    code: String,
}

impl Invite {
    /// A link (`satchel://enrol?relay=…&code=…`), or a bare code for the relay that is given beside it.
    fn read(invite: &str, relay: Option<String>) -> Result<Self, SatchelError> {
        let invalid = |name| SatchelError::invalid(name, ViolationCode::Malformed);
        let invite = invite.trim();
        let Ok(link) = Url::parse(invite) else {
            let relay = relay.ok_or_else(|| invalid("relay"))?;
            let code = invite.to_owned();
            return if code.is_empty() {
                Err(invalid("invite"))
            } else {
                Ok(Self { relay, code })
            };
        };
        let part = |name: &str| {
            let found = link.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let (Some(relay), Some(code)) = (part("relay"), part("code")) else {
            return Err(invalid("invite"));
        };
        Ok(Self { relay, code })
    }
}

#[uniffi::export]
impl Satchel {
    /// Whose device this is; absent before it is enrolled.
    ///
    /// # Errors
    /// As every reading.
    pub async fn account(&self) -> Result<Option<Account>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || account(&engine)).await
    }

    /// Redeems an invite: the link that the admin gave (or its QR code holds), or the bare code with the relay's
    /// address. The device's key is made here and kept in the app's secrets. Where the connection breaks, the same call
    /// again goes on where it was.
    ///
    /// A device that was revoked can enrol again, for the same person: what it still holds is handed in then. Another
    /// person's device takes another database.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `invite` where the invite does not hold or is another person's, at `relay` where
    /// that is no address; [`SatchelError::Offline`], [`SatchelError::Unavailable`], [`SatchelError::StorageFull`].
    pub async fn enrol(&self, invite: String, relay: Option<String>) -> Result<Account, SatchelError> {
        let invite = Invite::read(&invite, relay)?;
        let (engine, secrets) = (self.engine().clone(), self.secrets().clone());
        let (name, platform) = self.device_name();
        let client = self.client_place();
        in_task(async move {
            let (kept, relay) = (secrets.clone(), invite.relay.clone());
            let secret = on_thread(move || kept.enrolling(&relay)).await?;
            let key = secret.key().ok_or(SatchelError::SignedOut)?;
            let answer = enrol(&invite.relay, &invite.code, &name, &platform, &key).await?;
            on_thread(move || {
                let before = engine.identity()?;
                if before.is_some_and(|before| before.org != answer.org_id || before.member != answer.member_id) {
                    return Err(SatchelError::invalid("invite", ViolationCode::NotAllowed));
                }
                secrets.enrolled(secret, answer.device_id)?;
                engine.enrol(&Identity {
                    org: answer.org_id,
                    member: answer.member_id,
                    device: answer.device_id,
                    role: answer.role,
                })?;
                client.clear();
                secrets.settled()?;
                let account = account(&engine)?.ok_or(SatchelError::SignedOut)?;
                Ok(Account {
                    name: account.name.or(Some(answer.member_name)),
                    ..account
                })
            })
            .await
        })
        .await
    }

    /// Everybody in the organisation, as of the last sync.
    ///
    /// # Errors
    /// As every reading.
    pub async fn members(&self) -> Result<Vec<Member>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let members = engine.read(|reader| Ok(reader.members()?))?;
            let member = |member: satchel_core::store::DirectoryMember| Member {
                id: member.id,
                name: member.name,
                role: Role::read(&member.role),
                team: member.team,
                active: member.active,
            };
            Ok(members.into_iter().map(member).collect())
        })
        .await
    }

    /// Every team of the organisation, as of the last sync.
    ///
    /// # Errors
    /// As every reading.
    pub async fn teams(&self) -> Result<Vec<Team>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let teams = engine.read(|reader| Ok(reader.teams()?))?;
            let team = |team: satchel_core::store::DirectoryTeam| Team {
                id: team.id,
                parent: team.parent,
                name: team.name,
            };
            Ok(teams.into_iter().map(team).collect())
        })
        .await
    }
}

/// Whose device this is, with what the directory knows better since.
fn account(engine: &Engine) -> Result<Option<Account>, SatchelError> {
    let Some(identity) = engine.identity()? else {
        return Ok(None);
    };
    let known = engine.read(|reader| Ok(reader.member(identity.member)?))?;
    Ok(Some(Account {
        org: identity.org,
        member: identity.member,
        device: identity.device,
        role: match &known {
            Some(member) => Role::read(&member.role),
            None => identity.role.into(),
        },
        name: known.map(|member| member.name),
    }))
}

/// A client of the relay that the device is enrolled at.
pub(crate) fn client(engine: &Engine, secrets: &Secrets) -> Result<Client, SatchelError> {
    let identity = engine.identity()?.ok_or(SatchelError::SignedOut)?;
    let secret = secrets.device()?.ok_or(SatchelError::SignedOut)?;
    let key = secret.key().ok_or(SatchelError::SignedOut)?;
    if secret.device != Some(identity.device) {
        return Err(SatchelError::SignedOut);
    }
    let clock = std::sync::Arc::new(satchel_core::clock::SystemClock);
    Ok(Client::new(
        &secret.relay,
        identity.device,
        std::sync::Arc::new(key),
        clock,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_a_link_or_a_code_beside_an_address() {
        let link = "satchel://enrol?relay=https%3A%2F%2Frelay.example%3A8443&code=ABC-DEF";
        let invite = Invite::read(link, None).unwrap();
        assert_eq!(
            (invite.relay.as_str(), invite.code.as_str()),
            ("https://relay.example:8443", "ABC-DEF")
        );
        let invite = Invite::read(" ABC-DEF ", Some("https://relay.example".to_owned())).unwrap();
        assert_eq!(
            (invite.relay.as_str(), invite.code.as_str()),
            ("https://relay.example", "ABC-DEF")
        );
        for (text, field) in [
            ("ABC-DEF", "relay"),
            ("satchel://enrol?code=A", "invite"),
            ("", "relay"),
        ] {
            let Err(SatchelError::Invalid { violations }) = Invite::read(text, None) else {
                unreachable!("{text} was taken");
            };
            assert_eq!(violations[0].field, field, "{text}");
        }
    }
}
