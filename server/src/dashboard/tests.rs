//! The page's files over HTTP, from a table of files that stands for a built dashboard.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use super::asset::{Assets, Found};
use super::{ABSENT, router};

#[derive(Clone, Copy)]
struct Table(&'static [(&'static str, &'static str)]);

impl Assets for Table {
    fn file(self, name: &str) -> Option<Found> {
        let (_, text) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(Found {
            bytes: text.as_bytes().into(),
            digest: Sha256::digest(text.as_bytes()).into(),
        })
    }
}

const BUILT: Table = Table(&[
    ("index.html", "<p>page"),
    ("assets/a-1.js", "script"),
    ("assets/a-1.js.br", "small"),
    ("secret", "not an asset"),
]);

async fn ask(assets: Table, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let router: axum::Router = router(assets);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, headers, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_stands_at_its_own_paths_and_nowhere_else() {
    for path in ["/", "/sign-in", "/app", "/app/goal", "/app/records/deal/1"] {
        let (status, headers, text) = ask(BUILT, path, &[]).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, "<p>page"), "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    for path in [
        "/v1/none",
        "/apple",
        "/assets/none.js",
        "/assets/..%2Fsecret",
        "/secret",
    ] {
        assert_eq!(ask(BUILT, path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_file_is_sent_as_small_as_the_browser_takes_it_and_once() {
    let (_, headers, text) = ask(BUILT, "/assets/a-1.js", &[("accept-encoding", "gzip, br;q=0.9")]).await;
    assert_eq!(
        (text.as_str(), &headers[header::CONTENT_ENCODING]),
        ("small", &"br".parse().unwrap())
    );
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    for taken in ["gzip", "br;q=0", ""] {
        let (_, headers, text) = ask(BUILT, "/assets/a-1.js", &[("accept-encoding", taken)]).await;
        assert_eq!(text, "script", "{taken}");
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
    }
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let again = [("accept-encoding", "br"), ("if-none-match", tag.as_str())];
    let (status, _, text) = ask(BUILT, "/assets/a-1.js", &again).await;
    assert_eq!((status, text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let plain = [("if-none-match", tag.as_str())];
    assert_eq!(
        ask(BUILT, "/assets/a-1.js", &plain).await.0,
        StatusCode::OK,
        "other bytes"
    );
}

#[tokio::test]
async fn without_a_built_dashboard_it_says_how_to_get_one() {
    let (status, headers, text) = ask(Table(&[]), "/", &[]).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, ABSENT));
    assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
    assert!(!ABSENT.contains("style="), "nothing inline");
}
