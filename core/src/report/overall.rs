//! Figures over all rows of this device, and the records behind them: the same accumulators as everywhere, fed in one go.

use chrono::{DateTime, NaiveDate, Utc};

use super::{answers, credits, deals, deals_of, rates, visits};
use crate::domain::CustomerId;
use crate::ids::{DocumentId, MemberId};
use crate::insight::Accumulator;
use crate::insight::attainment::Credited;
use crate::insight::bottleneck::{Bottleneck, StageFigure};
use crate::insight::calendar::Period;
use crate::insight::csat::{Csat, CsatFigure};
use crate::insight::explain::{IdPage, Pager};
use crate::insight::fact::Fact;
use crate::insight::money::Converted;
use crate::insight::nps::{Nps, NpsFigure};
use crate::insight::pipeline::{Pipeline, PipelineFigure};
use crate::insight::visiting::{Visiting, VisitingFigure};
use crate::insight::win_rate::{Standing, WinRate, WinRateFigure};
use crate::store::{Error, Reader};

/// What a figure is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// Its period.
    pub period: Period,
    /// The day on which it is looked at: what is over by then, what is still to come.
    pub on: NaiveDate,
    /// Of this member alone, where the figure is one of members (visits, credits); of all on the device where absent.
    pub member: Option<MemberId>,
    /// IANA name of the zone in which days are counted.
    pub zone: &'a str,
    /// The currency in which sums are given.
    pub currency: &'a str,
    /// After how many days without a move an open deal is stale.
    pub stale_after_days: i64,
}

/// A part of a figure whose records can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Open deals that are expected to close in the period.
    Pipeline,
    /// Deals where they stand in the win rate.
    Standing(Standing),
    /// Visits made.
    Visits,
    /// Visits made that came to something.
    Productive,
    /// Planned stops.
    Planned,
    /// Credits.
    Credits,
}

/// What the open deals of a period are worth.
///
/// # Errors
/// As every reading of the store.
pub fn pipeline(reader: &Reader<'_>, question: &Question<'_>) -> Result<PipelineFigure, Error> {
    let mut pipeline = Pipeline::over(question.period);
    deals(reader, question.zone, |fact| pipeline.add(&fact))?;
    Ok(pipeline.finish(&rates(reader)?, question.currency))
}

/// How many deals of a period are won.
///
/// # Errors
/// As every reading of the store.
pub fn win_rate(reader: &Reader<'_>, question: &Question<'_>) -> Result<WinRateFigure, Error> {
    let mut rate = WinRate::over(question.period);
    deals(reader, question.zone, |fact| rate.add(&fact))?;
    Ok(rate.finish(question.on, question.stale_after_days))
}

/// The stages of one process, the narrowest first: how many deals go on from each, how long they stay, why they are lost.
/// Without a template those deals that name none. Of all time; `at` says which open deals are old enough to count.
///
/// # Errors
/// As every reading of the store.
pub fn stages(
    reader: &Reader<'_>,
    template: Option<DocumentId>,
    at: DateTime<Utc>,
    zone: &str,
    currency: &str,
) -> Result<Vec<StageFigure>, Error> {
    let mut stages = Bottleneck::default();
    deals_of(reader, template.map(Into::into), zone, |fact| stages.add(&fact))?;
    Ok(stages.finish(at, &rates(reader)?, currency))
}

/// The visits of a period; `due` are the customers that were to be visited in it.
///
/// # Errors
/// As every reading of the store.
pub fn visiting(reader: &Reader<'_>, question: &Question<'_>, due: &[DocumentId]) -> Result<VisitingFigure, Error> {
    let mut visiting = Visiting::over(question.period, question.member);
    visits(reader, question.zone, &[], |fact| visiting.add(&fact))?;
    let due = due.iter().map(|id| CustomerId::from(*id)).collect();
    Ok(visiting.finish(question.on, &due))
}

/// How likely customers would recommend us, and how satisfied they are.
///
/// # Errors
/// As every reading of the store.
pub fn opinions(reader: &Reader<'_>, period: Period) -> Result<(NpsFigure, CsatFigure), Error> {
    let (mut nps, mut csat) = (Nps::over(period), Csat::over(period));
    answers(reader, |fact| {
        nps.add(&fact);
        csat.add(&fact);
    })?;
    Ok((nps.finish(), csat.finish()))
}

/// What was credited in a period.
///
/// # Errors
/// As every reading of the store.
pub fn credited(reader: &Reader<'_>, question: &Question<'_>) -> Result<Converted, Error> {
    let mut credited = Credited::over(question.period);
    credits(reader, question.member, None, |fact| credited.add(&fact))?;
    Ok(credited.amounts().finish(&rates(reader)?, question.currency))
}

/// The records of a part of a figure, in pages in the order of their ids.
///
/// # Errors
/// As every reading of the store.
pub fn counted(
    reader: &Reader<'_>,
    part: Part,
    question: &Question<'_>,
    after: Option<DocumentId>,
    limit: usize,
) -> Result<IdPage, Error> {
    let mut pager = Pager::new(after, limit);
    let mut take = |counts: bool, id: DocumentId| {
        if counts {
            pager.take(id);
        }
    };
    match part {
        Part::Pipeline => {
            let pipeline = Pipeline::over(question.period);
            deals(reader, question.zone, |fact| take(pipeline.counts(&fact), fact.id()))?;
        }
        Part::Standing(standing) => {
            let rate = WinRate::over(question.period);
            deals(reader, question.zone, |fact| {
                let found = rate.standing(&fact, question.on, question.stale_after_days);
                take(found == Some(standing), fact.id());
            })?;
        }
        Part::Visits | Part::Productive | Part::Planned => {
            let visiting = Visiting::over(question.period, question.member);
            visits(reader, question.zone, &[], |fact| {
                let counts = match part {
                    Part::Planned => visiting.is_planned(&fact),
                    Part::Productive => visiting.counts(&fact) && fact.productive,
                    _ => visiting.counts(&fact),
                };
                take(counts, fact.id());
            })?;
        }
        Part::Credits => {
            let credited = Credited::over(question.period);
            credits(reader, question.member, None, |fact| {
                take(credited.counts(&fact), fact.id());
            })?;
        }
    }
    Ok(pager.finish())
}
