//! `satchel admin quarantine`: what waits for a decision.

use clap::Subcommand;
use serde_json::{Value, json};

use super::lookup::instant;
use super::output::Answer;
use super::{AdminError, Desk};
use crate::relay::{self, Accepted, Context, RelayError, Waiting};
use crate::store::log::{Log, Parked};
use crate::store::sqlite::Transaction;

#[derive(Debug, Subcommand)]
pub(super) enum Quarantine {
    /// List what waits: what and whose, never its contents. Private records are left out.
    List,
    /// Let one in, where it passes every check but that of permission.
    Accept {
        /// Its number in the list.
        number: i64,
    },
    /// Drop one; its author keeps sight of the edit.
    Drop {
        /// Its number in the list.
        number: i64,
    },
}

impl Quarantine {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let (now_ms, entropy) = (desk.now_ms, desk.entropy);
        let limits = desk.limits();
        desk.file.write(|tx| {
            // On a database that no relay ever served, nothing waits, and there is no run to decide in.
            if tx.all_parked(0, 1)?.is_empty() {
                return match self {
                    Self::List => Ok(table(&[], Vec::new())),
                    Self::Accept { number } | Self::Drop { number } => {
                        Err(refused(number, "nothing of this number waits"))
                    }
                };
            }
            let context = Context::read(tx, now_ms, entropy)?.within(limits);
            match self {
                Self::List => list(tx, &context),
                Self::Accept { number } => {
                    find(tx, &context, number)?;
                    match relay::decide(tx, &context, number)? {
                        Some(Accepted::In { .. } | Accepted::Duplicate) => Ok(done(number, "accepted")),
                        Some(Accepted::Held(_)) => Err(refused(number, "the record it hangs on is not here")),
                        Some(Accepted::NeedsDependencies) => {
                            Err(refused(number, "it builds on something that is not here"))
                        }
                        Some(Accepted::Barred(code) | Accepted::Denied { code, .. }) => Err(refused(number, code)),
                        Some(Accepted::Dropped(_)) => Err(refused(number, "some of it was dropped before")),
                        None => Err(refused(number, "nothing of this number waits")),
                    }
                }
                Self::Drop { number } => {
                    find(tx, &context, number)?;
                    relay::drop_parked(tx, number)?;
                    Ok(done(number, "dropped"))
                }
            }
        })
    }
}

fn done(number: i64, outcome: &str) -> Answer {
    Answer::new(
        format!("{outcome} {number}"),
        json!({ "number": number, "outcome": outcome }),
    )
}

fn refused(number: i64, why: &'static str) -> AdminError {
    AdminError::Unknown {
        what: "number",
        given: number.to_string(),
        why,
    }
}

/// Passes only what may be decided about: nobody decides about another's private record.
fn find(tx: &Transaction<'_>, context: &Context<'_>, number: i64) -> Result<(), AdminError> {
    let parked = tx.parked(number)?;
    let waiting = parked.map(|parked| relay::waiting(tx, context, &parked)).transpose()?;
    match waiting {
        None | Some(Waiting::Private) => Err(refused(number, "nothing of this number waits")),
        Some(Waiting::In(_) | Waiting::Somewhere) => Ok(()),
    }
}

fn list(tx: &Transaction<'_>, context: &Context<'_>) -> Result<Answer, AdminError> {
    let (mut rows, mut shown) = (Vec::new(), Vec::new());
    for parked in tx.all_parked(0, usize::MAX)? {
        let scope = match relay::waiting(tx, context, &parked)? {
            Waiting::Private => continue,
            Waiting::In(scope) => Some(scope),
            Waiting::Somewhere => None,
        };
        let of = |id: Option<String>| id.unwrap_or_else(|| "-".into());
        rows.push(vec![
            parked.number.to_string(),
            instant(parked.received_at_ms),
            parked.code.clone(),
            parked.kind.clone(),
            parked.document.to_string(),
            parked.member.to_string(),
            of(scope.map(|scope| scope.to_string())),
            of(parked.awaits.map(|awaits| awaits.to_string())),
        ]);
        let mut one = view(&parked);
        one["scope"] = json!(scope);
        shown.push(one);
    }
    Ok(table(&rows, shown))
}

fn table(rows: &[Vec<String>], shown: Vec<Value>) -> Answer {
    let header = [
        "number", "received", "why", "kind", "record", "member", "scope", "awaits",
    ];
    Answer::table(&header, rows, Value::Array(shown))
}

fn view(parked: &Parked) -> Value {
    json!({
        "number": parked.number, "received_at": instant(parked.received_at_ms), "code": parked.code, "kind": parked.kind,
        "id": parked.document, "member": parked.member, "device": parked.device, "awaits": parked.awaits,
    })
}

impl From<RelayError> for AdminError {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Store(error) => Self::Store(error),
            other => Self::Relay(other),
        }
    }
}
