//! One exchange: pushes are decided in a writing transaction, then what the device lacks is read in another.

use satchel_core::wire::{Fault, Frame, Hello, PROTOCOL, Purged, Push, Welcome, Wiped, feature};

use super::foresight::Foresight;
use super::pull::{self, Budget};
use super::repair::Doubt;
use super::restore::{self, Points};
use super::{Context, RelayError, Sender, Store, accept, release, repair, rights};
use crate::store::StoreError;
use crate::store::log::DeviceState;
use crate::store::people::{Audit, WipeReceipt};

/// The oldest protocol that is still spoken.
const OLDEST_PROTOCOL: u32 = if PROTOCOL > 2 { PROTOCOL - 2 } else { 1 };

/// How much of what waits is tried again in one exchange.
const RETRIES: usize = 100;

/// How many of the scopes that a device still loads are noted, to explain by: ten times what a member can use.
const LOADING_NOTED: usize = 10_000;

/// What a device asked, sorted.
#[derive(Debug, Default)]
struct Question {
    hello: Hello,
    pushes: Vec<Push>,
    purged: Vec<Purged>,
    wiped: Option<Wiped>,
    doubt: Doubt,
}

/// Why a message cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// It does not begin with a `Hello`.
    #[error("a message begins with Hello")]
    NoHello,
    /// The relay was restored from a backup, or may have been: the device keeps what it has and asks later.
    #[error("the relay was restored and waits for an admin")]
    Restored,
}

/// A decided exchange: what was pushed is written, and the answer can be read.
#[derive(Debug)]
pub struct Answer {
    /// The device's question, for the reading part.
    pub hello: Hello,
    /// The welcome and the receipts.
    pub head: Vec<Frame>,
    /// Whether the device starts from nothing.
    pub new_epoch: bool,
    /// What it asks about differences.
    doubt: Doubt,
    /// Whether the device's protocol is spoken here. What it handed in is decided all the same.
    pub spoken: bool,
}

/// Decides the pushes of a message. Runs inside a writing transaction; what it returns may only be sent once that is
/// durable. `foresight` is what was found about the pushes before, on an earlier view of the log.
///
/// # Errors
/// [`Unanswerable`] as the inner result; otherwise where the database fails.
pub fn exchange(
    store: &mut dyn Store,
    context: &Context<'_>,
    sender: Sender,
    token_s: u32,
    frames: Vec<Frame>,
    mut foresight: Foresight,
) -> Result<Result<Answer, Unanswerable>, RelayError> {
    let question = match sort(frames) {
        Ok(question) => question,
        Err(unanswerable) => return Ok(Err(unanswerable)),
    };
    let Question {
        hello,
        pushes,
        purged,
        wiped,
        doubt,
    } = question;
    let sender = rights::sender_now(store, sender)?;
    if restore::is_closed(store)? {
        return Ok(Err(Unanswerable::Restored));
    }
    let spoken = (OLDEST_PROTOCOL..=PROTOCOL).contains(&hello.protocol);
    let known = match restore::judge(store, context, sender, &hello)? {
        Points::Known => true,
        Points::Lost => false,
        // What was noted of it is kept.
        Points::Doubted => return Ok(Err(Unanswerable::Restored)),
    };
    // Who is answered no further loads nothing again.
    let new_epoch = spoken && !known;
    let features = hello.features.unwrap_or(0);
    let understood = features & feature::ALL;
    let mut head = vec![
        Welcome {
            exchange: hello.exchange,
            clock_s: context.now_ms / 1000,
            token_s,
            new_epoch: new_epoch.then_some(true),
            revoked: sender.revoked.then_some(true),
            features: (understood != features).then_some(understood),
        }
        .into(),
    ];
    release::retry(store, context, RETRIES)?;
    for (place, mut push) in pushes.into_iter().enumerate() {
        // A base that was lost says nothing about who could write where.
        push.base = match push.base {
            Some(base) if known && restore::gave(store, base)? => Some(base),
            _ => None,
        };
        head.push(accept::accept(store, context, sender, hello.actor, &push, foresight.take(place))?.into());
    }
    // Receipts for losses that were lost themselves would end a later one's grace.
    for receipt in purged.into_iter().filter(|_| known) {
        store.put_purge_receipt(
            sender.device,
            receipt.scope,
            receipt.point,
            receipt.documents,
            context.now_ms,
        )?;
    }
    if let Some(wiped) = wiped.filter(|wiped| sender.revoked && wiped.digest.len() == 16) {
        note_wipe(store, context, sender, wiped)?;
    }
    let pending = hello.pending;
    store.put_device_state(&DeviceState {
        device: sender.device,
        cursor: hello.cursor,
        loading: hello
            .loading
            .iter()
            .flatten()
            .filter(|floor| !floor.done)
            .map(|floor| floor.scope)
            .take(LOADING_NOTED)
            .collect(),
        pending,
        clock_offset_s: hello.clock_s.saturating_sub(context.now_ms / 1000),
        contact_at_ms: context.now_ms,
        complete_at_ms: (pending == 0).then_some(context.now_ms),
    })?;
    Ok(Ok(Answer {
        hello,
        head,
        new_epoch,
        doubt,
        spoken,
    }))
}

