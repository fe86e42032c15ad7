//! Figures over what is on this device, with the radio off. What they mean is in `docs/figures.md`; they are computed in
//! the core by the accumulators that the relay uses, too.
//!
//! A device holds what its person may read: a figure over all is one of himself for a rep, of the team for its manager.

mod answer;

pub use answer::{
    Attainment, Figure, LostFor, NoFigure, Opinions, Pipeline, RecordIds, StageFigure, Total, Visiting, WinRate,
};

use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::insight::calendar::Period;
use satchel_core::insight::win_rate::Standing;
use satchel_core::report::{self, Question};
use satchel_core::schema::ViolationCode;

use crate::runtime::on_thread;
use crate::satchel::zone;
use crate::{Day, Instant, Satchel, SatchelError};

/// What a figure is asked of.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FigureQuery {
    /// First day of the period.
    pub first: Day,
    /// Last day of the period, included.
    pub last: Day,
    /// The day on which it is looked at: what is over by then, what is still to come.
    pub on: Day,
    /// Of this member alone, where the figure is one of members (visits, credits); of all on the device where absent.
    #[uniffi(default)]
    pub member: Option<MemberId>,
    /// IANA name of the zone in which days are counted.
    pub zone: String,
    /// The currency in which sums are given, as in `CNY`.
    pub currency: String,
    /// After how many days without a move an open deal is stale.
    #[uniffi(default = 30)]
    pub stale_after_days: i64,
}

/// A part of a figure whose records can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FigurePart {
    /// Open and expected to close in the period.
    Pipeline,
    /// Won in the period.
    Won,
    /// Lost in the period.
    Lost,
    /// Open, and the day on which it was expected to close is over.
    Overdue,
    /// Open, and not moved for too long.
    Stale,
    /// Visits made.
    Visits,
    /// Visits made that came to something.
    Productive,
    /// Planned stops.
    Planned,
    /// What was credited.
    Credits,
}

impl FigureQuery {
    fn question(&self) -> Result<Question<'_>, SatchelError> {
        if self.last < self.first {
            return Err(SatchelError::invalid("last", ViolationCode::NotAllowed));
        }
        zone(&self.zone)?;
        Ok(Question {
            period: Period::through(self.first, self.last),
            on: self.on,
            member: self.member,
            zone: &self.zone,
            currency: &self.currency,
            stale_after_days: self.stale_after_days,
        })
    }
}

impl From<FigurePart> for report::Part {
    fn from(part: FigurePart) -> Self {
        match part {
            FigurePart::Pipeline => Self::Pipeline,
            FigurePart::Won => Self::Standing(Standing::Won),
            FigurePart::Lost => Self::Standing(Standing::Lost),
            FigurePart::Overdue => Self::Standing(Standing::Overdue),
            FigurePart::Stale => Self::Standing(Standing::Stale),
            FigurePart::Visits => Self::Visits,
            FigurePart::Productive => Self::Productive,
            FigurePart::Planned => Self::Planned,
            FigurePart::Credits => Self::Credits,
        }
    }
}

/// A number of records as a page takes it; what makes no sense is one.
fn page(limit: i32) -> usize {
    usize::try_from(limit).unwrap_or(1).max(1)
}

