//! The one form of an error over HTTP: an RFC 9457 problem document.

use std::any::Any;

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::relay::restore::RETRY_AFTER_S;
use crate::store::StoreError;

/// The code of a relay that waits for an admin after a restore, as a problem and as a fault.
pub const RESTORED: &str = "restored";

/// An error on its way to the caller. What goes out is chosen here; a cause stays inside, for the log.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Option<String>,
    violations: Vec<Violation>,
    retry_after_s: Option<u32>,
    cause: Option<String>,
}

/// One thing wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    /// The field, as a path with dots.
    pub field: String,
    /// A stable word for the app to translate, such as `required` or `too_long`.
    pub code: String,
    /// The limit that was passed, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// The same in English, for a developer.
    pub detail: String,
}

/// A problem document as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:satchel:problem:` and the code.
    pub r#type: String,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for the kind of problem.
    pub code: &'static str,
    /// What is wrong, in English, for a developer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is wrong field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// Why a 5xx happened: taken from the response by the request log, never sent.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub(crate) String);

impl Problem {
    /// A problem of this status; `code` is a stable word in kebab-case.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            detail: None,
            violations: Vec::new(),
            retry_after_s: None,
            cause: None,
        }
    }

    /// Something went wrong on this side. The cause is logged with the request's id and not sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal");
        Self {
            cause: Some(cause.to_string()),
            ..problem
        }
    }

    /// What was sent can be read and cannot be accepted.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Self {
            violations,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid")
        }
    }

    /// There is no such thing, or the caller may not know of it.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// It cannot be done to what is there now; `code` is a stable word in kebab-case.
    pub fn conflict(code: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    /// The caller is known and may not do this.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// The caller is not signed in, or no longer.
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed-out")
    }

    /// The relay was put back to a backup, and serves nobody until an admin has confirmed it.
    pub fn restored() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, RESTORED)
            .retry_after_s(RETRY_AFTER_S)
            .detail("The relay was restored from a backup, or may have been: an admin must confirm it first.")
    }

    /// Says what is wrong, in English, without anybody's data.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says when to try again.
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The stable word for the kind of problem.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:satchel:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            violations: self.violations,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::Closed => {
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after_s(1);
                Self {
                    cause: Some(error.to_string()),
                    ..problem
                }
            }
            _ => Self::internal(error),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "not-json",
            StatusCode::UNPROCESSABLE_ENTITY => "invalid",
            _ => "malformed",
        };
        Self::new(rejection.status(), code).detail(rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            _ => "malformed",
        };
        Self::new(rejection.status(), code).detail(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found().detail("The path does not hold what this route expects there.")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed").detail(rejection.body_text())
    }
}

/// A panic in a handler, as a problem. Its text goes to the log only.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer that catches panics hands it over"
)]
pub(super) fn from_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(format!("panic: {text}")).into_response()
}
