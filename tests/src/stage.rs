//! A stage for the dashboard's tests: a relay with a small team, whose phones act when they are told to. Ends with whoever
//! set it: nothing of it is left.

use anyhow::{Context, Result, bail};
use satchel_core::domain::customer::CustomerLevel;
use satchel_core::domain::deal::LostReason;
use satchel_core::domain::visit::{ProofMethod, VisitEvent, VisitEventKind, VisitKind, VisitOutcome};
use satchel_core::domain::{
    Customer, CustomerId, CustomerPatch, Deal, DealId, DealPatch, ProcessTemplate, Visit, VisitPatch,
};
use satchel_core::merger;
use satchel_core::report;
use satchel_core::schema::value::{Money, Place, Position};
use serde_json::{Value, json};

use crate::field::{Person, Phone, Team};

/// Where the customers are: in Shanghai, some streets apart (ten-millionths of a degree).
const PLACES: [(i64, i64); 3] = [
    (312_304_000, 1_214_737_000),
    (312_451_000, 1_214_901_000),
    (312_012_000, 1_214_402_000),
];
/// Ten-millionths of a degree of latitude in a metre, about.
const E7_IN_METRE: i64 = 90;

/// The relay, the people and their phones.
pub struct Stage {
    team: Team,
    manager: Person,
    li_na: Phone,
    chen_bo: Phone,
    zhao_lei: Phone,
    shops: Vec<CustomerId>,
    deal: DealId,
    template: ProcessTemplate,
}

impl Stage {
    /// Sets it: Li Na has three shops, the first of them together with Chen Bo, and a deal; Zhao Lei has a shop too.
    ///
    /// # Errors
    /// Where the relay does not come up, or a phone cannot sync.
    pub fn set() -> Result<Self> {
        let team = Team::new()?;
        let manager = team.add("Wang Fang", "manager")?;
        let (li_na, chen_bo, zhao_lei) = (team.rep("Li Na")?, team.rep("Chen Bo")?, team.rep("Zhao Lei")?);
        team.add("Qian Qian", "rep")?;
        let shop = |phone: &Phone, name: &str, (lat, lon): (i64, i64)| {
            phone.engine.of::<Customer>().create(CustomerPatch {
                name: Some(name.to_owned()),
                level: Some(CustomerLevel::B),
                visits_per_month: Some(4),
                place: Some(Place {
                    position: Some(Position::new(lat, lon)),
                    ..Place::default()
                }),
                ..CustomerPatch::default()
            })
        };
        let names = ["永辉超市 Yonghui", "Corner Shop", "海港文具 Harbour"];
        let mut shops = Vec::new();
        for (name, place) in names.into_iter().zip(PLACES) {
            shops.push(shop(&li_na, name, place)?);
        }
        shops.push(shop(&zhao_lei, "Station Kiosk", (311_900_000, 1_214_500_000))?);
        let template = ProcessTemplate::standard();
        let first = *shops.first().context("a shop")?;
        let deal = li_na.engine.of::<Deal>().create(DealPatch {
            customer_id: Some(first),
            name: Some("Autumn shelf".to_owned()),
            amount: Some(Money::new(1_200_000, "CNY")),
            expected_close: Some("2026-03-31".parse()?),
            append_moves: template.move_to("proposal").into_iter().collect(),
            ..DealPatch::default()
        })?;
        for phone in [&li_na, &zhao_lei] {
            phone.sync()?;
        }
        team.assign(first, chen_bo.member)?;
        chen_bo.sync()?;
        Ok(Self {
            team,
            manager,
            li_na,
            chen_bo,
            zhao_lei,
            shops,
            deal,
            template,
        })
    }

    /// Where the relay is, and who is who.
    #[must_use]
    pub fn describe(&self) -> Value {
        json!({
            "url": self.team.relay.url(),
            "data": self.team.directory(),
            "manager": self.manager.id,
            "members": { "Li Na": self.li_na.member, "Chen Bo": self.chen_bo.member, "Zhao Lei": self.zhao_lei.member },
            "shops": self.shops,
            "deal": self.deal,
        })
    }

    /// Plays a scene.
    ///
    /// # Errors
    /// Where there is no such scene, or a phone cannot do it.
    pub fn act(&mut self, scene: &str) -> Result<Value> {
        match scene {
            "visit" => self.visit(),
            "conflict" => self.conflict(),
            "dispute" => self.dispute(),
            "win" => self.win(),
            "lost phone" => self.lost_phone(),
            "twins" => self.twins(),
            "who has the second shop" => self.who_has(self.shop(1)?),
            "level of the first shop" => self.level(),
            _ => bail!("there is no scene {scene:?}"),
        }
    }

    fn shop(&self, at: usize) -> Result<CustomerId> {
        self.shops.get(at).copied().context("there are four shops")
    }

