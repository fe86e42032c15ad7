//! Bugs planted where the harness holds the parts, so that the checks can be seen to catch them.

use crate::nemesis::Nemesis;
use crate::run;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// Some exchanges are answered and then rolled back.
    AcknowledgesWithoutWriting,
    /// Some documents are left out of the answer.
    SkipsDocuments,
    /// What a member lost is not told.
    ForgetsLosses,
    /// A document of somebody's private scope is added to an answer, once.
    LeaksPrivateScopes,
    /// The relay answers before its commit is on the disk.
    RelayDoesNotSync,
    /// A phone says that an edit is written before it is on the disk.
    PhonesDoNotSync,
    /// Where many ask at once, an answer is read with another's rights.
    MixesSenders,
    /// A scope that was lost once is told as lost for ever.
    TellsOldLosses,
    /// A record that comes back whole is left out where the phone holds an older state of it.
    LeavesOutWhatIsHeld,
    /// What was lost while a phone was away for long is not told.
    PrunesOldLosses,
    /// Pushes of a phone whose clock is months off are passed over.
    RefusesByClock,
    /// Where an answer ended is kept by the relay, which believes that what it sent arrived.
    BelievesWhatItSent,
    /// The app writes on while the system has suspended it.
    GoesOnWhenSuspended,
    /// A write for which the disk has no room is dropped, and called good.
    DropsWritesWhenFull,
    /// The relay answers although its commit found no room.
    AnswersWhenFull,
    /// One document that cannot be read stops a whole exchange.
    StopsAtPoison,
    /// What an old app does not know is not kept for it.
    HidesUnknownKinds,
    /// News of a live connection are lost, and counted as sent.
    LosesLiveNews,
    /// A phone whose token was refused takes that for an answer.
    TakesRefusalsForReceipts,
    /// Two changes of one number of one incarnation are both called good.
    OverlooksClones,
    /// A relay that was restored does not say so.
    HidesTheRestore,
    /// Somebody's new phone gets what is written from then on.
    StartsNewPhonesEmpty,
    /// The relay keeps the furthest cursor that a phone ever told, and goes on from there.
    BelievesOldCursors,
    /// A pack is served although somebody has lost one of its scopes.
    ServesRetiredPacks,
    /// A pack says that it holds its scopes as of a later moment than it does.
    RaisesFloors,
    /// A phone takes the version of a document in a pack for the newest that the relay has.
    TakesPacksForNewest,
}

impl Plant {
    pub(crate) const ALL: &'static [Self] = &[
        Self::AcknowledgesWithoutWriting,
        Self::SkipsDocuments,
        Self::ForgetsLosses,
        Self::LeaksPrivateScopes,
        Self::RelayDoesNotSync,
        Self::PhonesDoNotSync,
        Self::MixesSenders,
        Self::TellsOldLosses,
        Self::LeavesOutWhatIsHeld,
        Self::PrunesOldLosses,
        Self::RefusesByClock,
        Self::BelievesWhatItSent,
        Self::GoesOnWhenSuspended,
        Self::DropsWritesWhenFull,
        Self::AnswersWhenFull,
        Self::StopsAtPoison,
        Self::HidesUnknownKinds,
        Self::LosesLiveNews,
        Self::TakesRefusalsForReceipts,
        Self::OverlooksClones,
        Self::HidesTheRestore,
        Self::StartsNewPhonesEmpty,
        Self::BelievesOldCursors,
        Self::ServesRetiredPacks,
        Self::RaisesFloors,
        Self::TakesPacksForNewest,
    ];

    /// Whether it leaves documents out of answers.
    pub(crate) const fn leaves_out(self) -> bool {
        matches!(
            self,
            Self::SkipsDocuments
                | Self::LeavesOutWhatIsHeld
                | Self::HidesUnknownKinds
                | Self::StartsNewPhonesEmpty
                | Self::RaisesFloors
        )
    }

    /// What brings it to light.
    pub(crate) const fn nemesis(self) -> Option<Nemesis> {
        match self {
            Self::MixesSenders => Some(Nemesis::Herd),
            Self::TellsOldLosses => Some(Nemesis::RevokedAndGranted),
            Self::LeavesOutWhatIsHeld => Some(Nemesis::ThereAndBack),
            Self::PrunesOldLosses => Some(Nemesis::Absence),
            Self::BelievesWhatItSent => Some(Nemesis::Pause),
            Self::GoesOnWhenSuspended => Some(Nemesis::Suspended),
            Self::DropsWritesWhenFull => Some(Nemesis::FullPhone),
            Self::AnswersWhenFull => Some(Nemesis::FullRelay),
            Self::StopsAtPoison => Some(Nemesis::Poison),
            Self::HidesUnknownKinds => Some(Nemesis::Update),
            Self::LosesLiveNews => Some(Nemesis::Live),
            Self::OverlooksClones => Some(Nemesis::PhoneCloned),
            Self::HidesTheRestore => Some(Nemesis::RelayRestored),
            Self::StartsNewPhonesEmpty => Some(Nemesis::NewPhone),
            Self::BelievesOldCursors => Some(Nemesis::PhoneRestored),
            Self::ServesRetiredPacks | Self::RaisesFloors | Self::TakesPacksForNewest => Some(Nemesis::Packs),
            _ => None,
        }
    }
}

