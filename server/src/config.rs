//! Settings in layers: defaults, then a TOML file, then the environment (`SATCHEL_…`), then flags.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use satchel_core::wire::limit;
use serde::{Deserialize, Serialize};

/// Everything that can be set. A nested setting is `SATCHEL_LIMITS__BATCH_BYTES` in the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Directory of the database and other files of the relay. Created when missing.
    pub data_dir: PathBuf,
    /// The database file; `relay.sqlite` in the data directory where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<PathBuf>,
    /// Where devices and integrators connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` is served, apart from everything else. Port 0 takes a free one.
    pub metrics_listen: SocketAddr,
    /// The address under which devices reach this relay, as it stands in invites; `http://` and `listen` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Whether the last address in `X-Forwarded-For` is believed when failures are counted: only behind a proxy of one's
    /// own that sets it.
    pub trust_forwarded_for: bool,
    /// Form of the log on standard error.
    pub log_format: LogFormat,
    /// What is logged, in the syntax of tracing's env-filter.
    pub log_filter: String,
    /// Seconds that a device's token lives.
    pub token_lifetime_s: u32,
    /// Hours that an invite waits for its device.
    pub invite_lifetime_h: u32,
    /// Seconds that a sign-in link of the dashboard can be used.
    pub sign_in_link_lifetime_s: u32,
    /// Hours until a browser has to sign in to the dashboard again.
    pub browser_session_lifetime_h: u32,
    /// Seconds that requests under way get at a shutdown before they are cut.
    pub shutdown_grace_s: u32,
    /// Sizes beyond which something is refused.
    pub limits: Limits,
}

/// Sizes beyond which something is refused, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Records in one batch, which a device applies in one transaction; about.
    pub batch_bytes: u32,
    /// One document: its snapshot, and its row as JSON.
    pub document_bytes: u32,
    /// What a device sends in one exchange.
    pub exchange_bytes: u32,
    /// The body of any other request.
    pub body_bytes: u32,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ConfigError::Value("log_format", "expected `text` or `json`")),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "satchel-data".into(),
            database: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            metrics_listen: SocketAddr::from(([127, 0, 0, 1], 9480)),
            public_url: None,
            trust_forwarded_for: false,
            log_format: LogFormat::Text,
            log_filter: "info".into(),
            token_lifetime_s: 15 * 60,
            invite_lifetime_h: 72,
            sign_in_link_lifetime_s: 15 * 60,
            browser_session_lifetime_h: 24 * 7,
            shutdown_grace_s: 20,
            limits: Limits {
                batch_bytes: number(limit::BATCH_BYTES),
                document_bytes: number(limit::DOCUMENT_BYTES),
                exchange_bytes: number(limit::MESSAGE_BYTES),
                body_bytes: 1 << 20,
            },
        }
    }
}

impl Config {
    /// Lays the layers over each other and checks the result.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, and where it came from.
    pub fn load(file: Option<&Path>, flags: &impl Serialize) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            layers = layers.merge(Toml::file_exact(file));
        }
        // Other variables may begin the same way (SATCHEL_CONFIG itself, a test's own): only settings are taken.
        let environment = Env::prefixed("SATCHEL_")
            .filter(|key| SETTINGS.iter().any(|known| key.starts_with(known)))
            .split("__");
        let config: Self = layers
            .merge(environment)
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(Box::new)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let at_least = |name, value: u32, least: u32| {
            if value < least {
                Err(ConfigError::TooSmall(name, value, least))
            } else {
                Ok(())
            }
        };
        at_least("token_lifetime_s", self.token_lifetime_s, 1)?;
        at_least("invite_lifetime_h", self.invite_lifetime_h, 1)?;
        at_least("sign_in_link_lifetime_s", self.sign_in_link_lifetime_s, 1)?;
        at_least("browser_session_lifetime_h", self.browser_session_lifetime_h, 1)?;
        let at_most = |name, value: u32, most: u32| {
            if value > most {
                Err(ConfigError::TooLarge(name, value, most))
            } else {
                Ok(())
            }
        };
        // A link that travels by chat is read by others sooner or later.
        at_most("sign_in_link_lifetime_s", self.sign_in_link_lifetime_s, 24 * 3600)?;
        at_most("browser_session_lifetime_h", self.browser_session_lifetime_h, 24 * 90)?;
        at_least("limits.batch_bytes", self.limits.batch_bytes, 4 << 10)?;
        at_most("limits.batch_bytes", self.limits.batch_bytes, 4 << 20)?;
        at_least("limits.document_bytes", self.limits.document_bytes, 64 << 10)?;
        let most = number(limit::MOST_DOCUMENT_BYTES);
        at_most("limits.document_bytes", self.limits.document_bytes, most)?;
        // A device sends about 2 MiB of changes, and one more push where that one is large.
        at_least("limits.exchange_bytes", self.limits.exchange_bytes, 6 << 20)?;
        let most = number(limit::MESSAGE_BYTES);
        at_most("limits.exchange_bytes", self.limits.exchange_bytes, most)?;
        at_least("limits.body_bytes", self.limits.body_bytes, 4 << 10)?;
        if self
            .public_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://"))
        {
            return Err(ConfigError::Value(
                "public_url",
                "expected an address that begins with https:// or http://",
            ));
        }
        Ok(())
    }

    /// The database file.
    pub fn database_path(&self) -> PathBuf {
        self.database
            .clone()
            .unwrap_or_else(|| self.data_dir.join("relay.sqlite"))
    }

    /// Creates the directory of the database where it is missing, for this user's eyes only.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn create_directory(&self) -> Result<(), std::io::Error> {
        let path = self.database_path();
        match path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            Some(directory) => std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory),
            None => Ok(()),
        }
    }

    /// The address that stands in invites, without a slash at its end.
    pub fn relay_url(&self) -> String {
        let url = self
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// All settings as TOML.
    ///
    /// # Errors
    /// Where a path is not valid text.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        Ok(toml::to_string_pretty(self)?)
    }
}

