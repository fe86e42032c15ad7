//! Figure 23, leaderboard 排行榜.
//!
//! Formula: score = Σ weight × points, or the part of one's own target that was reached; ranks 1, 2, 2, 4 (competition)
//! or 1, 2, 2, 3 (dense). Unit: parts of a point (a weight is in basis points).
//!
//! Edge cases: equal scores: the larger share of verified visits is first; then who reached the score earlier, by bounds
//! that the relay knows: only where one's latest moment lies before the other's earliest; else the rank is shared. Bounds
//! that overlap in a chain share one rank, so that the order is the same whoever is asked. Somebody without a share of
//! verified visits stands behind those who have one; without a score he is not in the list.

use std::cmp::Reverse;

use crate::ids::MemberId;

/// A part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// Weight in basis points.
    pub weight_bp: i64,
    /// Points.
    pub points: i64,
}

/// Σ weight × points, in ten-thousandths of a point.
#[must_use]
pub fn score(parts: &[Points]) -> i128 {
    parts
        .iter()
        .map(|one| i128::from(one.weight_bp) * i128::from(one.points))
        .sum()
}

/// Somebody in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub member: MemberId,
    /// The score.
    pub score: i128,
    /// Share of verified visits in basis points, where there is one.
    pub verified_bp: Option<i64>,
    /// Between which two moments the score was reached, in milliseconds since 1970, by the relay's clock.
    pub reached_ms: (i64, i64),
}

/// How ranks go on after a shared one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// 1, 2, 2, 4.
    Competition,
    /// 1, 2, 2, 3.
    Dense,
}

/// The entries with their ranks, the first first; those who share a rank in the order of their ids.
#[must_use]
pub fn ranked(mut entries: Vec<Entry>, ranking: Ranking) -> Vec<(usize, Entry)> {
    let level = |one: &Entry| (one.score, one.verified_bp);
    entries.sort_by_key(|one| (Reverse(level(one)), one.reached_ms, one.member));
    let mut ranked: Vec<(usize, Entry)> = Vec::with_capacity(entries.len());
    let mut latest = i64::MIN;
    let mut groups = 0;
    for (at, entry) in entries.into_iter().enumerate() {
        let shares = ranked
            .last()
            .is_some_and(|(_, last)| level(last) == level(&entry) && entry.reached_ms.0 <= latest);
        let rank = match (ranked.last(), ranking) {
            (Some((rank, _)), _) if shares => *rank,
            (_, Ranking::Competition) => at + 1,
            (_, Ranking::Dense) => groups + 1,
        };
        if !shares {
            groups += 1;
            latest = i64::MIN;
        }
        latest = latest.max(entry.reached_ms.1);
        ranked.push((rank, entry));
    }
    ranked.sort_by_key(|(rank, entry)| (*rank, entry.member));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u8, score: i128, verified_bp: Option<i64>, reached_ms: (i64, i64)) -> Entry {
        Entry {
            member: MemberId::from_bytes([n; 16]),
            score,
            verified_bp,
            reached_ms,
        }
    }

    fn ranks(entries: Vec<Entry>, ranking: Ranking) -> Vec<(usize, u8)> {
        let ranked = ranked(entries, ranking);
        ranked
            .into_iter()
            .map(|(rank, one)| (rank, one.member.as_bytes()[0]))
            .collect()
    }

    #[test]
    fn equal_scores_share_a_rank_where_nothing_tells_them_apart() {
        let entries = || {
            vec![
                entry(1, 30, None, (0, 9)),
                entry(2, 20, None, (0, 9)),
                entry(3, 20, None, (5, 6)),
                entry(4, 10, None, (0, 0)),
            ]
        };
        assert_eq!(ranks(entries(), Ranking::Competition), [(1, 1), (2, 2), (2, 3), (4, 4)]);
        assert_eq!(ranks(entries(), Ranking::Dense), [(1, 1), (2, 2), (2, 3), (3, 4)]);
    }

    #[test]
    fn verified_visits_then_the_proved_moment_tell_apart() {
        let entries = vec![
            entry(1, 5, Some(10), (0, 1)),
            entry(2, 5, Some(20), (8, 9)),
            entry(3, 5, None, (0, 0)),
        ];
        assert_eq!(ranks(entries, Ranking::Competition), [(1, 2), (2, 1), (3, 3)]);
        let entries = vec![
            entry(1, 5, None, (4, 6)),
            entry(2, 5, None, (1, 3)),
            entry(3, 5, None, (7, 8)),
        ];
        assert_eq!(ranks(entries, Ranking::Competition), [(1, 2), (2, 1), (3, 3)]);
        let chain = vec![
            entry(1, 5, None, (4, 6)),
            entry(2, 5, None, (1, 3)),
            entry(3, 5, None, (2, 5)),
        ];
        assert_eq!(ranks(chain, Ranking::Competition), [(1, 1), (1, 2), (1, 3)]);
    }

    #[test]
    fn a_score_is_weighted() {
        let parts = [
            Points {
                weight_bp: 7_000,
                points: 3,
            },
            Points {
                weight_bp: 3_000,
                points: 10,
            },
        ];
        assert_eq!(score(&parts), 51_000);
    }
}
