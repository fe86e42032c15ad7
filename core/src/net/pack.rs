//! Fetching packs: a few at a time, from where the line was cut.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use reqwest::header::{IF_RANGE, RANGE};

use super::client::{Client, SyncReport};
use super::error::NetError;
use super::live::blocking;
use super::token::check;
use crate::engine::sync::PackPlan;
use crate::engine::{self, Engine};
use crate::wire::{Pack, PackHash};

/// Packs that are fetched at the same time.
const AT_ONCE: usize = 3;
/// Manifests taken in one call at most: each names packs that were made since, or takes the place of one that is gone.
const MANIFESTS: u32 = 200;

/// A pack as it was fetched.
enum Fetched {
    /// All of it.
    Whole { bytes: Vec<u8>, received: u64 },
    /// It is not to be had any more: take a new manifest.
    Gone,
    /// Not begun, because another failed.
    Left,
}

impl Client {
    /// The relay's manifest, as bytes for [`Engine::plan_packs`].
    ///
    /// # Errors
    /// Where the relay does not answer, or refuses.
    pub async fn manifest(&self) -> Result<Vec<u8>, NetError> {
        let response = self.get("/v1/packs", None).await?;
        Ok(response.bytes().await?.to_vec())
    }

    /// The bytes of a pack from `from` on.
    ///
    /// # Errors
    /// Where the relay does not answer, or refuses: [`NetError::Relay`] with status 410 where it is not to be had.
    pub async fn pack(&self, hash: PackHash, from: u64) -> Result<Vec<u8>, NetError> {
        let response = self.get(&format!("/v1/packs/{hash}"), Some((hash, from))).await?;
        Ok(response.bytes().await?.to_vec())
    }

    /// Takes packs until none is worth having, applying each as it comes. A cut leaves those that are applied, and what
    /// was fetched of the others. `budget` is how many bytes may be fetched; 0 for no bound. Says whether it was spent.
    pub(super) async fn take_packs(
        &self,
        engine: &Engine,
        budget: u64,
        report: &mut SyncReport,
    ) -> Result<bool, NetError> {
        for _ in 0..MANIFESTS {
            let Some(plan) = self.plan(engine, report).await? else {
                break;
            };
            let stop = AtomicBool::new(false);
            let point = plan.point;
            let fetches = plan.packs.into_iter().map(|pack| {
                let stop = &stop;
                async move { (self.fetch(engine, &pack, stop).await, pack) }
            });
            let mut fetches = futures_util::stream::iter(fetches).buffered(AT_ONCE);
            let (mut gone, mut failed) = (false, None);
            while let Some((fetched, pack)) = fetches.next().await {
                match fetched {
                    Ok(Fetched::Whole { bytes, received }) => {
                        report.received += received;
                        report.packs += 1;
                        report.documents += apply(engine, pack, point, bytes).await?;
                    }
                    Ok(Fetched::Gone) => {
                        gone = true;
                        dropped(engine, &pack).await?;
                    }
                    Ok(Fetched::Left) => {}
                    // The relay has it and cannot hand it out: its scopes load as rows.
                    Err(NetError::Relay { .. }) => dropped(engine, &pack).await?,
                    Err(error) => failed = failed.or(Some(error)),
                }
                // The others keep what they have, each for itself.
                let spent = budget > 0 && report.received >= budget;
                stop.fetch_or(failed.is_some() || spent, Ordering::Relaxed);
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(true);
            }
            if !(gone || plan.more) {
                break;
            }
        }
        let finishing = engine.clone();
        blocking(move || Ok(finishing.finish_packs()?)).await?;
        Ok(false)
    }

    /// What of the relay's manifest is to be taken. `None` where it gives none that can be read: rows bring everything
    /// then, for nothing that is wrong with packs may keep a record from a device.
    async fn plan(&self, engine: &Engine, report: &mut SyncReport) -> Result<Option<PackPlan>, NetError> {
        let message = match self.manifest().await {
            Err(NetError::Relay { status }) => {
                tracing::warn!(
                    status,
                    "the relay offers packs and gives no manifest; rows bring everything"
                );
                return Ok(None);
            }
            other => other?,
        };
        report.received += message.len() as u64;
        let planning = engine.clone();
        blocking(move || match planning.plan_packs(&message) {
            Err(engine::Error::BadMessage) => Ok(None),
            other => Ok(Some(other?)),
        })
        .await
    }

    async fn fetch(&self, engine: &Engine, pack: &Pack, stop: &AtomicBool) -> Result<Fetched, NetError> {
        if stop.load(Ordering::Relaxed) {
            return Ok(Fetched::Left);
        }
        let (reading, hash) = (engine.clone(), pack.hash);
        let mut bytes = blocking(move || Ok(reading.pack_part(hash)?)).await?;
        let begun = bytes.len() as u64;
        let from = if begun < pack.bytes { begun } else { 0 };
        let opened = self.get(&format!("/v1/packs/{hash}"), Some((hash, from))).await;
        let mut response = match opened {
            Err(NetError::Relay { status: 410 }) => return Ok(Fetched::Gone),
            other => other?,
        };
        if response.status().as_u16() != 206 || from == 0 {
            // The whole: also where a proxy on the way knows of no ranges.
            bytes.clear();
        }
        let mut received = 0;
        let cut = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    received += chunk.len() as u64;
                    bytes.extend_from_slice(&chunk);
                    // More than was named: what it is shows when it is applied.
                    if bytes.len() as u64 > pack.bytes {
                        break None;
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(NetError::from(error)),
            }
        };
        match cut {
            None => Ok(Fetched::Whole { bytes, received }),
            Some(error) => {
                let keeping = engine.clone();
                blocking(move || Ok(keeping.keep_pack_part(hash, &bytes)?)).await?;
                Err(error)
            }
        }
    }

    async fn get(&self, path: &str, part: Option<(PackHash, u64)>) -> Result<reqwest::Response, NetError> {
        let mut again = true;
        loop {
            let token = self.tokens.get().await?;
            let mut request = self.http.get(format!("{}{path}", self.base)).bearer_auth(token);
            if let Some((hash, from)) = part.filter(|(_, from)| *from > 0) {
                request = request
                    .header(RANGE, format!("bytes={from}-"))
                    .header(IF_RANGE, format!("\"{hash}\""));
            }
            match check(request.send().await?).await {
                // A token may have died early: ask once for another.
                Err(NetError::SignedOut) if again => {
                    again = false;
                    self.tokens.forget().await;
                }
                other => return other,
            }
        }
    }
}

/// A pack is not to be had: it is planned no more.
async fn dropped(engine: &Engine, pack: &Pack) -> Result<(), NetError> {
    let (engine, hash) = (engine.clone(), pack.hash);
    blocking(move || Ok(engine.drop_pack(hash)?)).await
}

/// Applies a pack; a bad one is dropped whole, and its scopes load as rows. Returns how many documents it brought.
async fn apply(engine: &Engine, pack: Pack, point: crate::wire::Point, bytes: Vec<u8>) -> Result<u64, NetError> {
    let engine = engine.clone();
    blocking(move || match engine.apply_pack(&pack, point, &bytes) {
        Ok(applied) => Ok(applied.documents),
        Err(engine::Error::BadPack) => {
            tracing::warn!(pack = %pack.hash, "a pack is not what the relay named; its scopes load as rows");
            engine.drop_pack(pack.hash)?;
            Ok(0)
        }
        Err(error) => Err(error.into()),
    })
    .await
}
