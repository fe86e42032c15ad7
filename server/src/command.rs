//! The command line of the program `satchel`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::admin::{self, AdminError};
use crate::api;
use crate::config::{Config, ConfigError};
use crate::exchange::{self, ExchangeError};
use crate::serve::{self, ServeError};

/// The relay of Satchel and its tools.
#[derive(Debug, Parser)]
#[command(name = "satchel", version)]
pub struct Command {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the relay until SIGTERM or SIGINT.
    Serve(ServeFlags),
    /// Print the configuration that `serve` would use, after file, environment and flags, as TOML.
    PrintConfig(ServeFlags),
    /// Print the OpenAPI document of the relay's REST API, as served under `/v1/openapi.json`.
    Openapi,
    /// Manage organisation, teams, members, devices and keys, directly on the database.
    Admin(admin::Admin),
    Import(exchange::Import),
    Export(exchange::Export),
}

/// Where to find configuration and database; the same for every command.
#[derive(Debug, Args)]
pub struct Settings {
    /// TOML file with settings.
    #[arg(long, global = true, env = "SATCHEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the database and other files of the relay.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The database file itself; by default `relay.sqlite` in the data directory.
    #[arg(long, global = true, value_name = "FILE")]
    database: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
struct ServeFlags {
    /// Address to listen on; port 0 takes a free one, printed as `listening on …`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// Address of `/metrics`; port 0 takes a free one, printed as `metrics on …`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics_listen: Option<std::net::SocketAddr>,
    /// Address under which devices reach this relay, for invites.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// `text` or `json`.
    #[arg(long)]
    log_format: Option<crate::config::LogFormat>,
    /// For example `info,satchel_server=debug`.
    #[arg(long)]
    log_filter: Option<String>,
}

/// The flags as the topmost layer of configuration: what was not given is left to the layers below.
#[derive(Debug, Serialize)]
struct Flags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<&'a PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<std::net::SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_listen: Option<std::net::SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<crate::config::LogFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_filter: Option<&'a String>,
}

impl Settings {
    fn load(&self, flags: &ServeFlags) -> Result<Config, ConfigError> {
        Config::load(
            self.config.as_deref(),
            &Flags {
                data_dir: self.data_dir.as_ref(),
                database: self.database.as_ref(),
                listen: flags.listen,
                metrics_listen: flags.metrics_listen,
                public_url: flags.public_url.as_ref(),
                log_format: flags.log_format,
                log_filter: flags.log_filter.as_ref(),
            },
        )
    }
}

impl Command {
    /// Does what the command line asks.
    ///
    /// # Errors
    /// What the operator has to know, in his words.
    pub fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Serve(flags) => Ok(serve::run(&self.settings.load(&flags)?)?),
            Action::PrintConfig(flags) => {
                admin::output::line(&self.settings.load(&flags)?.to_toml()?)?;
                Ok(())
            }
            Action::Openapi => {
                admin::output::line(&serde_json::to_string_pretty(&api::document()?)?)?;
                Ok(())
            }
            Action::Admin(admin) => Ok(admin.run(&self.settings.load(&ServeFlags::default())?)?),
            Action::Import(import) => Ok(import.run(&self.settings.load(&ServeFlags::default())?)?),
            Action::Export(export) => Ok(export.run(&self.settings.load(&ServeFlags::default())?)?),
        }
    }
}

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The relay could not start or run.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The administration was refused or failed.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A list could not be read or written.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The description of the REST API cannot be written.
    #[error("the description cannot be written as JSON: {0}")]
    Description(#[from] serde_json::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}
