//! What the managers' figures say of the year, and whether they find what was planted in it.

use anyhow::{Context, Result};
use serde_json::Value;

use super::cast::{Cast, UNHEARD};
use super::desk::Desk;
use super::history::{CURRENCY, Planted, SLOW};
use super::paper::Paper;

/// Asks the relay as an admin's dashboard does, and checks each planted cause.
pub(super) fn show(paper: &mut Paper, cast: &Cast, desk: &Desk, planted: &Planted) -> Result<()> {
    paper.headline("What the figures find 数字说明了什么");
    let calendar = cast.admin.calendar;
    let ask =
        |figure: &str, period: &str| desk.get(&format!("/v1/insight/{figure}?period={period}&currency={CURRENCY}"));
    slow_stage(paper, &ask("funnel", &calendar.year_past()?)?)?;
    unheard(paper, desk, &ask("attainment", &calendar.quarter())?)?;
    overdue(paper, planted, &ask("customers", &calendar.quarter())?)?;
    twice(paper, planted, &desk.get("/v1/insight/duplicates")?)
}

fn slow_stage(paper: &mut Paper, funnel: &Value) -> Result<()> {
    let win_rate = &funnel["win_rate"];
    paper.line(format!(
        "{} deals won, {} lost: {} of them won",
        win_rate["won"],
        win_rate["lost"],
        percent(&win_rate["rate_bp"])
    ));
    let stages = list(&funnel["processes"]).flat_map(|process| list(&process["stages"]));
    let narrowest = stages.into_iter().find(|stage| stage["bottleneck"] == 1);
    let narrowest = narrowest.context("the funnel has no bottleneck")?;
    let hours = narrowest["median_hours"]["value"].as_i64();
    paper.check(
        narrowest["code"] == SLOW,
        format!(
            "The narrowest stage is {} {}: {} go on, half of the deals leave it within {} days; lost most for {}",
            text(&narrowest["name_zh"]),
            text(&narrowest["name_en"]),
            percent(&narrowest["conversion_bp"]),
            hours.map_or_else(|| "many".to_owned(), |hours| (hours / 24).to_string()),
            text(&narrowest["lost"][0]["reason"]),
        ),
    );
    Ok(())
}

fn unheard(paper: &mut Paper, desk: &Desk, attainment: &Value) -> Result<()> {
    let total = list(&attainment["total"]).next().context("no amount sold")?;
    paper.line(format!(
        "Of the quarter's target {} is reached",
        percent(&total["attainment_bp"])
    ));
    let complete = &attainment["completeness"];
    let members = desk.all("/v1/members")?;
    let never: Vec<&str> = list(&complete["never"])
        .filter_map(|id| members.iter().find(|member| member["id"] == *id))
        .map(|member| text(&member["name"]))
        .collect();
    paper.check(
        never == [UNHEARD],
        format!(
            "The figures are complete for {} of {} members; never heard of: {}",
            complete["complete"],
            complete["of"],
            never.join(", ")
        ),
    );
    Ok(())
}

fn overdue(paper: &mut Paper, planted: &Planted, customers: &Value) -> Result<()> {
    let longest = list(&customers["overdue_customers"])
        .next()
        .context("no customer is overdue")?;
    paper.check(
        longest["id"] == planted.overdue.to_string(),
        format!(
            "{} customers are overdue for a visit; longest {}, last seen {}",
            customers["overdue"],
            text(&longest["name"]),
            text(&longest["last_visit"]),
        ),
    );
    Ok(())
}

fn twice(paper: &mut Paper, planted: &Planted, duplicates: &Value) -> Result<()> {
    let expected = planted.twins.map(|id| id.to_string());
    let found = list(&duplicates["pairs"]).find(|pair| {
        let both = [text(&pair["one"]), text(&pair["other"])];
        expected.iter().all(|id| both.contains(&id.as_str()))
    });
    let found = found.context("the customer that two reps entered is not found")?;
    paper.check(
        true,
        format!(
            "Likely one customer: {} and {}",
            text(&found["one_name"]),
            text(&found["other_name"])
        ),
    );
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A figure in basis points, or why there is none.
fn percent(figure: &Value) -> String {
    match figure["value"].as_i64() {
        Some(bp) => format!("{} %", bp / 100),
        None => format!("n/a ({})", text(&figure["reason"])),
    }
}