/// A limit of the protocol as a setting.
fn number(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// The names that the environment may set.
const SETTINGS: &[&str] = &[
    "data_dir",
    "database",
    "listen",
    "metrics_listen",
    "public_url",
    "trust_forwarded_for",
    "log_format",
    "log_filter",
    "token_lifetime_s",
    "invite_lifetime_h",
    "sign_in_link_lifetime_s",
    "browser_session_lifetime_h",
    "shutdown_grace_s",
    "limits__",
];

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file that was named is not there.
    #[error("no configuration file at {}", .0.display())]
    Missing(PathBuf),
    /// A layer holds something unknown or of the wrong type; the text names the setting and its source.
    #[error("the configuration cannot be used: {0}")]
    Invalid(#[from] Box<figment::Error>),
    /// A value outside its range.
    #[error("{0} is {1}; it must be at least {2}")]
    TooSmall(&'static str, u32, u32),
    /// The same at the other end.
    #[error("{0} is {1}; it must be at most {2}")]
    TooLarge(&'static str, u32, u32),
    /// A value of the wrong form.
    #[error("{0}: {1}")]
    Value(&'static str, &'static str),
    /// The settings cannot be written as TOML.
    #[error("the configuration cannot be printed: {0}")]
    Print(#[from] toml::ser::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct None {}

    #[derive(Serialize)]
    struct Listen {
        listen: SocketAddr,
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "figment's jail asks for its own error")]
    fn each_layer_covers_the_one_below() {
        figment::Jail::expect_with(|jail| {
            jail.create_file(
                "relay.toml",
                "listen = \"127.0.0.1:1\"\ntoken_lifetime_s = 60\ninvite_lifetime_h = 5\n[limits]\nbatch_bytes = 8192\n",
            )?;
            jail.set_env("SATCHEL_TOKEN_LIFETIME_S", "61");
            jail.set_env("SATCHEL_LIMITS__DOCUMENT_BYTES", "65536");
            jail.set_env("SATCHEL_LISTEN", "127.0.0.1:2");
            jail.set_env("SATCHEL_SOMETHING_ELSE", "ignored");
            let flags = Listen {
                listen: SocketAddr::from(([127, 0, 0, 1], 3)),
            };
            let config = Config::load(Some(Path::new("relay.toml")), &flags).expect("loads");
            assert_eq!(config.listen.port(), 3, "a flag wins");
            assert_eq!(config.token_lifetime_s, 61, "the environment covers the file");
            assert_eq!(config.invite_lifetime_h, 5, "the file covers the default");
            assert_eq!(config.limits.batch_bytes, 8192);
            assert_eq!(config.limits.document_bytes, 65536);
            assert_eq!(config.shutdown_grace_s, Config::default().shutdown_grace_s);
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "figment's jail asks for its own error")]
    fn a_mistake_is_named() {
        figment::Jail::expect_with(|jail| {
            jail.create_file("relay.toml", "lisen = \"127.0.0.1:1\"\n")?;
            let error = Config::load(Some(Path::new("relay.toml")), &None {}).expect_err("a misspelt setting");
            assert!(error.to_string().contains("lisen"), "{error}");
            assert!(matches!(
                Config::load(Some(Path::new("none.toml")), &None {}),
                Err(ConfigError::Missing(_))
            ));
            jail.set_env("SATCHEL_TOKEN_LIFETIME_S", "0");
            let error = Config::load(Option::None, &None {}).expect_err("a lifetime of nothing");
            assert!(error.to_string().contains("token_lifetime_s"), "{error}");
            Ok(())
        });
    }

    #[test]
    fn the_printed_form_is_read_back() {
        let printed = Config::default().to_toml().unwrap();
        let read: Config = Figment::new().merge(Toml::string(&printed)).extract().unwrap();
        assert_eq!(read, Config::default());
    }
}
