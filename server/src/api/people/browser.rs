//! Signing in to the dashboard, and out.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use metrics::counter;
use satchel_core::ids::MemberId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::instant;
use crate::api::Problem;
use crate::api::body::{Json, Query};
use crate::api::problem::ProblemBody;
use crate::api::session::{FromPage, Source, Witness, Witnessed, cookie};
use crate::identity::{IdentityError, browser};
use crate::relay::restore;
use crate::state::AppState;
use crate::store::StoreError;

/// Failed sign-ins from one place within a quarter of an hour.
const MOST_FAILURES: u32 = 10;

/// The secret of a sign-in link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInRequest {
    /// What stands behind `#` in the link.
    code: String,
}

/// Who is signed in now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedIn {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    member_id: MemberId,
    /// When the browser has to sign in again.
    expires_at: DateTime<Utc>,
}

/// Sign a browser in with a link, which works once. Asked by the dashboard's own page only; the session is a cookie.
#[utoipa::path(post, operation_id = "sign_in", path = "/v1/sign-in", tag = "people", request_body = SignInRequest, responses(
    (status = 200, description = "Signed in: the answer sets the cookie", body = SignedIn),
    (status = 401, description = "The link is unknown, used, or has expired", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not asked by the dashboard's page", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "Too many failures", body = ProblemBody, content_type = "application/problem+json"),
), security(()))]
pub(super) async fn sign_in(
    State(app): State<AppState>,
    _: FromPage,
    Source(source): Source,
    Json(request): Json<SignInRequest>,
) -> Result<Response, Problem> {
    let now_ms = app.clock.now_ms();
    let source = format!("sign-in {source}");
    app.throttle.check(&source, MOST_FAILURES, now_ms)?;
    let (entropy, lifetime_h) = (app.entropy.clone(), app.config.browser_session_lifetime_h);
    let outcome = app
        .database
        .write::<_, IdentityError>(move |tx| {
            if restore::is_closed(tx)? {
                return Ok(None);
            }
            browser::sign_in(tx, &request.code, lifetime_h, now_ms, &*entropy).map(Some)
        })
        .await;
    if let Err(IdentityError::Unproven(_)) = &outcome {
        counter!("satchel_refused_sign_ins_total", "reason" => "link").increment(1);
        app.throttle.failed(&source, now_ms);
    }
    let begun = outcome?.ok_or_else(Problem::restored)?;
    let cookie = cookie::set(&app, &begun.token, (begun.expires_at_ms - now_ms) / 1000)?;
    let body = SignedIn {
        member_id: begun.member,
        expires_at: instant(begun.expires_at_ms),
    };
    let headers = [
        (SET_COOKIE, cookie),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, axum::Json(body)).into_response())
}

/// Which sessions are to end.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SignOutQuery {
    /// Every browser of the caller's, instead of this one.
    #[serde(default)]
    everywhere: bool,
}

/// Sign this browser out, or every browser of the caller's.
#[utoipa::path(delete, operation_id = "sign_out", path = "/v1/session", tag = "people", params(SignOutQuery), responses(
    (status = 204, description = "Signed out"),
    (status = 409, description = "Asked with a token or key, and not for every browser", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn sign_out(
    State(app): State<AppState>,
    Witnessed { session, witness }: Witnessed,
    Query(query): Query<SignOutQuery>,
) -> Result<Response, Problem> {
    let now_ms = app.clock.now_ms();
    match witness {
        _ if query.everywhere => {
            app.database
                .write(move |tx| browser::sign_out_everywhere(tx, &session.actor(), session.member, now_ms).map(|_| ()))
                .await?;
        }
        Witness::Cookie(token) => {
            app.database
                .write::<_, StoreError>(move |tx| browser::sign_out(tx, &token))
                .await?;
        }
        Witness::Bearer(_) => {
            return Err(Problem::conflict("no-browser").detail("A token ends by itself, and a key when it is revoked."));
        }
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::set(&app, "", 0)?)]).into_response())
}

/// A link, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignInLinkView {
    /// To be opened in a browser; it works once.
    link: String,
    /// Until when it can be used.
    expires_at: DateTime<Utc>,
}

/// Make a link that signs the caller in to the dashboard, on a device of his: who holds the phone, opens the dashboard.
#[utoipa::path(post, operation_id = "make_sign_in_link", path = "/v1/sign-in-links", tag = "people", responses(
    (status = 201, description = "The link; it is never shown again", body = SignInLinkView),
    (status = 403, description = "Not asked by a device", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn make_link(
    State(app): State<AppState>,
    session: crate::identity::Session,
) -> Result<(StatusCode, axum::Json<SignInLinkView>), Problem> {
    // A browser would prolong itself for ever, and a key is not a person.
    if session.device.is_none() {
        return Err(
            Problem::forbidden().detail("Only a device makes a link; the operator has `satchel admin sign-in`.")
        );
    }
    let now_ms = app.clock.now_ms();
    let (url, lifetime_s) = (app.config.relay_url(), app.config.sign_in_link_lifetime_s);
    let entropy = app.entropy.clone();
    let made = app
        .database
        .write(move |tx| {
            browser::link(
                tx,
                &session.actor(),
                session.member,
                &url,
                lifetime_s,
                now_ms,
                &*entropy,
            )
        })
        .await?;
    let view = SignInLinkView {
        link: made.url,
        expires_at: instant(made.expires_at_ms),
    };
    Ok((StatusCode::CREATED, axum::Json(view)))
}
