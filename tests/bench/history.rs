//! `history`: a record with many edits: what one more edit, a merge and its bytes cost.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use satchel_core::document::Document;
use satchel_core::domain::{self, Deal, KINDS};
use satchel_core::engine::Identity;
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::policy::{Access, Role};
use satchel_core::schema::{Entity, Kind, Patch};
use satchel_core::store::{self, Indexing, NewDocument, Store};
use serde_json::json;

use crate::Plan;
use crate::figure::{Report, Samples, millis, number, time};
use crate::library;
use crate::making::{Maker, SEED, device, org, rep};
use crate::phone;
use crate::population::{NOW_MS, Population};

const SIZES: &[usize] = &[10, 100, 1_000, 5_000];
/// Edits measured at each size.
const TIMES: usize = 20;

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let mut report = Report::new("history");
    report.param("runs", plan.runs);
    report.param("edits", json!(SIZES));
    let histories: Vec<History> = SIZES.iter().map(|size| History::write(*size)).collect::<Result<_>>()?;
    for _ in 0..plan.runs {
        for (size, history) in SIZES.iter().zip(&histories) {
            measure(&mut report, *size, history)?;
        }
    }
    for what in [
        "edit_ms",
        "load_ms",
        "merge_ms",
        "admit_ms",
        "snapshot_bytes",
        "raw_bytes",
    ] {
        for pair in SIZES.windows(2) {
            let &[from, to] = pair else { continue };
            let at = |size: usize| report.figures.least(&format!("{size:04} edits: {what}"));
            let growth = at(to) / at(from);
            let linear = number(to) / number(from);
            report.ratio.note(&format!("{what}, {from} to {to} edits"), growth);
            report.at_most(&format!("{what}: growth from {from} to {to} edits"), growth, linear);
        }
    }
    Ok(vec![report])
}

/// A record with its edits.
struct History {
    kind: &'static Kind,
    id: DocumentId,
    snapshot: Vec<u8>,
    raw_bytes: usize,
    /// One more change, made elsewhere on the same version.
    foreign: Vec<Vec<u8>>,
}

/// What the `number`th edit changes: mostly a field, at times the text.
fn edit(population: &mut Population, number: usize) -> Result<Patch> {
    let kind = Deal::KIND;
    let fields = if number % 10 == 9 {
        json!({ "description": format!("第{number}次沟通，价格谈到 {} 元。", number * 7) })
    } else if number.is_multiple_of(2) {
        json!({ "amount": { "minor": number * 100, "currency": "CNY" } })
    } else {
        return Ok(population.small_edit(kind));
    };
    let fields = fields.as_object().context("an object")?;
    Patch::from_json(kind, fields).map_err(|found| anyhow!("{found:?}"))
}

impl History {
    fn write(size: usize) -> Result<Self> {
        let kind = domain::kind("deal").context("a deal")?;
        let mut population = Population::new(SEED, size);
        let customer = DocumentId::derived(&[0; 16], "bench customer");
        let id = DocumentId::derived(customer.as_bytes(), &size.to_string());
        let first = population.one(kind, customer);
        let maker = Maker::new(rep());
        let (mut document, changes) =
            Document::create(kind, id, &first, &maker.author(NOW_MS)).map_err(|error| anyhow!("{error:?}"))?;
        let mut raw_bytes: usize = changes.iter().map(Vec::len).sum();
        for number in 0..size {
            let at_ms = NOW_MS + i64::try_from(number)? * 60_000;
            let more = document.edit(&edit(&mut population, number)?, None, &maker.author(at_ms));
            raw_bytes += more
                .map_err(|error| anyhow!("{error:?}"))?
                .iter()
                .map(Vec::len)
                .sum::<usize>();
        }
        let snapshot = document.save();
        let elsewhere = Maker::new(MemberId::derived(&[0; 16], "bench colleague"));
        let mut other = load(kind, id, &snapshot)?;
        let foreign = other
            .edit(&edit(&mut population, 9)?, None, &elsewhere.author(NOW_MS))
            .map_err(|error| anyhow!("{error:?}"))?;
        Ok(Self {
            kind,
            id,
            snapshot,
            raw_bytes,
            foreign,
        })
    }
}

fn load(kind: &'static Kind, id: DocumentId, snapshot: &[u8]) -> Result<Document> {
    Ok(Document::load(kind, id, snapshot, std::iter::empty::<&[u8]>())?)
}

fn measure(report: &mut Report, size: usize, history: &History) -> Result<()> {
    let History {
        kind,
        id,
        snapshot,
        raw_bytes,
        foreign,
    } = history;
    let mut note = |what: &str, value: f64| report.figures.note(&format!("{size:04} edits: {what}"), value);
    let (mut loading, mut merging, mut admitting) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..5 {
        let mut document = loading.time(|| load(kind, *id, snapshot))?;
        merging.time(|| {
            document.merge(foreign)?;
            document.project();
            Ok::<_, satchel_core::document::Error>(())
        })?;
        let mut document = load(kind, *id, snapshot)?;
        admitting.time(|| document.admit(foreign))?;
    }
    note("load_ms", loading.median());
    note("merge_ms", merging.median());
    note("admit_ms", admitting.median());
    note("snapshot_bytes", number(snapshot.len()));
    note("raw_bytes", number(*raw_bytes));
    let folder = library::empty()?;
    let path = folder.path().join("device.sqlite");
    keep(&path, history)?;
    let engine = phone::engine(&path)?;
    let mut population = Population::new(SEED, size);
    let mut editing = Samples::default();
    for number in 0..TIMES {
        let next = edit(&mut population, size + number)?;
        let (saved, took) = time(|| engine.edit(*id, &next, None));
        saved?;
        editing.push(millis(took));
    }
    note("edit_ms", editing.median());
    engine.close()?;
    note(
        "database_kb",
        number(usize::try_from(std::fs::metadata(&path)?.len())?) / 1e3,
    );
    Ok(())
}

/// A device that holds the record, folded.
fn keep(path: &Path, history: &History) -> Result<()> {
    let History { kind, id, snapshot, .. } = history;
    let engine = phone::engine(path)?;
    engine.enrol(&Identity {
        org: org(),
        member: rep(),
        device: device(),
        role: Role::Rep,
    })?;
    engine.close()?;
    let mut document = load(kind, *id, snapshot)?;
    let row = document.project();
    let store = Store::open(path, store::Options::new(KINDS))?;
    store.write::<_, store::Error>(|tx| {
        let scope = DocumentId::derived(&[0; 16], "bench customer").into();
        tx.put_document(&NewDocument {
            id: *id,
            kind: kind.name,
            scope: Some(scope),
            snapshot,
            heads: &row.heads,
        })?;
        tx.set_acked(*id, &row.heads)?;
        tx.put_row(*id, &row, Indexing::Now)?;
        tx.replace_grants(&[(scope, Access::Write)])
    })?;
    store.close()?;
    Ok(())
}
