//! Figure 20, net promoter score 净推荐值 (NPS).
//!
//! Formula: % of answers 9 and 10 − % of answers 0 to 6. Unit: points from −100 to 100, and hundredths of a point. Margin
//! of error at 95 %: 1.96 × √(variance ÷ n), with variance p + d − (p − d)².
//!
//! Edge cases: no answer: n/a. The number of answers and the margin stand beside it, and whether the member whom the
//! answers are about asked for all of them himself.

use super::calendar::Period;
use super::fact::AnswerFact;
use super::{Accumulator, Figure, NotApplicable, quotient};

/// The answers of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nps {
    period: Period,
    promoters: i64,
    detractors: i64,
    answers: i64,
    /// Answers for which the member whom they are about asked himself.
    own: i64,
}

/// The figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NpsFigure {
    /// Answers.
    pub answers: i64,
    /// Answers of 9 and 10.
    pub promoters: i64,
    /// Answers of 0 to 6.
    pub detractors: i64,
    /// The score in whole points.
    pub score: Figure<i64>,
    /// The score in hundredths of a point.
    pub score_x100: Figure<i64>,
    /// The margin of error at 95 % in hundredths of a point.
    pub margin_x100: Figure<i64>,
    /// Whether every answer was asked for by the member whom it is about.
    pub only_own: bool,
}

impl Nps {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            promoters: 0,
            detractors: 0,
            answers: 0,
            own: 0,
        }
    }

    /// The answer, where it is in the figure.
    #[must_use]
    pub fn answer(&self, fact: &AnswerFact) -> Option<i64> {
        fact.nps.filter(|_| self.period.contains(fact.answered_on))
    }

    /// The figure.
    #[must_use]
    pub fn finish(&self) -> NpsFigure {
        let (p, d, n) = (
            i128::from(self.promoters),
            i128::from(self.detractors),
            i128::from(self.answers),
        );
        NpsFigure {
            answers: self.answers,
            promoters: self.promoters,
            detractors: self.detractors,
            score: quotient((p - d) * 100, n),
            score_x100: quotient((p - d) * 10_000, n),
            margin_x100: margin(p, d, n),
            only_own: self.answers > 0 && self.own == self.answers,
        }
    }
}

/// 19 600 × √(((p + d) n − (p − d)²) ÷ n³), down to a whole number: the margin in hundredths of a point.
fn margin(p: i128, d: i128, n: i128) -> Figure<i64> {
    let spread = ((p + d) * n - (p - d) * (p - d)).max(0);
    let squared = u128::try_from(spread.saturating_mul(19_600 * 19_600)).unwrap_or(0);
    let cube = u128::try_from(n.saturating_mul(n).saturating_mul(n)).unwrap_or(0);
    let ratio = squared.checked_div(cube).ok_or(NotApplicable::ZeroDenominator)?;
    Ok(i64::try_from(ratio.isqrt()).unwrap_or(i64::MAX))
}

impl Nps {
    /// Takes in answers of the period of one score; `own` where the member asked whom they are about.
    pub fn put(&mut self, nps: i64, own: bool, answers: i64) {
        let add = |count: &mut i64, counts: bool| *count = count.wrapping_add(answers.wrapping_mul(i64::from(counts)));
        add(&mut self.answers, true);
        add(&mut self.promoters, nps >= 9);
        add(&mut self.detractors, nps <= 6);
        add(&mut self.own, own);
    }
}

impl Accumulator for Nps {
    type Fact = AnswerFact;

    fn apply(&mut self, fact: &AnswerFact, times: i64) {
        if let Some(answer) = self.answer(fact) {
            self.put(answer, fact.about.is_some() && fact.about == fact.interviewer, times);
        }
    }

    fn merge(&mut self, other: &Self) {
        let add = |mine: &mut i64, other: i64| *mine = mine.wrapping_add(other);
        add(&mut self.answers, other.answers);
        add(&mut self.promoters, other.promoters);
        add(&mut self.detractors, other.detractors);
        add(&mut self.own, other.own);
    }
}
