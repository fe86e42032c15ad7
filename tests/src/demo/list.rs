//! The customer list: taken out of a list of orders, imported, and handed out to the reps.

use anyhow::{Context, Result};
use satchel_core::domain::{Customer, ProcessTemplate, ProcessTemplateId, ProcessTemplatePatch};
use satchel_core::exchange::mapping::{Mapping, Wishes};
use satchel_core::exchange::plan::{self, Known, Options, Plan, Repeated, Skip, Verdict};
use satchel_core::exchange::sheet::{self, Limits, Table};
use satchel_core::schema::Entity;

use super::cast::{Cast, Player};
use super::desk::Desk;
use super::paper::Paper;
use super::record;
use crate::field::Phone;

/// Publishes the usual sales process: the admin's phone writes it, everybody's shows it.
pub(super) fn publish_process(admin: &Player) -> Result<ProcessTemplateId> {
    let standard = ProcessTemplate::standard();
    let made = admin
        .phone
        .engine
        .of::<ProcessTemplate>()
        .create(ProcessTemplatePatch {
            pipeline: Some(standard.pipeline),
            version: Some(standard.version),
            name_zh: Some(standard.name_zh),
            name_en: Some(standard.name_en),
            stages: Some(standard.stages),
            ..ProcessTemplatePatch::default()
        })?;
    admin.phone.sync()?;
    Ok(made)
}

/// Imports the customers on the admin's phone: a dry run, the import, and the same file once more.
pub(super) fn import(paper: &mut Paper, admin: &Player, orders: &[u8]) -> Result<()> {
    let phone = &admin.phone;
    let table = sheet::read(orders, &Limits::default())?
        .into_iter()
        .next()
        .context("the list is empty")?;
    let wishes = Wishes {
        columns: [("Segment".to_owned(), "custom.segment".to_owned())].into(),
        keep_unknown: false,
    };
    let mapping = Mapping::of(Customer::KIND, &table.headers, &wishes)?;
    let read = mapping
        .targets
        .iter()
        .filter(|target| target.column().is_some())
        .count();
    paper.line(format!(
        "{} order lines (Superstore), {} columns, of which {read} say something of the customer",
        table.rows.len(),
        table.headers.len()
    ));

    let dry = planned(phone, &table, &mapping)?;
    let counts = dry.counts();
    paper.line(format!(
        "Dry run: {} new customers, {} lines name a customer who stands further up, {} lines refused",
        counts.create,
        repeats(&dry),
        counts.refused
    ));
    for operation in dry.operations() {
        phone.engine.create_as(operation.kind, operation.id, &operation.patch)?;
    }
    let report = phone.sync()?;
    let mut stored = record::all::<Customer>(&phone.engine)?;
    stored.sort_by(|one, other| (&one.record.name, one.id).cmp(&(&other.record.name, other.id)));
    paper.line(format!(
        "Imported: {} customers on {}'s phone, {} records taken by the relay",
        stored.len(),
        phone.name,
        report.decided
    ));
    if stored.len() != counts.create {
        paper.disagree(format!(
            "the dry run said {} customers, {} are there",
            counts.create,
            stored.len()
        ));
    }
    for found in stored.iter().step_by(stored.len().div_ceil(3).max(1)) {
        let customer = &found.record;
        let address = customer
            .place
            .clone()
            .and_then(|place| place.address)
            .unwrap_or_default();
        paper.under(format!(
            "{} · {}, {} · {} · no. {} in Superstore",
            customer.name,
            address.city.unwrap_or_default(),
            address.province.unwrap_or_default(),
            customer.custom.get("segment").map_or("", String::as_str),
            customer.external_ids.get("superstore").map_or("", String::as_str),
        ));
    }

    let again = planned(phone, &table, &mapping)?;
    let same = again
        .rows
        .iter()
        .filter(|row| matches!(row.verdict, Verdict::Unchanged))
        .count();
    let changes = again.operations().count();
    paper.check(
        changes == 0 && same == stored.len(),
        format!("The same file once more: {same} customers found as they are, {changes} records would change"),
    );
    Ok(())
}

fn planned(phone: &Phone, table: &Table, mapping: &Mapping) -> Result<Plan> {
    let identity = phone.engine.identity()?.context("the phone is not enrolled")?;
    let options = Options {
        repeated: Repeated::KeepFirst,
        ..Options::new(identity.org, "superstore")
    };
    let mut known = Known::default();
    for found in record::all::<Customer>(&phone.engine)? {
        known.insert(Customer::KIND.name, found.id.into(), found.row.fields);
    }
    Ok(plan::plan(table, mapping, &options, &known))
}

fn repeats(plan: &Plan) -> usize {
    let repeats = |verdict: &Verdict| {
        matches!(
            verdict,
            Verdict::Skipped {
                reason: Skip::Repeats { .. }
            }
        )
    };
    plan.rows.iter().filter(|row| repeats(&row.verdict)).count()
}

/// Hands the customers out to the reps in turn, and sees what arrives where.
pub(super) fn hand_out(paper: &mut Paper, cast: &Cast, desk: &Desk) -> Result<()> {
    let mut customers = record::all::<Customer>(&cast.admin.phone.engine)?;
    customers.sort_by(|one, other| (&one.record.name, one.id).cmp(&(&other.record.name, other.id)));
    let in_turn = customers.iter().zip(cast.reps.iter().cycle());
    desk.hand_out(
        in_turn
            .map(|(customer, rep)| (customer.id.into(), rep.phone.member))
            .collect(),
    )?;
    let mut held = 0;
    let mut shares = Vec::new();
    for player in &cast.reps {
        player.phone.sync()?;
        let own = record::all::<Customer>(&player.phone.engine)?.len();
        held += own;
        shares.push(format!("{} {own}", player.phone.name));
    }
    paper.line("Handed out to the reps; each phone holds its own customers and nobody else's:");
    paper.under(shares.join(" · "));
    let mut seen = Vec::new();
    for manager in &cast.managers {
        manager.phone.sync()?;
        seen.push(format!(
            "{} {}",
            manager.phone.name,
            record::all::<Customer>(&manager.phone.engine)?.len()
        ));
    }
    paper.line("A manager's phone holds those of the team:");
    paper.under(seen.join(" · "));
    paper.check(
        held == customers.len(),
        format!("The reps' phones hold {held} of {} customers", customers.len()),
    );
    Ok(())
}
