//! Records as a sales team has them, in Chinese and English, from a seed: the same number gives the same records.

mod words;

use std::fmt::Write as _;

use chrono::{DateTime, Duration, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use satchel_core::domain;
use satchel_core::ids::DocumentId;
use satchel_core::schema::{Kind, Patch};
use serde_json::{Map, Value, json};

/// Raised when the records change: databases that were built with other ones are not used again.
pub(crate) const VERSION: u32 = 3;

/// When the youngest record was made: 2026-03-02T08:00:00Z.
pub(crate) const NOW_MS: i64 = 1_772_438_400_000;

/// Days over which the records were made.
const DAYS: i64 = 365;

/// What twenty-five records in a row are.
const PATTERN: &[&str] = &[
    "customer", "contact", "visit", "visit", "note", "deal", "visit", "contact", "task", "visit", "note", "deal",
    "visit", "customer", "contact", "visit", "note", "deal", "visit", "visit", "comment", "task", "note", "deal",
    "visit",
];

/// A record to make: its first values and the edits after it.
pub(crate) struct Draft {
    pub(crate) kind: &'static Kind,
    pub(crate) id: DocumentId,
    /// The customer whose scope it is in.
    pub(crate) customer: DocumentId,
    pub(crate) at_ms: i64,
    pub(crate) first: Patch,
    pub(crate) edits: Vec<Patch>,
}

/// An endless row of drafts, each after the record it hangs on.
pub(crate) struct Population {
    dice: StdRng,
    number: usize,
    total: usize,
    customers: Vec<DocumentId>,
}

impl Population {
    /// The records of `seed`, dated as if there were `total` of them in a year.
    pub(crate) fn new(seed: u64, total: usize) -> Self {
        Self {
            dice: StdRng::seed_from_u64(seed),
            number: 0,
            total: total.max(1),
            customers: Vec::new(),
        }
    }

    fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.dice.next_u64() % below.max(1) as u64).unwrap_or(0)
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.dice.next_u64() % u64::try_from(to - from).unwrap_or(1).max(1)).unwrap_or(0)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0)))
            .collect()
    }

    /// One to `most` sentences.
    fn prose(&mut self, most: usize) -> String {
        let count = 1 + self.below(most);
        let mut text = String::new();
        for _ in 0..count {
            let sentence = self.pick(words::SENTENCES);
            if text.is_ascii() && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(sentence);
            // What makes one shop's note differ from the next one's.
            text.push_str(self.pick(words::PRODUCTS));
            let _ = write!(text, " {}。", self.below(500));
        }
        text
    }

    fn fields(&mut self, kind: &str, at: DateTime<Utc>, customer: DocumentId) -> Value {
        match kind {
            "customer" => self.customer(),
            "contact" => self.contact(customer),
            "visit" => self.visit(at, customer),
            "deal" => self.deal(at, customer),
            "note" => json!({ "parent": customer, "body": self.prose(4) }),
            "task" => json!({
                "parent": customer,
                "title": format!("{} {}", self.pick(words::TASKS), self.digits(3)),
                "task_kind": self.pick(&["call_back", "visit_prep", "send_quote", "collect_payment"]),
                "due_at": at + Duration::hours(self.between(1, 900)),
                "priority": self.pick(&["low", "normal", "high"]),
                "reminder_min": 30,
                "details": self.prose(1),
            }),
            _ => json!({ "parent": customer, "body": self.prose(1) }),
        }
    }

    fn place(&mut self) -> Value {
        let at = self.below(words::CITIES.len());
        let (city, district, lat, lon) = words::CITIES.get(at).copied().unwrap_or(("", "", 0, 0));
        json!({
            "address": {
                "country": "CN", "city": city, "district": district,
                "street": format!("{}{}号", self.pick(words::STREETS), self.between(1, 900)),
            },
            "position": { "lat_e7": lat + self.between(-900_000, 900_000), "lon_e7": lon + self.between(-900_000, 900_000) },
        })
    }

    fn customer(&mut self) -> Value {
        let at = self.below(words::CITIES.len());
        let city = words::CITIES.get(at).map_or("", |city| city.0);
        let short = format!("{}{}", self.pick(words::FIRST), self.pick(words::SECOND));
        let mut fields = json!({
            "name": format!("{city}{}{short}{}", self.pick(words::FIRST), self.between(1, 400)),
            "short_name": short,
            "customer_type": self.pick(&["distributor", "retailer", "key_account", "reseller", "prospect"]),
            "level": self.pick(&["a", "b", "c", "d"]),
            "lifecycle": self.pick(&["assigned", "won", "dormant"]),
            "industry": self.pick(words::INDUSTRIES),
            "registration_code": format!("9131{}MA{}", self.digits(6), self.digits(6)),
            "phones": { "add": [format!("+8613{}", self.digits(9))] },
            "place": self.place(),
            "visits_per_month": self.between(1, 8),
            "payment_terms_days": 30,
            "tags": { "add": [self.pick(words::TAGS)] },
        });
        if self.chance(40) {
            fields["needs"] = json!(self.prose(2));
            fields["credit_limit"] = json!({ "minor": self.between(10, 900) * 100_000, "currency": "CNY" });
        }
        fields
    }

    fn contact(&mut self, customer: DocumentId) -> Value {
        let name = format!("{}{}", self.pick(words::SURNAMES), self.pick(words::GIVEN));
        json!({
            "customer_id": customer,
            "name": name,
            "title": self.pick(words::TITLES),
            "mobile": format!("+8613{}", self.digits(9)),
            "email": format!("u{}@example.com", self.digits(6)),
            "wechat": format!("wx_{}", self.digits(8)),
            "buying_role": self.pick(&["decision_maker", "evaluator", "influencer"]),
            "preferred_language": "zh-CN",
        })
    }

    fn visit(&mut self, at: DateTime<Utc>, customer: DocumentId) -> Value {
        json!({
            "customer_id": customer,
            "visit_kind": self.pick(&["planned", "planned", "unplanned", "phone"]),
            "purpose": self.pick(&["order", "merchandising", "collect", "relationship"]),
            "planned_start": at,
            "planned_end": at + Duration::minutes(45),
            "zone": "Asia/Shanghai",
            "expected_place": self.place(),
            "geo_radius_m": 200,
            "events": { "append": [{
                "event": "checkin", "method": "gps",
                "position": { "lat_e7": 312_304_000 + self.between(-9000, 9000), "lon_e7": 1_214_737_000, "accuracy_m": 12 },
            }] },
        })
    }

    fn deal(&mut self, at: DateTime<Utc>, customer: DocumentId) -> Value {
        json!({
            "customer_id": customer,
            "name": format!("{}{} {}", self.pick(words::FIRST), self.pick(words::DEALS), self.digits(3)),
            "amount": { "minor": self.between(1, 9_000) * 10_000, "currency": "CNY" },
            "amount_mode": "manual",
            "expected_close": (at + Duration::days(self.between(10, 120))).date_naive(),
            "deal_type": self.pick(&["new_business", "existing"]),
            "next_step": self.pick(words::NEXT),
            "moves": { "append": [{
                "stage": "S1", "stage_type": self.pick(&["open", "ongoing", "ongoing"]), "rank": 1, "probability_bp": 2000,
            }] },
            "description": self.prose(1),
        })
    }

    /// What people do to such a record later, one field or two at a time.
    pub(crate) fn edit(&mut self, kind: &Kind) -> Patch {
        let fields = match kind.name {
            "customer" => json!({ "visits_per_month": self.between(1, 90), "level": self.pick(&["a", "b", "c", "d"]) }),
            "contact" => json!({ "title": self.pick(words::TITLES), "department": format!("D{}", self.digits(3)) }),
            "visit" => json!({
                "events": { "append": [{ "event": "checkout", "method": "gps" }] },
                "summary": self.prose(2), "outcome": self.pick(&["ordered", "follow_up", "refused"]),
                "next_action": self.pick(words::NEXT),
            }),
            "deal" => json!({ "amount": { "minor": self.between(1, 9_000) * 10_000, "currency": "CNY" } }),
            "task" => json!({ "events": { "append": [{ "event": "complete" }] }, "outcome": "reached" }),
            _ => json!({ "body": self.prose(3) }),
        };
        patch(kind, fields)
    }

    /// A one-field change.
    pub(crate) fn small_edit(&mut self, kind: &Kind) -> Patch {
        let fields = match kind.name {
            "customer" => json!({ "visits_per_month": self.between(1, 90) }),
            "contact" => json!({ "title": format!("{} {}", self.pick(words::TITLES), self.digits(2)) }),
            "visit" => json!({ "next_action": format!("{} {}", self.pick(words::NEXT), self.digits(2)) }),
            "deal" => json!({ "next_step": format!("{} {}", self.pick(words::NEXT), self.digits(2)) }),
            "task" => json!({ "reminder_min": self.between(1, 600) }),
            "note" => json!({ "pinned": self.chance(50) }),
            _ => json!({ "body": self.prose(1) }),
        };
        patch(kind, fields)
    }

    /// Another record of this kind at a customer.
    pub(crate) fn one(&mut self, kind: &'static Kind, customer: DocumentId) -> Patch {
        let at = DateTime::from_timestamp_millis(NOW_MS).unwrap_or_default();
        let fields = self.fields(kind.name, at, customer);
        patch(kind, fields)
    }
}

