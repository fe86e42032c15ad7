//! Asking the index.

use rusqlite::params;

use crate::projection::token::{fold, is_ideograph};
use crate::projection::{Row, searched};
use crate::schema::Kind;
use crate::store::record::{RECORD, read_record};
use crate::store::{Archived, Error, Reader, Record};

/// Terms that the index is asked for at most; somebody pastes a whole page. The texts are held against all of it.
const TERMS: usize = 32;
/// Verified matches among which the best are picked.
const RANKED: usize = 500;
/// Matches of the index that are read at once: a query by prefix costs the same for few and for many.
const CHUNK: u32 = 64;
const RANKED_CHUNK: u32 = 512;

/// What to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// What was typed; every word of it must be found.
    pub text: String,
    /// Only records of these kinds; all where empty.
    pub kinds: Vec<String>,
    /// The order.
    pub order: SearchOrder,
    /// Whether records that were put away are found.
    pub archived: Archived,
    /// Newest first: after this hit. Ranked: not used.
    pub after: Option<i64>,
    /// Hits at most.
    pub limit: u32,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchOrder {
    /// The last changed first, as this device learnt of the changes. Can be paged.
    #[default]
    Newest,
    /// The best of the newest 500 first: a title that begins with the query before a text that mentions it.
    Rank,
}

/// One found record.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: Record,
    /// Larger is better: found at the beginning of an early field.
    pub score: u32,
}

/// Found records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hits {
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// Newest first: what to give as `after` for more; `None` where these were the last.
    pub next: Option<i64>,
}

impl SearchQuery {
    /// For a text, in all kinds, newest first, fifty at most.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kinds: Vec::new(),
            order: SearchOrder::Newest,
            archived: Archived::Without,
            after: None,
            limit: 50,
        }
    }
}

/// A query, taken apart: what the index is asked, and what must stand in the texts.
struct Wanted {
    expression: String,
    /// Runs of letters and digits, or of ideographs, as typed but folded.
    runs: Vec<String>,
}

impl Wanted {
    /// `None` where nothing that can be found was typed.
    fn new(text: &str) -> Option<Self> {
        let runs = runs(&fold(text));
        let mut terms = Vec::new();
        for run in &runs {
            let letters: Vec<char> = run.chars().collect();
            match letters.as_slice() {
                [one] if is_ideograph(*one) => terms.push(format!("\"{one}\"")),
                [first, ..] if is_ideograph(*first) => {
                    terms.extend(letters.windows(2).map(|pair| format!("\"{}{}\"", pair[0], pair[1])));
                }
                _ => terms.push(format!("\"{run}\"*")),
            }
        }
        if terms.is_empty() {
            return None;
        }
        terms.truncate(TERMS);
        Some(Self {
            expression: terms.join(" AND "),
            runs,
        })
    }

    /// How well the texts hold every run: `None` where one is missing. Earlier fields count more, and so does a field
    /// that is, or begins with, a run.
    fn score(&self, kind: &Kind, row: &Row) -> Option<u32> {
        let texts: Vec<String> = searched(kind, row).map(fold).collect();
        let mut score = 0;
        for run in &self.runs {
            let best = texts.iter().enumerate().filter_map(|(field, text)| {
                let at = text.find(run.as_str())?;
                let place = if text == run {
                    8
                } else if at == 0 {
                    4
                } else if text[..at].ends_with(|letter: char| !letter.is_alphanumeric()) {
                    2
                } else {
                    1
                };
                Some(place * 16 / (1 + u32::try_from(field.min(15)).unwrap_or(15)))
            });
            score += best.max()?;
        }
        Some(score)
    }
}

/// Cuts a folded text where the tokenizer does, but leaves runs of ideographs whole.
fn runs(folded: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut previous = None;
    for letter in folded.chars() {
        let class = if is_ideograph(letter) {
            Some(true)
        } else if letter.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        if class.is_some() {
            match found.last_mut().filter(|_| previous == class) {
                Some(run) => run.push(letter),
                None => found.push(letter.to_string()),
            }
        }
        previous = class;
    }
    found
}

impl Reader<'_> {
    /// Searches. Records whose entries are not made yet ([`Reader::index_progress`]) are not found.
    ///
    /// # Errors
    /// As every reading.
    pub fn search(&self, query: &SearchQuery) -> Result<Hits, Error> {
        let Some(wanted) = Wanted::new(&query.text) else {
            return Ok(Hits::default());
        };
        let (most, chunk) = match query.order {
            SearchOrder::Newest => (query.limit.max(1) as usize, CHUNK),
            SearchOrder::Rank => (RANKED, RANKED_CHUNK),
        };
        let mut below = query
            .after
            .filter(|_| query.order == SearchOrder::Newest)
            .unwrap_or(i64::MAX);
        let mut hits: Vec<(i64, Hit)> = Vec::new();
        // One more than wanted tells whether there is more.
        while hits.len() <= most {
            let found = self.matches(&wanted.expression, below, chunk)?;
            let Some(last) = found.last() else { break };
            below = last.0;
            for (entry, number, kind) in found {
                if hits.len() <= most
                    && let Some(hit) = self.verify(&wanted, query, number, &kind)?
                {
                    hits.push((entry, hit));
                }
            }
        }
        let more = hits.len() > most;
        hits.truncate(most);
        if query.order == SearchOrder::Rank {
            hits.sort_by_key(|(entry, hit)| std::cmp::Reverse((hit.score, *entry)));
            hits.truncate(query.limit.max(1) as usize);
            return Ok(Hits {
                hits: hits.into_iter().map(|(_, hit)| hit).collect(),
                next: None,
            });
        }
        let next = hits.last().filter(|_| more).map(|(entry, _)| *entry);
        Ok(Hits {
            hits: hits.into_iter().map(|(_, hit)| hit).collect(),
            next,
        })
    }

    /// Entries that hold the tokens, newest first: entry, document, kind.
    fn matches(&self, expression: &str, below: i64, most: u32) -> Result<Vec<(i64, i64, String)>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT e.number, e.document, d.kind FROM \
             (SELECT rowid FROM search WHERE search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3) s \
             CROSS JOIN search_entry e ON e.number = s.rowid CROSS JOIN document d ON d.number = e.document \
             ORDER BY e.number DESC",
        )?;
        let found = statement.query_map(params![expression, below, most], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The record, if it is of the kinds asked for and its texts hold what was typed.
    fn verify(&self, wanted: &Wanted, query: &SearchQuery, number: i64, kind: &str) -> Result<Option<Hit>, Error> {
        if !query.kinds.is_empty() && !query.kinds.iter().any(|one| one == kind) {
            return Ok(None);
        }
        let Some(table) = self.tables.get(kind) else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {RECORD} FROM {} k JOIN document d ON d.number = k._document WHERE k._document = ?1",
            table.name
        );
        let record = self
            .conn
            .prepare_cached(&sql)?
            .query_row([number], |row| read_record(row, 0))?
            .parse()?;
        let kept = match query.archived {
            Archived::Without => !record.row.archived,
            Archived::Only => record.row.archived,
            Archived::Both => true,
        };
        let score = if kept {
            wanted.score(table.kind, &record.row)
        } else {
            None
        };
        Ok(score.map(|score| Hit { record, score }))
    }
}
