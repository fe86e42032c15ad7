//! Figure 19, customer satisfaction 满意度 (CSAT).
//!
//! Formula: answers of 4 and 5 ÷ all answers. Unit: basis points, and whole percent as it is shown (74 of 107 → 69 %).
//!
//! Edge cases: no answer: n/a. Fewer than thirty: said beside it.

use super::calendar::Period;
use super::fact::AnswerFact;
use super::{Accumulator, Figure, quotient, ratio_bp};

/// Answers of which fewer tell little.
const FEW: i64 = 30;

/// The answers of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csat {
    period: Period,
    satisfied: i64,
    answers: i64,
}

/// The figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsatFigure {
    /// Answers.
    pub answers: i64,
    /// Satisfied ones, in basis points.
    pub satisfied_bp: Figure<i64>,
    /// Satisfied ones, in whole percent.
    pub percent: Figure<i64>,
    /// Whether there are fewer than thirty answers.
    pub few: bool,
}

impl Csat {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            satisfied: 0,
            answers: 0,
        }
    }

    /// Whether an answer is in it, and whether it is a satisfied one.
    #[must_use]
    pub fn satisfied(&self, fact: &AnswerFact) -> Option<bool> {
        let csat = fact.csat.filter(|_| self.period.contains(fact.answered_on))?;
        Some(csat >= 4)
    }

    /// The figure.
    #[must_use]
    pub fn finish(&self) -> CsatFigure {
        CsatFigure {
            answers: self.answers,
            satisfied_bp: ratio_bp(self.satisfied.into(), self.answers.into()),
            percent: quotient(i128::from(self.satisfied) * 100, self.answers.into()),
            few: self.answers < FEW,
        }
    }
}

impl Csat {
    /// Takes in answers of the period of one score.
    pub fn put(&mut self, csat: i64, answers: i64) {
        self.answers = self.answers.wrapping_add(answers);
        self.satisfied = self.satisfied.wrapping_add(answers.wrapping_mul(i64::from(csat >= 4)));
    }
}

impl Accumulator for Csat {
    type Fact = AnswerFact;

    fn apply(&mut self, fact: &AnswerFact, times: i64) {
        if let Some(satisfied) = self.satisfied(fact) {
            self.answers = self.answers.wrapping_add(times);
            self.satisfied = self.satisfied.wrapping_add(times.wrapping_mul(i64::from(satisfied)));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.answers = self.answers.wrapping_add(other.answers);
        self.satisfied = self.satisfied.wrapping_add(other.satisfied);
    }
}
