//! What the relay remembers of one live connection: what was told, and how much of it the device has not taken in.
//!
//! No I/O and no clock: the connection carries the bytes, the simulator drives the same code.

use satchel_core::wire::{Acknowledge, Frame, Hello, Point, digest, feature, limit};

use super::pull::{Budget, pull_live};
use super::{Context, RelayError, Sender, Store};

/// What was sent so far, as far as the device's next question does not say otherwise.
#[derive(Debug, Clone, Default)]
struct Told {
    cursor: Point,
    /// The seq up to which the log was looked through for this device: from its cursor to here nothing concerns it.
    looked: u64,
    grants: Vec<u8>,
    /// What the device understands, as it said.
    features: Option<u64>,
}

/// The relay's end of a live connection.
#[derive(Debug, Default)]
pub struct Line {
    told: Option<Told>,
    /// Bytes sent that the device has not acknowledged.
    unacknowledged: usize,
    poked: bool,
}

/// Where a line stands, to read what it may be told: outside of the line, which serves one connection while the
/// database serves all.
#[derive(Debug, Clone)]
pub struct Standing {
    told: Told,
    room: usize,
}

/// What is to be sent because the log has grown.
#[derive(Debug)]
pub enum News {
    /// Nothing of it concerns this device, which need not be woken.
    Nothing {
        /// The seq up to which that is so, for [`Line::looked`].
        upto: u64,
    },
    /// Batches, to be sent and then told to [`Line::sent`].
    Batches(Vec<Vec<Frame>>),
    /// There is something, and no credit to send it.
    Poke,
}

impl Line {
    /// The device asked: its question says what it has.
    pub fn asked(&mut self, hello: &Hello) {
        let cursor = hello.cursor.unwrap_or_default();
        self.told = Some(Told {
            cursor,
            looked: cursor.seq,
            grants: hello.grants.clone(),
            features: hello.features,
        });
        self.poked = false;
    }

    /// The device took in what it names.
    pub fn acknowledged(&mut self, acknowledge: &Acknowledge) {
        let told = self.told.as_ref();
        if told.is_some_and(|told| told.cursor.seq <= acknowledge.cursor.seq) {
            self.unacknowledged = 0;
        }
    }

    /// Where the line stands; `None` where nothing may be sent: not asked yet, or poked and not asked since.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        let told = self.told.as_ref().filter(|_| !self.poked)?;
        Some(Standing {
            told: told.clone(),
            room: limit::LIVE_CREDIT_BYTES.saturating_sub(self.unacknowledged),
        })
    }

    /// An answer to a question goes out.
    pub fn answered<'a>(&mut self, frames: impl IntoIterator<Item = &'a Frame>) {
        self.note(frames);
    }

    /// News goes out, so many bytes of it. Those count as unacknowledged.
    pub fn sent<'a>(&mut self, frames: impl IntoIterator<Item = &'a Frame>, bytes: usize) {
        self.note(frames);
        self.unacknowledged += bytes;
    }

    /// There was nothing for the device up to this seq: what comes next is looked for above it. An organisation at work
    /// would else have each of its idle connections read everything since its last news, again with each change.
    pub fn looked(&mut self, upto: u64) {
        if let Some(told) = &mut self.told {
            told.looked = told.looked.max(upto);
        }
    }

    /// A poke goes out: nothing more until the device asks.
    pub fn poked(&mut self) {
        self.poked = true;
    }

    /// Remembers what a message tells the device.
    fn note<'a>(&mut self, frames: impl IntoIterator<Item = &'a Frame>) {
        for frame in frames {
            match frame {
                Frame::Grants(grants) => {
                    self.told.get_or_insert_default().grants = digest::grants_hash(&grants.scopes);
                }
                Frame::Commit(commit) => {
                    let told = self.told.get_or_insert_default();
                    told.cursor = Point {
                        run: commit.run.unwrap_or(told.cursor.run),
                        seq: commit.to,
                    };
                    told.looked = commit.to;
                }
                _ => {}
            }
        }
    }
}

impl Standing {
    /// Reads what the device lacks, within its credit.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn news(&self, store: &dyn Store, context: &Context<'_>, sender: Sender) -> Result<News, RelayError> {
        let budget = Budget {
            bytes: self.room.max(1),
        };
        let looked = self.told.looked;
        let told = Hello {
            cursor: Some(self.told.cursor),
            grants: self.told.grants.clone(),
            // Packs are for a device that loads: news are sent as rows.
            features: self.told.features.map(|features| features & !feature::PACKS),
            ..Hello::default()
        };
        let batches = pull_live(store, context, sender, &told, looked, budget)?;
        // A lone commit says that nothing concerns this device: it need not be woken for that.
        let silent = batches.iter().flatten().try_fold(looked, |_, frame| match frame {
            Frame::Commit(commit) => Some(commit.to),
            _ => None,
        });
        Ok(match (silent, self.room) {
            (Some(upto), _) => News::Nothing { upto },
            (None, 0) => News::Poke,
            (None, _) => News::Batches(batches),
        })
    }
}
