//! `satchel admin`: the same management as over HTTP, directly on the database file, also beside a running relay.

mod device;
mod explain;
mod figure;
mod key;
pub(crate) mod lookup;
mod member;
mod org;
pub mod output;
mod quarantine;
mod restore;
mod scope;
mod sign_in;
mod team;

use clap::{Args, Subcommand};
use satchel_core::clock::{Clock, Entropy, SystemClock, SystemEntropy};

use crate::config::Config;
use crate::identity::IdentityError;
use crate::relay::{Limits, RelayError};
use crate::store::StoreError;
use crate::store::sqlite::File;

/// Manage organisation, teams, members, devices and keys.
#[derive(Debug, Args)]
pub struct Admin {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create the organisation in a new database.
    Init(org::Init),
    /// Teams: a tree under the organisation.
    #[command(subcommand)]
    Team(team::Team),
    /// Members: who they are and where they belong.
    #[command(subcommand)]
    Member(member::Member),
    /// Invite one device of a member: prints code, link and QR code.
    Invite(device::Invite),
    /// Devices: listed and revoked.
    #[command(subcommand)]
    Device(device::Device),
    /// Assign a record to one more member.
    Assign(scope::Assign),
    /// Take a record from a member.
    Unassign(scope::Assign),
    /// Hand a record over, in one step.
    Handover(scope::HandOver),
    /// Scopes: where records hang and whose they are.
    #[command(subcommand)]
    Scope(scope::Scope),
    /// Pushes that wait for a decision.
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    /// After the database was put back from a backup: look, then serve again.
    #[command(subcommand)]
    Restore(restore::Restore),
    /// What the dashboard's figures are made of: checked against the records, or counted from them anew.
    #[command(subcommand)]
    Figures(figure::Figures),
    /// Why a record is on a device or not.
    Explain(explain::Explain),
    /// Make a link that signs a member in to the dashboard, once.
    SignIn(sign_in::SignIn),
    /// Sign all browsers of a member out of the dashboard.
    SignOut(sign_in::SignOut),
    /// Keys of integrators.
    #[command(subcommand)]
    Key(key::Key),
}

/// What every command works with.
struct Desk<'a> {
    file: File,
    config: &'a Config,
    now_ms: i64,
    entropy: &'a dyn Entropy,
}

impl Desk<'_> {
    /// The limits that the relay keeps.
    fn limits(&self) -> Limits {
        Limits::new(self.config.limits.document_bytes, self.config.limits.batch_bytes)
    }
}

impl Admin {
    /// Does what was asked and prints the outcome.
    ///
    /// # Errors
    /// [`AdminError`], in the operator's words.
    pub fn run(self, config: &Config) -> Result<(), AdminError> {
        let path = config.database_path();
        if matches!(self.action, Action::Init(_)) {
            config.create_directory()?;
        } else if !path.is_file() {
            return Err(AdminError::NoDatabase(path.display().to_string()));
        }
        let mut desk = Desk {
            file: File::open(&path)?,
            config,
            now_ms: SystemClock.now_ms(),
            entropy: &SystemEntropy,
        };
        let answer = match self.action {
            Action::Init(init) => init.run(&mut desk),
            Action::Team(team) => team.run(&mut desk),
            Action::Member(member) => member.run(&mut desk),
            Action::Invite(invite) => invite.run(&mut desk),
            Action::Device(device) => device.run(&mut desk),
            Action::Assign(assign) => assign.give(&mut desk),
            Action::Unassign(assign) => assign.take(&mut desk),
            Action::Handover(handover) => handover.run(&mut desk),
            Action::Scope(scope) => scope.run(&mut desk),
            Action::Quarantine(quarantine) => quarantine.run(&mut desk),
            Action::Restore(restore) => restore.run(&mut desk),
            Action::Figures(figures) => figures.run(&mut desk),
            Action::Explain(explain) => explain.run(&mut desk),
            Action::SignIn(sign_in) => sign_in.run(&mut desk),
            Action::SignOut(sign_out) => sign_out.run(&mut desk),
            Action::Key(key) => key.run(&mut desk),
        }?;
        Ok(answer.print(self.json)?)
    }
}

/// Why an administrative command was refused.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no database where the configuration says.
    #[error("no database at {0}: create it with `satchel admin init --name NAME`")]
    NoDatabase(String),
    /// A name stands for nobody, or for several.
    #[error("{what} `{given}`: {why}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// What was given on the command line.
        given: String,
        /// None, or several.
        why: &'static str,
    },
    /// What is kept of figures is not what the records say.
    #[error("{differing} of what is kept is not what the records say; `satchel admin figures rebuild` counts it anew")]
    FiguresDiffer {
        /// Rows that are wrong, missing, or too many.
        differing: u64,
    },
    /// No restore waits for a confirmation.
    #[error("no restore waits for a confirmation; `satchel admin restore begin` says that this database was put back")]
    NothingToConfirm,
    /// The rules about people refused it.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The relay's rules failed.
    #[error(transparent)]
    Relay(RelayError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The link is too long for a QR code.
    #[error("the QR code cannot be drawn: {0}")]
    Picture(#[from] qrcode::types::QrError),
    /// Standard output is gone, or the directory cannot be made.
    #[error("{0}")]
    System(#[from] std::io::Error),
}
