//! `idle-sockets`: live devices that do nothing.

use anyhow::{Context, Result};

use crate::figure::{Report, number};
use crate::light::{self, Light};
use crate::office::Office;
use crate::{Plan, live, machine};

/// Live devices.
const DEVICES: usize = 2_000;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let mut report = Report::new("idle-sockets");
    report.param("live devices", DEVICES);
    report.param("runs", plan.runs);
    for _ in 0..plan.runs {
        let (office, badges) = Office::open_with(1, 1_000, DEVICES)?;
        let url = office.relay.url();
        let badges: Vec<_> = badges.into_iter().flatten().collect();
        let http = light::http()?;
        let mut known = Light::new(badges.first().context("a device")?);
        office.runtime.block_on(known.catch_up(&http, &url))?;
        let mut sockets = Vec::new();
        let process = office.relay.pid().context("no process")?.to_string();
        // The first fifty warm up threads, caches and connections of the pool.
        let mut before = 0;
        for (number, badge) in badges.iter().enumerate() {
            if number == 50 {
                before = machine::memory_of(&process).context("no /proc")?.1;
            }
            sockets.push(office.runtime.block_on(live::connect(&url, badge, &known))?);
        }
        let after = machine::memory_of(&process).context("no /proc")?.1;
        let each = number(after.saturating_sub(before)) / number(DEVICES - 50) / 1024.0;
        report.figures.note("memory of the relay for each, KiB", each);
        report.figures.note("memory of the relay, MB", number(after) / 1e6);
        report
            .limit
            .note("memory of the relay before, MB", number(before) / 1e6);
        drop(sockets);
    }
    let each = report.figures.median("memory of the relay for each, KiB");
    report.at_most("memory of the relay for each idle device, KiB", each, 16.0);
    Ok(vec![report])
}
