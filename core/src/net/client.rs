//! The device's client of one relay.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::device_key::{Signer, text};
use super::error::NetError;
use super::live::blocking;
use super::token::{Tokens, check, post};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::ids::{DeviceId, DocumentId, MemberId, OrgId};
use crate::policy::Role;
use crate::sync::Finished;

/// What the relay says to a device that it takes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolment {
    /// The organisation.
    pub org_id: OrgId,
    /// Its name.
    pub org_name: String,
    /// The member whose device this is now.
    pub member_id: MemberId,
    /// The member's name.
    pub member_name: String,
    /// What the member is in the organisation.
    pub role: Role,
    /// The member's language, as in `zh-CN`.
    pub locale: String,
    /// The device.
    pub device_id: DeviceId,
}

/// Bounds of one call of [`Client::sync`].
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// Exchanges at most; what is left goes on in the next call.
    pub exchanges: u32,
    /// Bytes of records that the relay may send in one exchange; 0 for no wish.
    pub byte_budget: u64,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            exchanges: 1_000,
            byte_budget: 0,
        }
    }
}

/// What a call of [`Client::sync`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Round trips made.
    pub exchanges: u32,
    /// Bytes of bodies sent.
    pub sent: u64,
    /// Bytes of bodies received.
    pub received: u64,
    /// Documents pushed and decided.
    pub decided: u64,
    /// Documents received.
    pub documents: u64,
    /// Packs fetched.
    pub packs: u32,
    /// Whether nothing is left: nothing to push, nothing loading, no scope to hand in.
    pub complete: bool,
    /// Whether another exchange would do something now: a bound was met.
    pub more: bool,
}

/// Exchanges in which a document that is asked for must come.
const FETCHES: u32 = 2;
/// Bytes of other records that may come with it.
const FETCH_BYTES: u64 = 64 << 10;

/// HTTP as devices use it.
fn http() -> Result<reqwest::Client, NetError> {
    // Installing the provider twice is an error that says that it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(std::time::Duration::from_secs(10))
        .read_timeout(std::time::Duration::from_secs(30))
        .build()
        .map_err(NetError::from)
}

/// Redeems an invite: from now on this device signs with `signer`.
///
/// # Errors
/// [`NetError::InvalidInvite`] where the relay does not take the code; [`NetError::Offline`] where it cannot be asked.
pub async fn enrol(
    base: &str,
    code: &str,
    device_name: &str,
    platform: &str,
    signer: &dyn Signer,
) -> Result<Enrolment, NetError> {
    let body = json!({
        "code": code,
        "public_key": text(&signer.public_key()),
        "device_name": device_name,
        "platform": platform,
    });
    let url = format!("{}/v1/enrol", base.trim_end_matches('/'));
    match post(&http()?, &url, &body).await {
        Err(NetError::SignedOut | NetError::Relay { status: 400..=499 }) => Err(NetError::InvalidInvite),
        other => other,
    }
}

/// A device's client of one relay. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(super) base: String,
    pub(super) tokens: Arc<Tokens>,
    pub(super) http: reqwest::Client,
}

impl Client {
    /// A client of the relay at `base`, for this device.
    ///
    /// # Errors
    /// [`NetError::Address`] where `base` is no address.
    pub fn new(base: &str, device: DeviceId, signer: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Result<Self, NetError> {
        let base = base.trim_end_matches('/').to_owned();
        if reqwest::Url::parse(&base).is_err() {
            return Err(NetError::Address);
        }
        let http = http()?;
        let tokens = Arc::new(Tokens::new(base.clone(), http.clone(), device, signer, clock));
        Ok(Self { base, tokens, http })
    }

    /// Exchanges with the relay until nothing is left or a bound is met, taking packs where much is loading. What was
    /// committed before an error stays. Safe to drop at any await: every exchange is applied batch by batch, and every
    /// pack in one transaction.
    ///
    /// # Errors
    /// The first thing that stopped it.
    pub async fn sync(&self, engine: &Engine, options: SyncOptions) -> Result<SyncReport, NetError> {
        let mut report = SyncReport::default();
        while report.exchanges < options.exchanges {
            let (finished, offered) = self.exchange(engine, options.byte_budget, &mut report).await?;
            if offered && self.take_packs(engine, options.byte_budget, &mut report).await? {
                report.more = true;
                break;
            }
            report.complete = finished == Finished::UpToDate && engine.is_settled()?;
            report.more = !report.complete && engine.has_more(&finished)?;
            if !report.more {
                break;
            }
        }
        Ok(report)
    }

    /// Brings the document of a record of which only the row is here: one or two round trips, that bring little else. It
    /// is here afterwards, unless the relay has none for this member.
    ///
    /// # Errors
    /// Where the relay does not answer; [`NetError::Engine`] where the record is not here.
    pub async fn fetch_document(&self, engine: &Engine, id: DocumentId) -> Result<(), NetError> {
        for _ in 0..FETCHES {
            let asking = engine.clone();
            if !blocking(move || Ok(asking.ask_for_document(id)?)).await? {
                break;
            }
            self.exchange(engine, FETCH_BYTES, &mut SyncReport::default()).await?;
        }
        Ok(())
    }

    async fn exchange(
        &self,
        engine: &Engine,
        budget: u64,
        report: &mut SyncReport,
    ) -> Result<(Finished, bool), NetError> {
        let asking = engine.clone();
        let (ongoing, request) = blocking(move || Ok(asking.begin_loading(budget)?)).await?;
        let answer = match self.send(request.clone()).await {
            // A token may have died early (a relay restarted, a key revoked): ask once for another.
            Err(NetError::SignedOut) => {
                self.tokens.forget().await;
                self.send(request.clone()).await?
            }
            other => other?,
        };
        report.exchanges += 1;
        report.sent += request.len() as u64;
        report.received += answer.len() as u64;
        let (ongoing, progress) = blocking(move || {
            let mut ongoing = ongoing;
            let progress = ongoing.receive(&answer)?;
            Ok((ongoing, progress))
        })
        .await?;
        report.decided += progress.decided;
        report.documents += progress.documents;
        let offered = ongoing.offers_packs();
        match ongoing.finish() {
            Finished::Fault(fault) => Err(match fault.retry_after_s {
                Some(seconds) => NetError::RetryAfter(seconds),
                None => NetError::Version,
            }),
            finished => Ok((finished, offered)),
        }
    }

    async fn send(&self, request: Vec<u8>) -> Result<Vec<u8>, NetError> {
        let token = self.tokens.get().await?;
        let response = self
            .http
            .post(format!("{}/v1/sync", self.base))
            .bearer_auth(token)
            .header("content-type", "application/vnd.satchel.frames")
            .body(request)
            .send()
            .await?;
        Ok(check(response).await?.bytes().await?.to_vec())
    }
}
