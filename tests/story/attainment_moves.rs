//! A deal closed on a phone in air-plane mode moves the rep's own attainment at once; after sync it moves the manager's, on
//! the relay and on his phone, to the same integer.

use anyhow::{Context, Result};
use satchel_core::crediting;
use satchel_core::domain::{Customer, CustomerPatch, Deal, DealPatch, ProcessTemplate, SalesTarget, SalesTargetPatch};
use satchel_core::ids::MemberId;
use satchel_core::report;
use satchel_core::schema::value::Money;
use satchel_tests::field::{Phone, Team};
use serde_json::{Value, json};

/// Done, and done of what is to be done in basis points, by the rows of a phone.
fn on_phone(phone: &Phone, member: MemberId) -> Result<(i64, i64)> {
    let day = "2026-03-16".parse()?;
    let found = phone
        .engine
        .read(|reader| Ok(report::reached(reader, member, day, ("CNY", "UTC", None))?))?;
    let one = found.first().context("no target")?;
    Ok((one.actual?, one.attainment_bp?))
}

struct Desk {
    team: Team,
    manager: String,
    admin: String,
}

impl Desk {
    fn key(team: &Team, member: &str) -> Result<String> {
        let made = team
            .relay
            .admin(&["key", "create", "--member", member, "--name", "desk"])?;
        Ok(made["secret"].as_str().context("no secret")?.to_owned())
    }

    fn call(&self, method: reqwest::Method, path: &str, key: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}/v1/{path}", self.team.relay.url());
        let mut request = reqwest::Client::new().request(method, url).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(self.team.runtime().block_on(async {
            let answer = request.send().await?.error_for_status()?;
            answer.json::<Value>().await
        })?)
    }

    /// What the manager's screen shows of a rep in March, and of the team.
    fn on_screen(&self, rep: MemberId) -> Result<((i64, i64), i64)> {
        let path = "insight/attainment?period=2026-03";
        let shown = self.call(reqwest::Method::GET, path, &self.manager, None)?;
        let members = shown["members"].as_array().context("no members")?;
        let of_rep = members
            .iter()
            .find(|one| one["id"] == json!(rep))
            .context("no such rep")?;
        let line = &of_rep["lines"][0];
        let number = |value: &Value| value["value"].as_i64().context("n/a");
        let own = (number(&line["actual"])?, number(&line["attainment_bp"])?);
        Ok((own, number(&shown["total"][0]["actual"])?))
    }
}

#[test]
fn a_deal_closed_in_air_plane_mode_moves_everybody_to_the_same_integer() -> Result<()> {
    let team = Team::new()?;
    let (rep, manager) = (team.rep("Li Na")?, team.manager("Wang Wei")?);
    let desk = Desk {
        manager: Desk::key(&team, &manager.member.to_string())?,
        admin: Desk::key(&team, "Ada")?,
        team,
    };
    let kpi = json!({"fields": {
        "code": "SALES", "name_zh": "销售额", "name_en": "Sales", "metric": "sales_amount", "unit": "money",
    }});
    let kpi = desk.call(reqwest::Method::POST, "kpis", &desk.admin, Some(&kpi))?;
    let kpi: satchel_core::ids::DocumentId = kpi["id"].as_str().context("no id")?.parse()?;
    manager.engine.of::<SalesTarget>().create(SalesTargetPatch {
        kpi_id: Some(kpi.into()),
        rep: Some(rep.member),
        first_day: Some("2026-03-01".parse()?),
        last_day: Some("2026-03-31".parse()?),
        value: Some(3_000_000),
        currency: Some("CNY".to_owned()),
        ..SalesTargetPatch::default()
    })?;
    manager.sync()?;
    rep.sync()?;
    assert_eq!(on_phone(&rep, rep.member)?, (0, 0));
    assert_eq!(desk.on_screen(rep.member)?, ((0, 0), 0));

    // No signal from here on.
    let shop = rep.engine.of::<Customer>().create(CustomerPatch {
        name: Some("北京永辉超市".to_owned()),
        ..CustomerPatch::default()
    })?;
    let deal = rep.engine.of::<Deal>().create(DealPatch {
        customer_id: Some(shop),
        name: Some("Autumn shelf".to_owned()),
        amount: Some(Money::new(1_234_567, "CNY")),
        expected_close: Some("2026-03-20".parse()?),
        append_moves: ProcessTemplate::standard().move_to("won").into_iter().collect(),
        ..DealPatch::default()
    })?;
    crediting::settle(&rep.engine, deal)?;
    let moved = on_phone(&rep, rep.member)?;
    assert_eq!(moved, (1_234_567, 4_115), "41.15 % of thirty thousand, at once");
    manager.sync()?;
    assert_eq!(on_phone(&manager, rep.member)?, (0, 0), "nobody else knows yet");
    assert_eq!(desk.on_screen(rep.member)?, ((0, 0), 0));

    rep.sync()?;
    manager.sync()?;
    assert_eq!(desk.on_screen(rep.member)?, (moved, moved.0));
    assert_eq!(on_phone(&manager, rep.member)?, moved);

    // What the relay keeps is what its records say; where it is not, the command says so, and counts it anew.
    let figures = |what: &str| desk.team.relay.admin(&["figures", what]);
    assert_eq!(figures("check")?["differing"], json!(0));
    let database = rusqlite::Connection::open(desk.team.relay.directory().join("relay.sqlite"))?;
    let broken = database.execute("UPDATE figure_cell SET lo = lo + 1 WHERE topic = 1", [])?;
    assert_eq!(broken, 2, "the award, for the rep and for his team");
    assert_eq!(desk.on_screen(rep.member)?.1, moved.0 + 1);
    let refused = figures("check").unwrap_err().to_string();
    assert!(refused.contains("is not what the records say"), "{refused}");
    figures("rebuild")?;
    assert_eq!(figures("check")?["differing"], json!(0));
    assert_eq!(desk.on_screen(rep.member)?, (moved, moved.0));
    Ok(())
}
