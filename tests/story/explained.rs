//! Somebody asks why a customer is on one phone and not on another: the command line and the REST API say, to those who may
//! ask.

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_core::engine::Presence;
use satchel_tests::field::{Phone, Team};
use serde_json::Value;

fn device(phone: &Phone) -> Result<String> {
    Ok(phone.engine.identity()?.context("enrolled")?.device.to_string())
}

#[test]
fn the_relay_says_why_a_record_is_on_a_phone_or_not() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo, manager) = (team.rep("Ann")?, team.rep("Bo")?, team.manager("Wang Wei")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    ensure!(ann.engine.explain(shop.into())?.presence == Presence::HerePending);
    ensure!(!ann.engine.check_wipe()?.is_safe, "nobody else has it");
    ann.sync()?;
    // A contact says how far a phone is; the relay knows no more than the last.
    ann.sync()?;
    ensure!(ann.engine.check_wipe()?.is_safe, "{:?}", ann.engine.check_wipe()?);
    let say = |phone: &Phone| team.relay.admin(&["explain", &shop.to_string(), &device(phone)?]);
    ensure!(say(&ann)?["presence"] == "there", "{}", say(&ann)?);
    ensure!(say(&bo)?["presence"] == "no-access", "{}", say(&bo)?);
    ensure!(say(&manager)?["presence"] == "on-its-way", "{}", say(&manager)?);

    let http = reqwest::Client::new();
    let ask = |who: &Phone, about: &Phone| -> Result<(u16, Value)> {
        let name = ["key", "create", "--member", &who.member.to_string(), "--name", "asker"].map(str::to_owned);
        let key = team.relay.admin(&name.iter().map(String::as_str).collect::<Vec<_>>())?;
        let path = format!("/v1/devices/{}/documents/{shop}/explain", device(about)?);
        let request = http
            .get(format!("{}{path}", team.relay.url()))
            .bearer_auth(key["secret"].as_str().context("no key")?);
        team.runtime().block_on(async move {
            let response = request.send().await?;
            Ok((response.status().as_u16(), response.json().await?))
        })
    };
    let (status, told) = ask(&manager, &ann)?;
    ensure!(
        status == 200 && told["presence"] == "there" && told["pending"] == 0,
        "{status} {told}"
    );
    let (status, told) = ask(&bo, &ann)?;
    ensure!(status == 403, "{status} {told}");
    team.hand_over(shop, bo.member)?;
    ensure!(say(&ann)?["presence"] == "lost", "{}", say(&ann)?);
    Ok(())
}
