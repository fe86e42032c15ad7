//! A device proves that it holds its key, and gets a short-lived token.

use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use metrics::counter;
use satchel_core::ids::DeviceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Problem;
use crate::api::body::Json;
use crate::api::problem::ProblemBody;
use crate::api::session::Source;
use crate::identity::IdentityError;
use crate::identity::token::{self, Proof};
use crate::relay::restore;
use crate::state::AppState;

/// Failures in a quarter of an hour, of one device from one address, and of one address with any device. Counted with the
/// address, so that a stranger who knows a device's id cannot lock it out.
const MOST_OF_DEVICE: u32 = 10;
const MOST_OF_ADDRESS: u32 = 100;

/// Which device asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeRequest {
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
}

/// What is to be signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChallengeAnswer {
    /// Opaque; works once, within two minutes.
    challenge: String,
}

/// Ask for a challenge to sign.
#[utoipa::path(post, operation_id = "get_challenge", path = "/v1/token/challenge", tag = "devices", request_body = ChallengeRequest, security(()), responses(
    (status = 200, description = "A challenge; given for unknown devices too", body = ChallengeAnswer),
    (status = 429, description = "Too many", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn challenge(
    State(app): State<AppState>,
    Json(request): Json<ChallengeRequest>,
) -> Result<axum::Json<ChallengeAnswer>, Problem> {
    let challenge = app
        .challenges
        .give(request.device_id, app.clock.now_ms(), &*app.entropy)?;
    Ok(axum::Json(ChallengeAnswer { challenge }))
}

/// A signed challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
    /// As it was given.
    challenge: String,
    /// ed25519 over `satchel-token-v1`, the device's id and the challenge, with a newline between each two; base64url
    /// without padding.
    signature: String,
}

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenAnswer {
    /// Opaque; sent as `Authorization: Bearer …`.
    token: String,
    /// Seconds that it lives.
    expires_in_s: u32,
}

/// Trade a signed challenge for a token. A revoked device gets one that is good for handing in only.
#[utoipa::path(post, operation_id = "get_token", path = "/v1/token", tag = "devices", request_body = TokenRequest, security(()), responses(
    (status = 200, description = "A token", body = TokenAnswer),
    (status = 401, description = "Not proven", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "Too many failures", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn token(
    State(app): State<AppState>,
    Source(source): Source,
    Json(request): Json<TokenRequest>,
) -> Result<axum::Json<TokenAnswer>, Problem> {
    let now_ms = app.clock.now_ms();
    let address = format!("token {source}");
    let device = format!("token {source} {}", request.device_id);
    app.throttle.check(&address, MOST_OF_ADDRESS, now_ms)?;
    app.throttle.check(&device, MOST_OF_DEVICE, now_ms)?;
    let signature = BASE64URL_NOPAD
        .decode(request.signature.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| IdentityError::invalid("signature", "malformed", "expected 64 bytes in base64url"))?;
    let proof = Proof {
        device: request.device_id,
        challenge: request.challenge,
        signature,
    };
    let expires_in_s = app.config.token_lifetime_s;
    let theirs = app.clone();
    let outcome = app
        .database
        .write::<_, IdentityError>(move |tx| {
            if restore::is_closed(tx)? {
                return Ok(None);
            }
            let challenges = &theirs.challenges;
            token::issue(tx, challenges, &proof, expires_in_s, now_ms, &*theirs.entropy).map(Some)
        })
        .await;
    if let Err(IdentityError::Unproven(_)) = &outcome {
        counter!("satchel_refused_sign_ins_total", "reason" => "signature").increment(1);
        app.throttle.failed(&address, now_ms);
        app.throttle.failed(&device, now_ms);
    }
    Ok(axum::Json(TokenAnswer {
        token: outcome?.ok_or_else(Problem::restored)?,
        expires_in_s,
    }))
}
