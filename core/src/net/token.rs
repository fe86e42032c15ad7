//! Short tokens, renewed by the device's key.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::device_key::{Signer, text};
use super::error::NetError;
use crate::clock::Clock;
use crate::ids::DeviceId;

/// A token this close to its end is not used for another request, in milliseconds.
const MARGIN_MS: i64 = 10_000;

/// Gets tokens and keeps the present one in memory only.
pub(super) struct Tokens {
    base: String,
    http: reqwest::Client,
    device: DeviceId,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    present: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    text: String,
    until_ms: i64,
}

#[derive(Deserialize)]
struct Challenge {
    challenge: String,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_in_s: i64,
}

impl Tokens {
    pub(super) fn new(
        base: String,
        http: reqwest::Client,
        device: DeviceId,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            base,
            http,
            device,
            signer,
            clock,
            present: Mutex::new(None),
        }
    }

    /// A token that still holds. Calls made at once share one renewal.
    pub(super) async fn get(&self) -> Result<String, NetError> {
        let mut present = self.present.lock().await;
        if let Some(token) = present.as_ref()
            && token.until_ms - MARGIN_MS > self.clock.now_ms()
        {
            return Ok(token.text.clone());
        }
        let issued = self.renew().await?;
        let until_ms = self
            .clock
            .now_ms()
            .saturating_add(issued.expires_in_s.saturating_mul(1000));
        *present = Some(Token {
            text: issued.token.clone(),
            until_ms,
        });
        Ok(issued.token)
    }

    /// The relay did not take the token: the next call gets another.
    pub(super) async fn forget(&self) {
        *self.present.lock().await = None;
    }

    async fn renew(&self) -> Result<Issued, NetError> {
        let device = self.device.to_string();
        let asked = json!({ "device_id": device });
        let Challenge { challenge } = post(&self.http, &format!("{}/v1/token/challenge", self.base), &asked).await?;
        let message = format!("satchel-token-v1\n{device}\n{challenge}");
        let signature = text(&self.signer.sign(message.as_bytes()));
        let signed = json!({ "device_id": device, "challenge": challenge, "signature": signature });
        post(&self.http, &format!("{}/v1/token", self.base), &signed).await
    }
}

/// Posts JSON and reads JSON; a refusal is told apart from a broken line.
pub(super) async fn post<T: for<'a> Deserialize<'a>>(
    http: &reqwest::Client,
    url: &str,
    body: &serde_json::Value,
) -> Result<T, NetError> {
    let response = http.post(url).json(body).send().await?;
    check(response).await?.json().await.map_err(NetError::from)
}

/// What a status other than success means.
pub(super) async fn check(response: reqwest::Response) -> Result<reqwest::Response, NetError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    Err(match (status.as_u16(), retry) {
        (_, Some(seconds)) => NetError::RetryAfter(seconds),
        (401 | 403, None) => NetError::SignedOut,
        (426, None) => NetError::Version,
        (502..=504, None) => NetError::Offline(None),
        (status, None) => NetError::Relay { status },
    })
}
