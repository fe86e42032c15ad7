use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use satchel_core::ids::{DocumentId, MemberId};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Phone, Relay};

/// A small sales team with a relay: one team, a manager, and reps. Everything is gone when it is dropped.
pub struct Team {
    /// The relay.
    pub relay: Relay,
    directory: TempDir,
    runtime: Arc<Runtime>,
}

/// A member, as a story speaks of him.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name.
    pub name: String,
    /// The member.
    pub id: MemberId,
}

impl Team {
    /// An organisation with one team named `North` and an admin named `Ada`; the relay runs.
    ///
    /// # Errors
    /// Where the relay does not come up.
    pub fn new() -> Result<Self> {
        let directory = TempDir::new()?;
        Relay::admin_on(
            directory.path(),
            &["init", "--name", "Acme Beverages", "--admin", "Ada"],
        )?;
        Relay::admin_on(directory.path(), &["team", "add", "North"])?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let relay = Relay::start(directory.path())?;
        Ok(Self {
            relay,
            directory,
            runtime: Arc::new(runtime),
        })
    }

    /// Adds a team under the organisation.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn add_team(&self, name: &str) -> Result<()> {
        self.relay.admin(&["team", "add", name])?;
        Ok(())
    }

    /// Adds a member to team `North`.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn add(&self, name: &str, role: &str) -> Result<Person> {
        self.add_to(name, role, "North", "Asia/Shanghai")
    }

    /// Adds a member to a team.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn add_to(&self, name: &str, role: &str, team: &str, zone: &str) -> Result<Person> {
        let added = self.relay.admin(&[
            "member",
            "add",
            name,
            "--role",
            role,
            "--team",
            team,
            "--time-zone",
            zone,
        ])?;
        let id = text(&added, "id")?.parse()?;
        Ok(Person {
            name: name.to_owned(),
            id,
        })
    }

    /// A new phone for a member, enrolled and empty.
    ///
    /// # Errors
    /// Where the relay does not take it.
    pub fn phone(&self, person: &Person) -> Result<Phone> {
        Phone::enrol(
            self.directory.path(),
            Arc::clone(&self.runtime),
            &self.relay.url(),
            &self.invite(person.id)?,
            "Asia/Shanghai",
        )
    }

    /// The code of a new invite.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn invite(&self, member: MemberId) -> Result<String> {
        text(&self.relay.admin(&["invite", &member.to_string()])?, "code")
    }

    /// A rep with his first phone, synced.
    ///
    /// # Errors
    /// Where the relay does not take it.
    pub fn rep(&self, name: &str) -> Result<Phone> {
        let phone = self.phone(&self.add(name, "rep")?)?;
        phone.sync()?;
        Ok(phone)
    }

    /// The manager of team `North` with a phone, synced.
    ///
    /// # Errors
    /// Where the relay does not take it.
    pub fn manager(&self, name: &str) -> Result<Phone> {
        let phone = self.phone(&self.add(name, "manager")?)?;
        phone.sync()?;
        Ok(phone)
    }

    /// Assigns a record to one more member.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn assign(&self, record: impl Into<DocumentId>, member: MemberId) -> Result<()> {
        self.relay
            .admin(&["assign", &record.into().to_string(), &member.to_string()])?;
        Ok(())
    }

    /// Hands a record over to another member.
    ///
    /// # Errors
    /// Where the relay's command fails.
    pub fn hand_over(&self, record: impl Into<DocumentId>, to: MemberId) -> Result<()> {
        self.relay
            .admin(&["handover", &record.into().to_string(), "--to", &to.to_string()])?;
        Ok(())
    }

    /// Where the team's files are.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// The runtime that carries everybody's network.
    #[must_use]
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no {name} in the answer"))?.to_owned())
}
