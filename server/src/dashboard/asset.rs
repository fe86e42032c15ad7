//! Files of the page as answers: type, encoding, entity tag.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;

/// The built dashboard, as it was when the relay was built; empty where it was not.
#[derive(rust_embed::Embed)]
#[folder = "dashboard/dist"]
#[allow_missing = true]
struct Dist;

/// A file and the SHA-256 of what it holds.
pub(super) struct Found {
    pub(super) bytes: Cow<'static, [u8]>,
    pub(super) digest: [u8; 32],
}

/// Files by name. What the build compressed stands beside a file under its name with `.br` or `.gz`.
pub(super) trait Assets: Copy + Send + Sync + 'static {
    /// The file of this name.
    fn file(self, name: &str) -> Option<Found>;

    /// A file as an answer; none where there is none of this name.
    fn answer(self, name: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
        let (found, encoding) = ["br", "gzip"]
            .into_iter()
            .filter(|encoding| accepts(headers, encoding))
            .find_map(|encoding| {
                let ending = if encoding == "gzip" { "gz" } else { encoding };
                Some((self.file(&format!("{name}.{ending}"))?, Some(encoding)))
            })
            .or_else(|| Some((self.file(name)?, None)))?;
        let tag = format!("\"{}\"", HEXLOWER.encode(&found.digest[..16]));
        let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|given| {
            given.to_str().is_ok_and(|given| {
                given
                    .split(',')
                    .any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
            })
        });
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(found.bytes.into_owned()).into_response()
        };
        let own = response.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(tag) {
            own.insert(ETAG, tag);
        }
        own.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        own.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if !is_known {
            own.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
            if let Some(encoding) = encoding {
                own.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        Some(response)
    }
}

/// What was embedded.
#[derive(Clone, Copy)]
pub(super) struct Embedded;

impl Assets for Embedded {
    fn file(self, name: &str) -> Option<Found> {
        Dist::get(name).map(|file| Found {
            digest: file.metadata.sha256_hash(),
            bytes: file.data,
        })
    }
}

/// Whether the caller takes an encoding; one that he gives no weight he does not.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let given = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == encoding && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