#[uniffi::export]
impl Satchel {
    /// How far a member's targets are reached whose periods have this day, the earliest begun first; his own, where no
    /// member is named. `currency` holds where a target names none, `region` names the calendar of working days. Targets
    /// that a device cannot measure are left out.
    ///
    /// # Errors
    /// [`SatchelError::SignedOut`] where nobody is enrolled and no member is named, [`SatchelError::Invalid`] at `zone`,
    /// and as every reading.
    pub async fn attainment(
        &self,
        on: Day,
        member: Option<MemberId>,
        zone: String,
        currency: String,
        region: Option<String>,
    ) -> Result<Vec<Attainment>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            crate::satchel::zone(&zone)?;
            let member = match member {
                Some(member) => member,
                None => engine.identity()?.ok_or(SatchelError::SignedOut)?.member,
            };
            let place = (currency.as_str(), zone.as_str(), region.as_deref());
            let reached = engine.read(|reader| Ok(report::reached(reader, member, on, place)?))?;
            Ok(reached.into_iter().map(Into::into).collect())
        })
        .await
    }

    /// The records that a target's actual is made of, in pages in the order of their ids.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`] where the target is not here or cannot be measured here, [`SatchelError::Invalid`] at
    /// `zone`, and as every reading.
    pub async fn attained_by(
        &self,
        target: DocumentId,
        zone: String,
        after: Option<DocumentId>,
        limit: i32,
    ) -> Result<RecordIds, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            crate::satchel::zone(&zone)?;
            let behind = engine.read(|reader| Ok(report::behind(reader, target.into(), &zone, after, page(limit))?))?;
            Ok(behind.ok_or(SatchelError::NotFound)?.into())
        })
        .await
    }

    /// What is open and expected to close in a period, and what it is worth.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `last` or `zone`, and as every reading.
    pub async fn pipeline(&self, query: FigureQuery) -> Result<Pipeline, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let question = query.question()?;
            Ok(engine.read(|reader| Ok(report::pipeline(reader, &question)?))?.into())
        })
        .await
    }

    /// How much of what was closed in a period was won.
    ///
    /// # Errors
    /// As [`Satchel::pipeline`].
    pub async fn win_rate(&self, query: FigureQuery) -> Result<WinRate, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let question = query.question()?;
            Ok(engine.read(|reader| Ok(report::win_rate(reader, &question)?))?.into())
        })
        .await
    }

    /// The stages of one process, the narrowest first: how many go on from each, how long they stay, why they are lost.
    /// Without a template those that name none. Of all time; `at` says what is open long enough to count.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `zone`, and as every reading.
    pub async fn stages(
        &self,
        template: Option<DocumentId>,
        at: Instant,
        zone: String,
        currency: String,
    ) -> Result<Vec<StageFigure>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            crate::satchel::zone(&zone)?;
            let stages = engine.read(|reader| Ok(report::stages(reader, template, at, &zone, &currency)?))?;
            Ok(stages.into_iter().map(Into::into).collect())
        })
        .await
    }

    /// The visits of a period; `due` are those that were to be visited in it.
    ///
    /// # Errors
    /// As [`Satchel::pipeline`].
    pub async fn visiting(&self, query: FigureQuery, due: Vec<DocumentId>) -> Result<Visiting, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let question = query.question()?;
            let visiting = engine.read(|reader| Ok(report::visiting(reader, &question, &due)?))?;
            Ok(visiting.into())
        })
        .await
    }

    /// What was answered in a period: who would recommend us, who is satisfied.
    ///
    /// # Errors
    /// As [`Satchel::pipeline`].
    pub async fn opinions(&self, query: FigureQuery) -> Result<Opinions, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let period = query.question()?.period;
            Ok(engine.read(|reader| Ok(report::opinions(reader, period)?))?.into())
        })
        .await
    }

    /// What was credited in a period.
    ///
    /// # Errors
    /// As [`Satchel::pipeline`].
    pub async fn credited(&self, query: FigureQuery) -> Result<Total, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let question = query.question()?;
            Ok(engine.read(|reader| Ok(report::credited(reader, &question)?))?.into())
        })
        .await
    }

    /// The records of a part of a figure, in pages in the order of their ids.
    ///
    /// # Errors
    /// As [`Satchel::pipeline`].
    pub async fn counted(
        &self,
        part: FigurePart,
        query: FigureQuery,
        after: Option<DocumentId>,
        limit: i32,
    ) -> Result<RecordIds, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let question = query.question()?;
            let ids = engine.read(|reader| Ok(report::counted(reader, part.into(), &question, after, page(limit))?))?;
            Ok(ids.into())
        })
        .await
    }
}