    /// Li Na visits her second shop, and syncs.
    fn visit(&self) -> Result<Value> {
        let phone = &self.li_na;
        let (lat, lon) = PLACES[1];
        let visits = phone.engine.of::<Visit>();
        let visit = visits.create(VisitPatch {
            customer_id: Some(self.shop(1)?),
            visit_kind: Some(VisitKind::Planned),
            add_visitors: vec![phone.member],
            zone: Some("Asia/Shanghai".to_owned()),
            expected_place: Some(Place {
                position: Some(Position::new(lat, lon)),
                ..Place::default()
            }),
            append_events: vec![VisitEvent {
                event: VisitEventKind::Checkin,
                position: Some(Position {
                    accuracy_m: Some(25),
                    ..Position::new(lat + 40 * E7_IN_METRE, lon)
                }),
                method: Some(ProofMethod::Gps),
                ..VisitEvent::default()
            }],
            ..VisitPatch::default()
        })?;
        phone.clock.advance_ms(25 * 60_000);
        let done = VisitPatch {
            append_events: vec![VisitEvent {
                event: VisitEventKind::Checkout,
                ..VisitEvent::default()
            }],
            outcome: Some(VisitOutcome::Ordered),
            summary: Some("要两箱样品 Wants two boxes".to_owned()),
            ..VisitPatch::default()
        };
        visits.edit(visit, done, None)?;
        phone.sync()?;
        Ok(json!({ "visit": visit }))
    }

    /// Li Na and Chen Bo give their shop another level each, neither seeing the other.
    fn conflict(&self) -> Result<Value> {
        let shop = self.shop(0)?;
        for (phone, level) in [(&self.li_na, CustomerLevel::A), (&self.chen_bo, CustomerLevel::C)] {
            let edit = CustomerPatch {
                level: Some(level),
                ..CustomerPatch::default()
            };
            phone.engine.of::<Customer>().edit(shop, edit, None)?;
        }
        self.li_na.sync()?;
        self.chen_bo.sync()?;
        Ok(json!({ "customer": shop }))
    }

    /// One closes the deal as won, the other as lost, neither seeing the other.
    fn dispute(&self) -> Result<Value> {
        self.chen_bo.sync()?;
        for (phone, stage) in [(&self.li_na, "won"), (&self.chen_bo, "lost")] {
            let edit = DealPatch {
                append_moves: self.template.move_to(stage).into_iter().collect(),
                lost_reason: (stage == "lost").then_some(LostReason::Price),
                ..DealPatch::default()
            };
            phone.engine.of::<Deal>().edit(self.deal, edit, None)?;
        }
        self.li_na.sync()?;
        self.chen_bo.sync()?;
        Ok(json!({ "deal": self.deal }))
    }

    /// Li Na wins a deal with the radio off, and syncs.
    fn win(&self) -> Result<Value> {
        let phone = &self.li_na;
        phone.sync()?;
        let deals = phone.engine.of::<Deal>();
        let deal = deals.create(DealPatch {
            customer_id: Some(self.shop(2)?),
            name: Some("Spring paper".to_owned()),
            amount: Some(Money::new(4_000_000, "CNY")),
            expected_close: Some("2026-03-20".parse()?),
            append_moves: self.template.move_to("signing").into_iter().collect(),
            ..DealPatch::default()
        })?;
        phone.clock.advance_ms(60_000);
        let won = DealPatch {
            append_moves: self.template.move_to("won").into_iter().collect(),
            ..DealPatch::default()
        };
        deals.edit(deal, won, None)?;
        satchel_core::crediting::settle(&phone.engine, deal)?;
        // Before the sync: what the phone says by itself.
        let (member, today) = (phone.member, "2026-03-02".parse()?);
        let reached = phone
            .engine
            .read(|reader| Ok(report::reached(reader, member, today, ("CNY", "Asia/Shanghai", None))?))?;
        let attainment = reached.first().and_then(|one| one.attainment_bp.ok());
        phone.sync()?;
        Ok(json!({ "deal": deal, "attainment": attainment }))
    }

    /// Zhao Lei edits his shop, his phone is revoked, and hands the edit in.
    fn lost_phone(&self) -> Result<Value> {
        let shop = self.shop(3)?;
        let edit = CustomerPatch {
            industry: Some("retail".to_owned()),
            ..CustomerPatch::default()
        };
        self.zhao_lei.engine.of::<Customer>().edit(shop, edit, None)?;
        let identity = self.zhao_lei.engine.identity()?.context("enrolled")?;
        self.team
            .relay
            .admin(&["device", "revoke", &identity.device.to_string()])?;
        self.zhao_lei.try_sync()?;
        Ok(json!({ "customer": shop }))
    }

    /// Li Na enters a shop that Chen Bo enters too.
    fn twins(&self) -> Result<Value> {
        let enter = |phone: &Phone| {
            phone.engine.of::<Customer>().create(CustomerPatch {
                name: Some("东方百货".to_owned()),
                add_phones: vec!["+862155501420".to_owned()],
                ..CustomerPatch::default()
            })
        };
        let pair = [enter(&self.li_na)?, enter(&self.chen_bo)?];
        self.li_na.sync()?;
        self.chen_bo.sync()?;
        Ok(json!({ "customers": pair, "found_on_phone": merger::find(&self.li_na.engine, pair[0])?.len() }))
    }

    /// Who has a shop on the phone, after everybody has synced.
    fn who_has(&self, shop: CustomerId) -> Result<Value> {
        self.li_na.sync()?;
        self.chen_bo.sync()?;
        Ok(json!({ "Li Na": self.li_na.has(shop)?, "Chen Bo": self.chen_bo.has(shop)? }))
    }

    /// The level of the first shop as Chen Bo's phone has it, and whether it is undecided there.
    fn level(&self) -> Result<Value> {
        let shop = self.shop(0)?;
        self.chen_bo.sync()?;
        let row = self.chen_bo.row(shop)?;
        Ok(json!({ "level": row.fields.get("level"), "conflicts": row.conflicts }))
    }
}
