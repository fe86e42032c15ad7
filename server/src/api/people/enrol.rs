//! A device enrols with the code of an invite and its own key.

use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use metrics::counter;
use satchel_core::ids::{DeviceId, MemberId, OrgId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::RoleName;
use crate::api::Problem;
use crate::api::body::Json;
use crate::api::problem::ProblemBody;
use crate::api::session::Source;
use crate::identity::IdentityError;
use crate::identity::invite::{self, Application};
use crate::relay::restore;
use crate::state::AppState;

/// Failures of one address in a quarter of an hour. An office shares one, so it is generous; a code has 80 bits.
const MOST_FAILURES: u32 = 30;

/// What a device sends to enrol.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolRequest {
    /// The code of the invite, as typed or scanned.
    code: String,
    /// The device's own ed25519 public key, base64url without padding.
    public_key: String,
    /// As its owner calls it.
    device_name: String,
    /// Such as `android` or `ios`.
    platform: String,
}

/// What the device is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Enrolled {
    /// The organisation.
    #[schema(value_type = String, format = Uuid)]
    org_id: OrgId,
    /// Its name.
    org_name: String,
    /// Whose device it is.
    #[schema(value_type = String, format = Uuid)]
    member_id: MemberId,
    /// The member's name.
    member_name: String,
    /// What the member is.
    role: RoleName,
    /// The member's language.
    locale: String,
    /// The member's time zone, an IANA name.
    time_zone: String,
    /// The device's id from now on.
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
}

/// Enrol a device. Sent again by the same device, the answer is the same.
#[utoipa::path(post, operation_id = "enrol_device", path = "/v1/enrol", tag = "devices", request_body = EnrolRequest, security(()), responses(
    (status = 200, description = "Enrolled", body = Enrolled),
    (status = 401, description = "The code is unknown, used or expired", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A value cannot be accepted", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "Too many failures", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn enrol(
    State(app): State<AppState>,
    Source(source): Source,
    Json(request): Json<EnrolRequest>,
) -> Result<axum::Json<Enrolled>, Problem> {
    let now_ms = app.clock.now_ms();
    let source = format!("enrol {source}");
    app.throttle.check(&source, MOST_FAILURES, now_ms)?;
    let public_key = BASE64URL_NOPAD
        .decode(request.public_key.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| IdentityError::invalid("public_key", "malformed", "expected 32 bytes in base64url"))?;
    let application = Application {
        code: request.code,
        public_key,
        device_name: request.device_name,
        platform: request.platform,
    };
    let entropy = app.entropy.clone();
    let outcome = app
        .database
        .write::<_, IdentityError>(move |tx| {
            if restore::is_closed(tx)? {
                return Ok(None);
            }
            invite::enrol(tx, &application, now_ms, &*entropy).map(Some)
        })
        .await;
    if let Err(IdentityError::Unproven(_)) = &outcome {
        counter!("satchel_refused_sign_ins_total", "reason" => "code").increment(1);
        app.throttle.failed(&source, now_ms);
    }
    let (org, member, device) = outcome?.ok_or_else(Problem::restored)?;
    Ok(axum::Json(Enrolled {
        org_id: org.id,
        org_name: org.name,
        member_id: member.id,
        member_name: member.name,
        role: member.role.into(),
        locale: member.locale,
        time_zone: member.time_zone,
        device_id: device.id,
    }))
}