impl Iterator for Population {
    type Item = Draft;

    fn next(&mut self) -> Option<Draft> {
        let name = PATTERN.get(self.number % PATTERN.len()).copied()?;
        let kind = domain::kind(name)?;
        let age = i64::try_from(self.total.saturating_sub(self.number + 1)).ok()?;
        let total = i64::try_from(self.total).ok()?;
        let at_ms = NOW_MS - age * DAYS * 86_400_000 / total;
        self.number += 1;
        let mut random = [0; 10];
        self.dice.fill_bytes(&mut random);
        let id = DocumentId::ordered(at_ms, random);
        let customer = if name == "customer" {
            self.customers.push(id);
            id
        } else {
            let at = self.below(self.customers.len());
            self.customers.get(at).copied()?
        };
        let at = DateTime::from_timestamp_millis(at_ms)?;
        let fields = self.fields(name, at, customer);
        let first = patch(kind, fields);
        // Most visits are written up afterwards, and most tasks are done; of the rest a third is touched again.
        let again = match name {
            "visit" => 80,
            "task" => 95,
            _ => 30,
        };
        let edits = if self.chance(again) {
            vec![self.edit(kind)]
        } else {
            Vec::new()
        };
        Some(Draft {
            kind,
            id,
            customer,
            at_ms,
            first,
            edits,
        })
    }
}

fn patch(kind: &Kind, fields: Value) -> Patch {
    let fields: Map<String, Value> = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    // The drafts above are written for these kinds; what the table would refuse shows when the record is made.
    Patch::from_json(kind, &fields).unwrap_or_default()
}
