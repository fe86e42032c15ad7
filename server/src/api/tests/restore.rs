//! A relay that was put back to a backup answers nobody until an admin has confirmed it.

use super::*;
use crate::relay::{RelayError, restore};
use crate::store::restore::Cause;

/// Routes that need nobody's rights, or answer to what is in their body first: stories, and the tests of browsers, ask
/// them.
const OPEN: &[&str] = &[
    "/healthz",
    "/v1/enrol",
    "/v1/sign-in",
    "/v1/token/challenge",
    "/v1/token",
];

#[tokio::test]
async fn every_route_says_restored_until_it_is_confirmed() {
    let (relay, keys) = relay().await;
    let began = relay
        .state
        .database
        .write::<_, RelayError>(|tx| Ok(restore::begin(tx, Cause::Operator, NOW)?));
    began.await.unwrap();
    let document = crate::api::document().unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if OPEN.contains(&path.as_str()) {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter(|name| *name != "parameters") {
            let path = filled(path, "00000000-0000-0000-0000-000000000001");
            let (status, problem) = relay.send(&method.to_uppercase(), &path, Some(&keys.admin), None).await;
            let expected = (StatusCode::SERVICE_UNAVAILABLE, json!("restored"));
            assert_eq!((status, problem["code"].clone()), expected, "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
    let confirmed = relay
        .state
        .database
        .write::<_, RelayError>(|tx| Ok(restore::confirm(tx, 14, NOW, &SeededEntropy::new(3))?));
    assert!(confirmed.await.unwrap().is_some());
    let (status, _) = relay.send("GET", "/readyz", None, None).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = relay.send("GET", "/v1/customers", Some(&keys.rep), None).await;
    assert_eq!(status, StatusCode::OK);
}
