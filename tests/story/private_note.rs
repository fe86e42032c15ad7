//! A private note is held by its author's phones and the relay only: its text is in no other phone's files and in no
//! answer of the REST API, also not for the manager and the admin.

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_tests::field::Team;
use serde_json::Value;

const SECRET: &str = "Quetzalcoatl-7131";

#[test]
fn a_private_note_stays_with_its_author() -> Result<()> {
    let team = Team::new()?;
    let ann = team.add("Ann", "rep")?;
    let (first, second) = (team.phone(&ann)?, team.phone(&ann)?);
    let (bo, manager) = (team.rep("Bo")?, team.manager("Wang Wei")?);
    first.sync()?;
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = first.engine.of::<Customer>().create(made)?;
    let note = first.engine.of::<Note>().create(NotePatch {
        parent: Some(shop.into()),
        private: Some(true),
        body: Some(format!("the buyer is called {SECRET}")),
        ..NotePatch::default()
    })?;
    first.sync()?;
    team.assign(shop, bo.member)?;
    for phone in [&second, &bo, &manager] {
        phone.sync()?;
    }

    ensure!(second.has(note)?, "the author's other phone has it");
    ensure!(contains(&second.bytes()?, SECRET.as_bytes()), "the scan would find it");
    for phone in [&bo, &manager] {
        ensure!(phone.has(shop)?, "{} reads the customer", phone.name);
        ensure!(!phone.has(note)?, "{} has the private note", phone.name);
        ensure!(
            !contains(&phone.bytes()?, SECRET.as_bytes()),
            "its bytes are on the phone of {}",
            phone.name
        );
    }

    let admin = team.relay.admin(&["member", "list"])?;
    let admins = admin
        .as_array()
        .or_else(|| admin["items"].as_array())
        .context("no list")?;
    let ada = admins
        .iter()
        .find(|member| member["role"] == "admin")
        .and_then(|member| member["id"].as_str());
    for member in [
        ada.context("no admin")?.to_owned(),
        manager.member.to_string(),
        first.member.to_string(),
    ] {
        let key = team
            .relay
            .admin(&["key", "create", "--member", &member, "--name", "reader"])?;
        let key = key.get("secret").and_then(Value::as_str).context("no key")?.to_owned();
        for path in [
            "/v1/notes".to_owned(),
            format!("/v1/notes/{note}"),
            format!("/v1/notes/{note}/history"),
        ] {
            let request = reqwest::Client::new()
                .get(format!("{}{path}", team.relay.url()))
                .bearer_auth(&key);
            let body = team
                .runtime()
                .block_on(async move { request.send().await?.text().await })?;
            ensure!(!body.contains(SECRET), "GET {path} answers with the private note");
        }
    }
    Ok(())
}

#[test]
fn a_private_note_is_in_no_pack() -> Result<()> {
    let team = Team::new()?;
    let ann = team.add("Ann", "rep")?;
    let first = team.phone(&ann)?;
    first.sync()?;
    let mut notes = Vec::new();
    for number in 0..110 {
        let shop = first.engine.of::<Customer>().create(CustomerPatch {
            name: Some(format!("Corner shop {number}")),
            ..CustomerPatch::default()
        })?;
        notes.push(first.engine.of::<Note>().create(NotePatch {
            parent: Some(shop.into()),
            private: Some(true),
            body: Some(format!("the buyer is called {SECRET}")),
            ..NotePatch::default()
        })?);
    }
    first.sync()?;
    // Her own next phone takes packs, and the notes beside them as rows.
    let second = team.phone(&ann)?;
    let report = second.sync()?;
    ensure!(report.packs == 1, "{report:?}");
    for note in notes {
        ensure!(second.has(note)?, "the author's other phone has it");
    }
    let manager = team.manager("Wang Wei")?;
    for phone in [&first, &second, &manager] {
        let packed = phone.packed_bytes()?;
        ensure!(contains(&packed, b"Corner shop 7"), "the scan would find it");
        ensure!(
            !contains(&packed, SECRET.as_bytes()),
            "a pack for {} holds it",
            phone.name
        );
    }
    Ok(())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
