//! The relay's side of the demo: the process with its folder, and its REST interface with an admin's key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use satchel_core::domain;
use satchel_core::ids::{DocumentId, MemberId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::paper::Paper;
use crate::field::Relay;

/// Requests under way at once.
const AT_ONCE: usize = 32;

/// The relay with everything it needs, in a folder of its own.
pub(super) struct Office {
    /// The process.
    pub(super) relay: Relay,
    /// What carries everybody's network.
    pub(super) runtime: Arc<Runtime>,
    folder: TempDir,
}

impl Office {
    /// Makes the organisation and starts the relay.
    pub(super) fn open() -> Result<Self> {
        let folder = TempDir::with_prefix("satchel-demo-")?;
        let home = folder.path().join("relay");
        std::fs::create_dir(&home)?;
        std::fs::create_dir(folder.path().join("phones"))?;
        Relay::admin_on(&home, &["init", "--name", "Acme Office Supply 艾克米办公"])?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok(Self {
            relay: Relay::start(&home)?,
            runtime: Arc::new(runtime),
            folder,
        })
    }

    /// Where the phones keep their databases.
    pub(super) fn phones(&self) -> PathBuf {
        self.folder.path().join("phones")
    }

    /// Stops the relay and removes all files.
    pub(super) fn close(mut self) -> Result<()> {
        self.relay.stop()?;
        Ok(self.folder.close()?)
    }

    /// Leaves the relay running and tells how to look round and how to stop it.
    pub(super) fn leave(self, paper: &mut Paper, manager: &str, secret: &str) -> Result<()> {
        let (url, metrics) = (self.relay.url(), self.relay.metrics().to_owned());
        let made = self.relay.admin(&["sign-in", manager, "--relay", &url])?;
        let link = text(&made, "link")?;
        let folder = self.folder.keep();
        let pid = self.relay.detach().context("the relay does not run")?;
        paper.headline("For the curious 自己看看");
        paper.line(format!("The relay goes on running at {url} (process {pid})."));
        paper.line("The dashboard of the first team's manager; the link works once, for a quarter of an hour:");
        paper.under(link);
        paper.line(format!("Its interface: {url}/v1/openapi.json"));
        paper.line(format!("Its metrics:   {metrics}"));
        paper.line("A sign-in as the manager of the first team, and two things to try:");
        paper.under(format!("KEY={secret}"));
        paper.under(format!("curl -H \"Authorization: Bearer $KEY\" {url}/v1/session"));
        paper.under(format!(
            "curl -H \"Authorization: Bearer $KEY\" '{url}/v1/deals?limit=3'"
        ));
        paper.line(format!("Stop it:       kill {pid}"));
        paper.line(format!("Its files:     {} (rm -r when it has stopped)", shown(&folder)));
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The relay's REST interface, as an admin.
#[derive(Clone)]
pub(super) struct Desk {
    http: reqwest::Client,
    runtime: Arc<Runtime>,
    url: String,
    key: String,
}

impl Desk {
    /// With a new key of the admin. Comes after the first phone was enrolled: that installs the cryptography.
    pub(super) fn of(office: &Office) -> Result<Self> {
        let made = office
            .relay
            .admin(&["key", "create", "--member", super::cast::ADMIN, "--name", "demo"])?;
        let key = text(&made, "secret")?;
        let http = reqwest::Client::builder().build()?;
        Ok(Self {
            http,
            runtime: Arc::clone(&office.runtime),
            url: office.relay.url(),
            key,
        })
    }

    /// Reads one answer.
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        self.call(&Method::GET, path, None)
    }

    /// Reads all pages of a list.
    pub(super) fn all(&self, path: &str) -> Result<Vec<Value>> {
        let first = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let page = self.call(&Method::GET, &format!("{path}{first}limit=200{next}"), None)?;
            items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return Ok(items),
            }
        }
    }

    /// To whom the relay says that a record is assigned.
    pub(super) fn assignees(&self, record: impl Into<DocumentId>) -> Result<Vec<MemberId>> {
        let scope = self.call(&Method::GET, &format!("/v1/scopes/{}", record.into()), None)?;
        let members = scope.get("assignees").cloned().unwrap_or_default();
        Ok(serde_json::from_value(members)?)
    }

    /// Assigns a record to one more member.
    pub(super) fn assign(&self, record: impl Into<DocumentId>, member: MemberId) -> Result<()> {
        let path = format!("/v1/scopes/{}/assignees/{member}", record.into());
        self.call(&Method::PUT, &path, None).map(drop)
    }

    /// Hands a record over to a member, into his team.
    pub(super) fn hand_over(&self, record: impl Into<DocumentId>, to: MemberId) -> Result<()> {
        self.hand_out(vec![(record.into(), to)])
    }

    /// Hands records over, several at once: the relay writes down together what comes together.
    pub(super) fn hand_out(&self, records: Vec<(DocumentId, MemberId)>) -> Result<()> {
        let mut waiting = records.into_iter();
        self.runtime.block_on(async {
            let mut under_way = JoinSet::new();
            loop {
                while under_way.len() < AT_ONCE
                    && let Some((record, to)) = waiting.next()
                {
                    let (desk, body) = (self.clone(), json!({ "to": to }));
                    let path = format!("/v1/scopes/{record}/handover");
                    under_way.spawn(async move { desk.ask(&Method::POST, &path, Some(&body)).await });
                }
                match under_way.join_next().await {
                    Some(done) => drop(done??),
                    None => return Ok(()),
                }
            }
        })
    }

    /// A new key that acts as a member.
    pub(super) fn new_key(&self, member: MemberId, name: &str) -> Result<String> {
        Ok(self.sign_in(member, name)?.0.key)
    }

    /// Every record of every kind that the relay shows to a member.
    pub(super) fn records_of(&self, member: MemberId) -> Result<Vec<Value>> {
        let (desk, key) = self.sign_in(member, "demo: comparing")?;
        let mut records = Vec::new();
        for kind in domain::KINDS {
            records.extend(desk.all(&format!("/v1/{}", kind.plural))?);
        }
        self.call(&Method::DELETE, &format!("/v1/keys/{key}"), None)?;
        Ok(records)
    }

    /// The desk as another member sits at it, and the id of the key that was made for it.
    fn sign_in(&self, member: MemberId, name: &str) -> Result<(Self, String)> {
        let made = self.call(
            &Method::POST,
            "/v1/keys",
            Some(&json!({ "member": member, "name": name })),
        )?;
        let id = text(made.get("key").context("no key in the answer")?, "id")?;
        Ok((
            Self {
                key: text(&made, "secret")?,
                ..self.clone()
            },
            id,
        ))
    }

    fn call(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value> {
        self.runtime.block_on(self.ask(method, path, body))
    }

    async fn ask(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, bytes) = (response.status(), response.bytes().await?);
        ensure!(
            status.is_success(),
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&bytes)
        );
        Ok(if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)?
        })
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no {name} in the answer"))?.to_owned())
}
