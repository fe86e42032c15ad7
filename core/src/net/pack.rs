//! Fetching packs: a few at a time, from where the line was cut.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use reqwest::header::{IF_RANGE, RANGE};

use super::client::{Client, SyncReport};
use super::error::NetError;
use super::live::blocking;
use super::token::check;
use crate::engine::sync::{Fetched, PackPlan};
use crate::engine::{self, Engine};
use crate::wire::{Pack, PackHash, Point};

/// Packs that are fetched at the same time.
const AT_ONCE: usize = 3;
/// Manifests taken in one call at most: each names packs that were made since, or takes the place of one that is gone.
const MANIFESTS: u32 = 200;

/// What came over the line.
struct Came {
    fetched: Fetched,
    /// Bytes that came now.
    received: u64,
    /// Why it was cut, where it was.
    cut: Option<NetError>,
}

impl Client {
    /// The relay's manifest, as bytes for [`Engine::plan_packs`]. `rows` says that what the member only reads from above is
    /// wanted as rows alone ([`Engine::rows_only`]).
    ///
    /// # Errors
    /// Where the relay does not answer, or refuses.
    pub async fn manifest(&self, rows: bool) -> Result<Vec<u8>, NetError> {
        let path = if rows { "/v1/packs?rows=true" } else { "/v1/packs" };
        let response = self.get(path, None).await?;
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
            let Some(mut plan) = self.plan(engine, report).await? else {
                break;
            };
            let stop = AtomicBool::new(false);
            let point = plan.point;
            let fetches = std::mem::take(&mut plan.packs).into_iter().map(|pack| {
                let stop = &stop;
                async move { (self.fetch(engine, &pack, stop).await, pack) }
            });
            let mut fetches = futures_util::stream::iter(fetches).buffered(AT_ONCE);
            let (mut gone, mut failed) = (false, None);
            while let Some((fetched, pack)) = fetches.next().await {
                match fetched {
                    Ok(Some(came)) => {
                        gone |= matches!(came.fetched, Fetched::Gone);
                        if matches!(came.fetched, Fetched::Whole(_)) {
                            report.received += came.received;
                            report.packs += 1;
                        }
                        report.documents += settle(engine, pack, point, came.fetched).await?;
                        failed = failed.or(came.cut);
                    }
                    Ok(None) => {}
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
            if !plan.asks_again(gone) {
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
        let asking = engine.clone();
        let rows = blocking(move || Ok(asking.rows_only()?)).await?;
        let message = match self.manifest(rows).await {
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

    /// The rest of a pack; `None` where it was not begun, because another failed.
    async fn fetch(&self, engine: &Engine, pack: &Pack, stop: &AtomicBool) -> Result<Option<Came>, NetError> {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let came = |fetched, received, cut| Ok(Some(Came { fetched, received, cut }));
        let (reading, named) = (engine.clone(), pack.clone());
        let mut bytes = blocking(move || Ok(reading.pack_part(&named)?)).await?;
        let from = bytes.len() as u64;
        let path = format!("/v1/packs/{}", pack.hash);
        let mut response = match self.get(&path, Some((pack.hash, from))).await {
            Err(NetError::Relay { status: 410 }) => return came(Fetched::Gone, 0, None),
            Err(NetError::Relay { .. }) => return came(Fetched::Refused, 0, None),
            other => other?,
        };
        if response.status().as_u16() != 206 || from == 0 {
            // The whole: also where a proxy on the way knows of no ranges.
            bytes.clear();
        }
        let mut received = 0;
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    received += chunk.len() as u64;
                    bytes.extend_from_slice(&chunk);
                    // More than was named: what it is shows when it is applied.
                    if bytes.len() as u64 > pack.bytes {
                        return came(Fetched::Whole(bytes), received, None);
                    }
                }
                Ok(None) => return came(Fetched::Whole(bytes), received, None),
                Err(error) => return came(Fetched::Cut(bytes), received, Some(error.into())),
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

async fn settle(engine: &Engine, pack: Pack, point: Point, fetched: Fetched) -> Result<u64, NetError> {
    let engine = engine.clone();
    blocking(move || Ok(engine.settle_pack(&pack, point, fetched)?)).await
}
