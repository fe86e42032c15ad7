//! What goes wrong on the way between a phone and the relay.

/// One thing that goes wrong in one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never arrives.
    DropRequest,
    /// The request arrives cut in mid-bytes.
    CutRequest,
    /// The pushes arrive in the opposite order: records before what they hang on.
    ReversePushes,
    /// The answer never arrives; what was pushed is written.
    DropAnswer,
    /// The relay dies before its commit.
    RelayDiesBeforeCommit,
    /// The relay dies at one of the writes of its commit.
    RelayDiesInCommit,
    /// The relay dies after its commit, before it answers.
    RelayDiesAfterCommit,
    /// The answer ends after some batches.
    CutAtBatch,
    /// The answer ends between two frames.
    CutAtFrame,
    /// The answer ends in mid-bytes.
    CutInBytes,
    /// The answer arrives twice.
    AnswerTwice,
    /// The answer of an earlier exchange arrives before this one's.
    OldAnswerFirst,
    /// The answer of an earlier exchange arrives instead of this one's.
    OldAnswerOnly,
    /// An earlier request arrives again, before this one.
    ReplayRequest,
    /// The batches come without the welcome that says whose they are.
    NoWelcome,
    /// The phone's app dies while it takes in the answer.
    PhoneDiesInAnswer,
    /// The phone's app dies between asking and the answer.
    PhoneDiesBeforeAnswer,
    /// The person writes between asking and the answer.
    EditMeanwhile,
    /// Rights change after the pushes were decided, before the answer is read.
    RightsMeanwhile,
    /// Another phone syncs after the pushes were decided, before the answer is read.
    OtherMeanwhile,
}

impl Fault {
    pub(crate) const ALL: &'static [Self] = &[
        Self::DropRequest,
        Self::CutRequest,
        Self::ReversePushes,
        Self::DropAnswer,
        Self::RelayDiesBeforeCommit,
        Self::RelayDiesInCommit,
        Self::RelayDiesAfterCommit,
        Self::CutAtBatch,
        Self::CutAtFrame,
        Self::CutInBytes,
        Self::AnswerTwice,
        Self::OldAnswerFirst,
        Self::OldAnswerOnly,
        Self::ReplayRequest,
        Self::NoWelcome,
        Self::PhoneDiesInAnswer,
        Self::PhoneDiesBeforeAnswer,
        Self::EditMeanwhile,
        Self::RightsMeanwhile,
        Self::OtherMeanwhile,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DropRequest => "request dropped",
            Self::CutRequest => "request cut",
            Self::ReversePushes => "pushes reversed",
            Self::DropAnswer => "answer dropped",
            Self::RelayDiesBeforeCommit => "relay died before commit",
            Self::RelayDiesInCommit => "relay died in its commit",
            Self::RelayDiesAfterCommit => "relay died after commit",
            Self::CutAtBatch => "answer cut at a batch",
            Self::CutAtFrame => "answer cut at a frame",
            Self::CutInBytes => "answer cut in mid-bytes",
            Self::AnswerTwice => "answer twice",
            Self::OldAnswerFirst => "old answer first",
            Self::OldAnswerOnly => "old answer only",
            Self::ReplayRequest => "request replayed",
            Self::NoWelcome => "answer without its welcome",
            Self::PhoneDiesInAnswer => "phone died in an answer",
            Self::PhoneDiesBeforeAnswer => "phone died before an answer",
            Self::EditMeanwhile => "edit meanwhile",
            Self::RightsMeanwhile => "rights changed meanwhile",
            Self::OtherMeanwhile => "another phone meanwhile",
        }
    }
}