/// Words of the check that is there for a bug, any of them.
type Words = &'static [&'static str];

/// Seeds tried for each bug.
const SEEDS: std::ops::Range<u64> = 100..112;

/// Whether some seed finds the bug, by the check that is there for it.
fn is_caught(plant: Plant, expected: Words) -> bool {
    SEEDS.into_iter().any(|seed| {
        let found = run(seed, Some(plant)).err().unwrap_or_default();
        println!("{plant:?} {seed}: {}", found.rsplit("=> ").next().unwrap_or_default());
        expected.iter().any(|words| found.contains(words))
    })
}

/// A phone lacks a document that its member may read.
const MISSING: &str = "do not agree: ";
/// A phone has another version of a document than the relay.
const BEHIND: &str = "do not agree on ";
const HOLDS_TOO_MUCH: &str = "which he may not read";
const TOLD_TOO_MUCH: &str = "an answer to ";
const NOT_DURABLE: &str = "did not outlive the relay";
const RESTLESS: &str = "always has more to sync";

macro_rules! caught {
    ($($name:ident: $plant:ident, $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            assert!(is_caught(Plant::$plant, $expected));
        }
    )*};
}

// The checks are known to be able to fail: each nemesis has a bug that it brings to light, and each check finds one. The
// words are those of the check that the bug is against; another that a seed meets first does not count.
caught! {
    an_answer_before_the_commit: AcknowledgesWithoutWriting, &["acknowledged change"];
    documents_left_out: SkipsDocuments, &[MISSING, BEHIND];
    a_loss_not_told: ForgetsLosses, &[HOLDS_TOO_MUCH];
    a_private_record_told: LeaksPrivateScopes, &[TOLD_TOO_MUCH];
    a_relay_that_does_not_sync: RelayDoesNotSync, &[NOT_DURABLE];
    // What a phone's disk loses is an edit, or an answer that it had taken in: the cursor shows that.
    phones_that_do_not_sync: PhonesDoNotSync, &["has lost its change", "went back from"];
    answers_mixed_up_in_a_herd: MixesSenders, &[TOLD_TOO_MUCH];
    // Purged and loaded in turn, for ever.
    a_loss_that_outlives_the_return: TellsOldLosses, &[RESTLESS];
    a_return_that_brings_nothing: LeavesOutWhatIsHeld, &[MISSING, BEHIND];
    a_loss_forgotten_in_a_year: PrunesOldLosses, &[HOLDS_TOO_MUCH];
    // Pushed and passed over in turn, for ever.
    a_clock_that_is_not_believed: RefusesByClock, &[RESTLESS];
    a_relay_that_believes_what_it_sent: BelievesWhatItSent, &[MISSING, BEHIND];
    an_app_that_writes_while_suspended: GoesOnWhenSuspended, &["while it was suspended", "while it is suspended"];
    // A database that lacks a write in the middle is one that SQLite cannot read, more often than one without an edit.
    a_full_phone_that_says_written: DropsWritesWhenFull, &["has lost its change", "database cannot be reached"];
    a_full_relay_that_answers: AnswersWhenFull, &[NOT_DURABLE];
    a_poison_that_stops_the_rest: StopsAtPoison, &["no answer"];
    kinds_kept_from_an_old_app: HidesUnknownKinds, &[MISSING];
    live_news_lost: LosesLiveNews, &["is not as the relay has it"];
    a_refusal_taken_for_an_answer: TakesRefusalsForReceipts, &["never left"];
    a_number_taken_twice: OverlooksClones, &["never left"];
    a_restore_that_is_hidden: HidesTheRestore, &["did not come back after the relay's restore"];
    a_new_phone_that_gets_what_is_new: StartsNewPhonesEmpty, &[MISSING];
    a_cursor_that_must_not_go_back: BelievesOldCursors, &[MISSING, BEHIND];
    a_pack_served_after_a_loss: ServesRetiredPacks, &["a pack is served"];
    a_pack_older_than_it_says: RaisesFloors, &[MISSING, BEHIND];
    a_pack_that_undoes_an_acknowledgement: TakesPacksForNewest, &["the acknowledged heads"];
}
