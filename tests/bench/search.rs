//! `search`: what people type, over many records, newest first and by rank.

use anyhow::{Result, ensure};
use satchel_core::store::{SearchOrder, SearchQuery};

use crate::figure::{Report, Samples, number};
use crate::{Plan, phone};

/// Times that each query is asked in a run.
const TIMES: usize = 10;

/// What is typed, by sort. Some words are in a fifth of the records, some in a handful.
const QUERIES: &[(&str, &[&str])] = &[
    ("two Chinese characters", &["冷柜", "账期", "试饮", "永辉", "王伟"]),
    (
        "longer Chinese",
        &["收银台旁边", "便利店", "气泡水 330", "重新确认路线", "上海市华联"],
    ),
    ("Latin prefix", &["ware", "promo", "comp", "harb", "u1234"]),
    (
        "two words",
        &[
            "老板 新品",
            "cooler facings",
            "合同 总部",
            "harbour wholesale",
            "库存 周五",
        ],
    ),
    ("phone tail", &["1234", "88123"]),
];

pub(crate) fn run(plan: &Plan) -> Result<Vec<Report>> {
    let documents = plan.documents.unwrap_or(100_000);
    let (_folder, path) = phone::copied(documents)?;
    let engine = phone::engine(&path)?;
    let bare = rusqlite::Connection::open(&path)?;
    let mut report = Report::new("search");
    report.param("documents", documents);
    report.param("runs", plan.runs);
    report.param(
        "queries",
        QUERIES.iter().map(|(_, texts)| texts.len()).sum::<usize>() * 2,
    );
    for _ in 0..plan.runs {
        let (mut all, mut worst, mut index) = (Samples::default(), 0.0_f64, Samples::default());
        for (sort, texts) in QUERIES {
            for (order, name) in [(SearchOrder::Newest, "newest"), (SearchOrder::Rank, "rank")] {
                let (mut samples, mut hits) = (Samples::default(), 0);
                for text in *texts {
                    let query = SearchQuery {
                        order,
                        ..SearchQuery::new(text)
                    };
                    for _ in 0..TIMES {
                        let found = samples.time(|| engine.search(&query))?;
                        all.push(samples.last());
                        hits = hits.max(found.hits.len());
                    }
                }
                ensure!(hits > 0, "{sort}: nothing is found");
                worst = worst.max(samples.percentile(95));
                report
                    .figures
                    .note(&format!("{sort}, {name}: p95_ms"), samples.percentile(95));
            }
        }
        for (_, texts) in QUERIES.iter().take(1) {
            for text in *texts {
                index.time(|| newest_of_index(&bare, text))?;
            }
        }
        report.figures.note("all: p50_ms", all.median());
        report.figures.note("all: p95_ms", all.percentile(95));
        report.figures.note("worst sort: p95_ms", worst);
        report
            .limit
            .note("fifty newest entries of the index alone, p50_ms", index.median());
        report
            .ratio
            .note("all p50 / index alone", all.median() / index.median());
    }
    report.figures.note(
        "database_mb",
        number(usize::try_from(std::fs::metadata(&path)?.len())?) / 1e6,
    );
    let (all, worst) = (
        report.figures.median("all: p95_ms"),
        report.figures.median("worst sort: p95_ms"),
    );
    report.at_most("p95 of all queries, ms", all, 20.0);
    report.at_most("p95 of the slowest sort of query, ms", worst, 20.0);
    Ok(vec![report])
}

/// What no search can do without: the index is asked for one pair of characters.
fn newest_of_index(bare: &rusqlite::Connection, text: &str) -> Result<usize> {
    let mut statement =
        bare.prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT 50")?;
    let rows = statement.query_map([format!("\"{text}\"")], |row| row.get::<_, i64>(0))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.len())
}