impl Answer {
    /// Reads what the device lacks and gives the whole answer, as frames. Runs inside a reading transaction that began
    /// after the pushes were durable.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn complete(
        self,
        store: &dyn Store,
        context: &Context<'_>,
        sender: Sender,
    ) -> Result<Vec<Vec<Frame>>, RelayError> {
        let mut batches = vec![self.head];
        if !self.spoken {
            let fault = Fault {
                code: "protocol".to_owned(),
                retry_after_s: None,
            };
            batches.push(vec![fault.into()]);
            return Ok(batches);
        }
        let sender = rights::sender_now(store, sender)?;
        if !sender.revoked {
            let budget = Budget::of(&self.hello);
            let hello = if self.new_epoch {
                // Floors are seqs of a log that is no more.
                Hello {
                    cursor: None,
                    caught_up: None,
                    loading: None,
                    ..self.hello
                }
            } else {
                self.hello
            };
            let mut lacking = Vec::new();
            if !self.new_epoch {
                let (frames, wanted) = repair::answer(store, sender, &hello, &self.doubt)?;
                batches[0].extend(frames);
                lacking = wanted;
            }
            batches.extend(pull::pull(store, context, sender, &hello, &lacking, budget)?);
        }
        Ok(batches)
    }
}

/// Keeps the receipt of a revoked device that has deleted everything, with a line of audit.
fn note_wipe(store: &mut dyn Store, context: &Context<'_>, sender: Sender, wiped: Wiped) -> Result<(), StoreError> {
    let receipt = WipeReceipt {
        documents: wiped.documents,
        digest: wiped.digest,
        at_ms: context.now_ms,
    };
    if store.put_wipe_receipt(sender.device, &receipt)? {
        let seq = store.next_seq()?;
        store.put_audit(&Audit {
            seq,
            at_ms: context.now_ms,
            actor: Some(sender.member),
            action: "wipe-device",
            subject: *sender.device.as_bytes(),
            member: Some(sender.member),
        })?;
    }
    Ok(())
}

fn sort(frames: Vec<Frame>) -> Result<Question, Unanswerable> {
    let mut question = Question::default();
    let mut greeted = false;
    for frame in frames {
        match frame {
            Frame::Hello(hello) if !greeted => {
                greeted = true;
                question.hello = hello;
            }
            Frame::Push(push) => question.pushes.push(push),
            Frame::Purged(purged) => question.purged.push(purged),
            Frame::Wiped(wiped) => question.wiped = Some(wiped),
            Frame::Compare(compare) => question.doubt.compare = Some(compare),
            Frame::Reconcile(step) => question.doubt.steps.push(step),
            _ => {}
        }
    }
    if greeted {
        Ok(question)
    } else {
        Err(Unanswerable::NoHello)
    }
}
