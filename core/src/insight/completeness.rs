//! How complete a figure is: "complete to 14:05 for 17 of 19 reps".
//!
//! Formula: a device is complete up to its last contact, where it held nothing then that was not handed in; else up to
//! the last contact at which it held nothing. A member is complete up to the least of his devices. The figure is
//! complete, up to the least of the members who are not behind, for so many of all. Unit: milliseconds since 1970.
//!
//! Edge cases: a member without a device, or whose device was never in contact, is *never*, not *behind*. Somebody who
//! was in contact and visited nobody has no visits; somebody who was not in contact since is *not synced yet*: the two
//! never look alike.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;

/// What the relay knows of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Whose device it is.
    pub member: MemberId,
    /// When it was last in contact; absent where never.
    pub contact_ms: Option<i64>,
    /// How many records it then held that were not handed in.
    pub pending: u64,
    /// When it was last in contact and held nothing; absent where never.
    pub clear_ms: Option<i64>,
}

impl Watermark {
    /// Up to when all of what the device wrote is known; absent where nothing is.
    #[must_use]
    pub fn complete_ms(&self) -> Option<i64> {
        if self.pending == 0 {
            self.contact_ms.max(self.clear_ms)
        } else {
            self.clear_ms
        }
    }
}

/// How complete a figure over members is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Up to when it is complete for those who are not behind; absent where all are.
    pub complete_to_ms: Option<i64>,
    /// How many members are not behind.
    pub complete: usize,
    /// How many there are.
    pub of: usize,
    /// Who is behind, with up to when each is complete, the longest ago first.
    pub behind: Vec<(MemberId, i64)>,
    /// Of whom nothing is known.
    pub never: Vec<MemberId>,
}

/// How complete a figure over these members is at a moment. Who is complete up to less than `tolerance_ms` ago is not
/// behind. Several devices of a member count together.
#[must_use]
pub fn completeness(members: &[MemberId], devices: &[Watermark], now_ms: i64, tolerance_ms: i64) -> Completeness {
    let mut all = members.to_vec();
    all.sort_unstable();
    all.dedup();
    let (mut behind, mut never) = (Vec::new(), Vec::new());
    let mut least: Option<i64> = None;
    let mut complete = 0;
    for member in &all {
        match up_to(*member, devices) {
            None => never.push(*member),
            Some(ms) if now_ms.saturating_sub(ms) > tolerance_ms => behind.push((*member, ms)),
            Some(ms) => {
                complete += 1;
                least = Some(least.map_or(ms, |least| least.min(ms)));
            }
        }
    }
    behind.sort_by_key(|(member, ms)| (*ms, *member));
    Completeness {
        complete_to_ms: least,
        complete,
        of: all.len(),
        behind,
        never,
    }
}

/// Up to when all of what a member wrote is known. A device of which nothing is known makes it unknown.
fn up_to(member: MemberId, devices: &[Watermark]) -> Option<i64> {
    let own = devices.iter().filter(|device| device.member == member);
    own.map(Watermark::complete_ms).min().flatten()
}

/// What it means that nothing is there of a member in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// All of what he wrote in the period is known: there is none.
    None,
    /// He was last complete within the period, or before it: there may be more.
    NotSyncedSince(i64),
    /// Nothing of him is known at all.
    NeverSynced,
}

/// What it means that nothing is there of a member in a period that ends at `end_ms` (now, where it is not over).
#[must_use]
pub fn silence(member: MemberId, devices: &[Watermark], end_ms: i64) -> Silence {
    match up_to(member, devices) {
        None => Silence::NeverSynced,
        Some(ms) if ms < end_ms => Silence::NotSyncedSince(ms),
        Some(_) => Silence::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: u8) -> MemberId {
        MemberId::from_bytes([n; 16])
    }

    fn device(n: u8, contact_ms: Option<i64>, pending: u64, clear_ms: Option<i64>) -> Watermark {
        Watermark {
            member: member(n),
            contact_ms,
            pending,
            clear_ms,
        }
    }

    #[test]
    fn seventeen_of_nineteen() {
        let members: Vec<MemberId> = (1..=19).map(member).collect();
        let mut devices: Vec<Watermark> = (1..=17)
            .map(|n| device(n, Some(1_000 + i64::from(n)), 0, None))
            .collect();
        devices.push(device(18, Some(1_100), 3, Some(400)));
        let found = completeness(&members, &devices, 1_200, 300);
        let expected = Completeness {
            complete_to_ms: Some(1_001),
            complete: 17,
            of: 19,
            behind: vec![(member(18), 400)],
            never: vec![member(19)],
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_member_is_as_complete_as_the_least_of_his_devices() {
        let two = [device(1, Some(900), 0, None), device(1, Some(500), 0, Some(450))];
        assert_eq!(completeness(&[member(1)], &two, 1_000, 200).behind, [(member(1), 500)]);
        let new = [device(1, Some(900), 0, None), device(1, None, 0, None)];
        assert_eq!(completeness(&[member(1)], &new, 1_000, 200).never, [member(1)]);
        assert_eq!(completeness(&[], &new, 1_000, 200).complete_to_ms, None);
    }

    #[test]
    fn no_visits_and_not_synced_yet_differ() {
        let devices = [
            device(1, Some(900), 0, None),
            device(2, Some(900), 2, Some(300)),
            device(3, None, 0, None),
        ];
        assert_eq!(silence(member(1), &devices, 800), Silence::None);
        assert_eq!(silence(member(1), &devices, 950), Silence::NotSyncedSince(900));
        assert_eq!(silence(member(2), &devices, 800), Silence::NotSyncedSince(300));
        assert_eq!(silence(member(3), &devices, 800), Silence::NeverSynced);
        assert_eq!(silence(member(4), &devices, 800), Silence::NeverSynced);
    }
}
