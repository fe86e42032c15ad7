//! `herd`: after an outage everybody comes back at once, a tenth of them with new devices.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::figure::{Report, Samples, millis, number};
use crate::light::{self, Light};
use crate::office::Office;
use crate::{Plan, machine};

/// Reps, and the devices of each.
const REPS: usize = 10;
const DEVICES: usize = 50;
/// One in so many is new.
const NEW: usize = 10;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(2_000);
    let mut report = Report::new("herd");
    report.param("devices", REPS * DEVICES);
    report.param("documents of each", documents);
    report.param("reps who share them", REPS);
    report.param("new devices", REPS * DEVICES / NEW);
    report.param("runs", plan.runs);
    let (office, badges) = Office::open_with(REPS, documents, DEVICES)?;
    let url = office.relay.url();
    let process = office.relay.pid().context("no process")?.to_string();
    let http = light::http()?;
    let mut known = Vec::new();
    for of_rep in &badges {
        let mut light = Light::new(of_rep.first().context("a device")?);
        let (loaded, _) = office.runtime.block_on(light.catch_up(&http, &url))?;
        ensure!(loaded == documents, "a device has {loaded} of {documents} documents");
        known.push(light);
    }
    for _ in 0..plan.runs {
        let before = machine::cpu_of(&process).context("no /proc")?;
        let begun = Instant::now();
        let tasks: Vec<_> = badges
            .iter()
            .zip(&known)
            .flat_map(|(of_rep, known)| of_rep.iter().map(move |badge| (badge, known)))
            .enumerate()
            .map(|(number, (badge, known))| {
                let new = number % NEW == 0;
                let mut light = if new { Light::new(badge) } else { known.beside(badge) };
                let (http, url) = (http.clone(), url.clone());
                office.runtime.spawn(async move {
                    let asked = Instant::now();
                    let (loaded, bytes) = light.catch_up(&http, &url).await?;
                    Ok::<_, anyhow::Error>((new, loaded, bytes, millis(asked.elapsed())))
                })
            })
            .collect();
        let (mut old, mut fresh, mut bytes) = (Samples::default(), Samples::default(), 0);
        for answer in office.runtime.block_on(futures_util::future::join_all(tasks)) {
            let (new, loaded, received, took) = answer??;
            ensure!(
                loaded == if new { documents } else { 0 },
                "a device is not current: {loaded}"
            );
            if new {
                fresh.push(took);
                bytes += received;
            } else {
                old.push(took);
            }
        }
        let all_ms = millis(begun.elapsed());
        let cpu_ms = millis(machine::cpu_of(&process).context("no /proc")?.saturating_sub(before));
        report.figures.note("all current after_ms", all_ms);
        report
            .figures
            .note("relay CPU for each device, ms", cpu_ms / number(REPS * DEVICES));
        report.figures.note("devices that were there: p50_ms", old.median());
        report
            .figures
            .note("devices that were there: p99_ms", old.percentile(99));
        report.figures.note("new devices: p50_ms", fresh.median());
        report.figures.note("new devices: p99_ms", fresh.percentile(99));
        report.figures.note(
            "bytes to each new device, MB",
            number(bytes) / number(REPS * DEVICES / NEW) / 1e6,
        );
    }
    Ok(vec![report])
}
