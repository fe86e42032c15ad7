//! A rep may not read a teammate's customer by any route: not by syncing, in packs, by search, by history, by the bytes of
//! the phone, nor by any GET of the REST API with his own token.

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_core::ids::DocumentId;
use satchel_core::net::NetError;
use satchel_tests::field::{Phone, Team};
use serde_json::Value;

const SECRET: &str = "Zanzibar spice house";

#[test]
fn no_route_leads_to_a_teammates_customer() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let made = CustomerPatch {
        name: Some(SECRET.to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    let body = Some(format!("{SECRET} wants a discount"));
    let note = ann.engine.of::<Note>().create(NotePatch {
        parent: Some(shop.into()),
        body,
        ..NotePatch::default()
    })?;
    ann.sync()?;
    bo.sync()?;

    for id in [DocumentId::from(shop), note.into()] {
        ensure!(!bo.has(id)?, "{id} is on Bo's phone");
        ensure!(bo.engine.history(id).is_err(), "its history is");
    }
    ensure!(bo.search("Zanzibar")?.is_empty(), "search finds it");
    ensure!(
        !contains(&bo.bytes()?, SECRET.as_bytes()),
        "its bytes are on Bo's phone"
    );

    // Every GET there is, with Bo's key and with the ids of Ann's records in every place of the path.
    let key = team
        .relay
        .admin(&["key", "create", "--member", &bo.member.to_string(), "--name", "walker"])?;
    let key = key.get("secret").and_then(Value::as_str).context("no key")?.to_owned();
    let http = reqwest::Client::new();
    let get = |path: String| {
        let request = http.get(format!("{}{path}", team.relay.url())).bearer_auth(&key);
        team.runtime().block_on(async move {
            let response = request.send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
        })
    };
    let (_, document) = get("/v1/openapi.json".to_owned())?;
    let document: Value = serde_json::from_str(&document)?;
    let paths = document["paths"].as_object().context("no paths")?;
    let mut walked = 0;
    for (path, operations) in paths.iter().filter(|(_, operations)| operations.get("get").is_some()) {
        for id in [shop.to_string(), note.to_string(), ann.member.to_string()] {
            let filled = fill(path, &id);
            let (status, body) = get(filled.clone())?;
            ensure!(
                !body.contains("Zanzibar"),
                "GET {filled} answers {status} with Ann's customer"
            );
            ensure!(status < 500, "GET {filled} answers {status}: {body}");
            walked += 1;
        }
        ensure!(operations["get"].is_object(), "an operation is described");
    }
    ensure!(walked > 30, "only {walked} requests: the walk is not of the whole API");

    // Ann's own key does see it: the walk would have found it.
    let key = team
        .relay
        .admin(&["key", "create", "--member", &ann.member.to_string(), "--name", "owner"])?;
    let key = key.get("secret").and_then(Value::as_str).context("no key")?.to_owned();
    let own = http
        .get(format!("{}/v1/customers/{shop}", team.relay.url()))
        .bearer_auth(key);
    let body = team.runtime().block_on(async move { own.send().await?.text().await })?;
    ensure!(body.contains(SECRET), "{body}");
    Ok(())
}

/// A path with every parameter filled in.
fn fill(path: &str, id: &str) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push_str(id);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    filled.push_str(rest);
    filled
}

#[test]
fn no_pack_leads_to_a_teammates_customer() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    for number in 0..110 {
        for (phone, name) in [
            (&ann, format!("{SECRET} {number}")),
            (&bo, format!("Bo's shop {number}")),
        ] {
            phone.engine.of::<Customer>().create(CustomerPatch {
                name: Some(name),
                ..CustomerPatch::default()
            })?;
        }
    }
    ann.sync()?;
    bo.sync()?;
    let manifest = |phone: &Phone| Phone::packs_of(&team.runtime().block_on(phone.client.manifest(false))?);
    let hers = manifest(&ann)?;
    let his = manifest(&bo)?;
    ensure!(!hers.is_empty() && !his.is_empty(), "nobody is offered packs");
    for pack in &hers {
        ensure!(!his.contains(pack), "Bo is offered a pack of Ann's");
        let scopes: Vec<_> = his.iter().flat_map(|pack| &pack.scopes).collect();
        ensure!(
            !pack.scopes.iter().any(|scope| scopes.contains(&scope)),
            "a scope of Ann's is in a pack for Bo"
        );
        // He has learnt its name somehow, and asks for the whole and for parts.
        for from in [0, 1, 1_000_000] {
            let got = team.runtime().block_on(bo.client.pack(pack.hash, from));
            ensure!(
                matches!(got, Err(NetError::Relay { status: 410 })),
                "from {from}: {got:?}"
            );
        }
    }
    ensure!(
        contains(&ann.packed_bytes()?, SECRET.as_bytes()),
        "the scan would find it"
    );
    ensure!(
        !contains(&bo.packed_bytes()?, SECRET.as_bytes()),
        "a pack for Bo holds Ann's customer"
    );
    Ok(())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
