//! Light clients: devices that speak the protocol and keep nothing but how far they are.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use satchel_core::ids::ActorId;
use satchel_core::wire::digest::grants_hash;
use satchel_core::wire::{self, Floor, Frame, Hello, PROTOCOL, Point, Push, Receipt};

use crate::office::Badge;

/// HTTP for all light clients: each request in flight has a connection of its own, and those that are free are used again.
pub(crate) fn http() -> Result<reqwest::Client> {
    // Installing the provider twice is an error that says that it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().timeout(Duration::from_mins(5)).build()?)
}

/// One light client.
#[derive(Clone)]
pub(crate) struct Light {
    pub(crate) badge: Badge,
    pub(crate) cursor: Option<Point>,
    pub(crate) grants: Vec<u8>,
    floors: Option<Vec<Floor>>,
    exchange: u32,
}

/// What an answer brought.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    pub(crate) documents: usize,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) more: bool,
}

impl Light {
    pub(crate) fn new(badge: &Badge) -> Self {
        Self {
            badge: badge.clone(),
            cursor: None,
            grants: Vec::new(),
            floors: None,
            exchange: 0,
        }
    }

    /// Another device that stands where this one does.
    pub(crate) fn beside(&self, badge: &Badge) -> Self {
        Self {
            badge: badge.clone(),
            ..self.clone()
        }
    }

    /// The next question, with these pushes.
    pub(crate) fn question(&mut self, actor: Option<ActorId>, pushes: Vec<Push>) -> Result<Vec<u8>> {
        self.exchange += 1;
        let hello = Hello {
            protocol: PROTOCOL,
            schema: 8,
            exchange: self.exchange,
            cursor: self.cursor,
            grants: self.grants.clone(),
            pending: u32::try_from(pushes.len())?,
            actor,
            loading: self.floors.clone(),
            ..Hello::default()
        };
        let mut message = wire::encode(&[hello.into()])?;
        let rest: Vec<Frame> = pushes.into_iter().map(Frame::from).collect();
        message.extend(wire::encode_bundled(&rest)?);
        Ok(message)
    }

    /// Takes in an answer.
    pub(crate) fn take_in(&mut self, answer: &[u8]) -> Result<Brought> {
        let mut brought = Brought::default();
        for frame in wire::decode(answer)? {
            match frame {
                Frame::Doc(_) => brought.documents += 1,
                Frame::Receipt(receipt) => brought.receipts.push(receipt),
                Frame::Grants(grants) => self.grants = grants_hash(&grants.scopes),
                Frame::Commit(commit) => {
                    let run = commit
                        .run
                        .or_else(|| self.cursor.map(|cursor| cursor.run))
                        .context("no run")?;
                    self.cursor = Some(Point { run, seq: commit.to });
                    self.floors = commit.floors;
                    brought.more = commit.more;
                }
                Frame::Fault(fault) => ensure!(false, "the relay says {}", fault.code),
                _ => {}
            }
        }
        Ok(brought)
    }

    /// Asks over HTTP, once.
    pub(crate) async fn ask(
        &mut self,
        http: &reqwest::Client,
        url: &str,
        message: Vec<u8>,
    ) -> Result<(Brought, usize)> {
        let response = http
            .post(format!("{url}/v1/sync"))
            .bearer_auth(&self.badge.token)
            .header("content-type", "application/vnd.satchel.frames")
            .body(message)
            .send()
            .await?;
        ensure!(
            response.status().is_success(),
            "the relay answers {}",
            response.status()
        );
        let answer = response.bytes().await?;
        Ok((self.take_in(&answer)?, answer.len()))
    }

    /// Asks until nothing more follows: documents and bytes received.
    pub(crate) async fn catch_up(&mut self, http: &reqwest::Client, url: &str) -> Result<(usize, usize)> {
        let (mut documents, mut bytes) = (0, 0);
        loop {
            let message = self.question(None, Vec::new())?;
            let (brought, length) = self.ask(http, url, message).await?;
            documents += brought.documents;
            bytes += length;
            if !brought.more {
                return Ok((documents, bytes));
            }
        }
    }
}
