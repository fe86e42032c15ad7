//! `idle`: a device that has everything asks whether there is something.

use anyhow::{Result, ensure};

use crate::Plan;
use crate::figure::{Report, Samples, number};
use crate::line::Line;
use crate::office::Office;

/// Times that the device asks in a run.
const TIMES: usize = 40;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let mut report = Report::new("idle");
    report.param("runs", plan.runs);
    let sizes = plan
        .documents
        .map_or_else(|| vec![1_000, 100_000], |documents| vec![documents]);
    let mut line = Line::open()?;
    let (mut most_bytes, mut most_trips) = (0.0_f64, 0.0_f64);
    for documents in &sizes {
        let office = Office::open(1, *documents)?;
        let phone = office.phone(0)?;
        phone.sync()?;
        ensure!(phone.records()? == *documents as u64, "the first sync is incomplete");
        // Once more: the digests have been compared when the next question goes out.
        phone.sync()?;
        for _ in 0..plan.runs {
            let (mut times, mut bare) = (Samples::default(), Samples::default());
            let (mut bytes, mut trips) = (0.0_f64, 0.0_f64);
            for _ in 0..TIMES {
                let report = times.time(|| phone.sync())?;
                bytes = bytes.max(number(usize::try_from(report.sent + report.received)?));
                trips = trips.max(f64::from(report.exchanges));
                let (up, down) = (usize::try_from(report.sent)?, usize::try_from(report.received)?);
                bare.time(|| line.exchange(up, down))?;
            }
            report
                .figures
                .note(&format!("{documents} documents: round trips"), trips);
            report
                .figures
                .note(&format!("{documents} documents: body bytes, both ways"), bytes);
            report
                .figures
                .note(&format!("{documents} documents: p50_ms"), times.median());
            report
                .figures
                .note(&format!("{documents} documents: p95_ms"), times.percentile(95));
            report.limit.note(
                &format!("{documents} documents: the same bytes over loopback: p50_ms"),
                bare.median(),
            );
            report.ratio.note(
                &format!("{documents} documents: time / loopback"),
                times.median() / bare.median(),
            );
            most_bytes = most_bytes.max(bytes);
            most_trips = most_trips.max(trips);
        }
    }
    report.param("documents", sizes.clone());
    report.at_most("round trips", most_trips, 1.0);
    report.at_most("bytes of both bodies", most_bytes, 100.0);
    if let [few, .., many] = sizes.as_slice() {
        let bytes = |size: &usize| {
            report
                .figures
                .median(&format!("{size} documents: body bytes, both ways"))
        };
        let growth = bytes(many) - bytes(few);
        report.at_most("bytes more with many documents than with few", growth, 4.0);
    }
    Ok(vec![report])
}
