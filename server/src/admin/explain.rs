//! `satchel admin explain`.

use clap::Args;
use satchel_core::ids::{DeviceId, DocumentId};
use serde_json::json;

use super::lookup::{instant, instant_or_dash};
use super::output::Answer;
use super::{AdminError, Desk};
use crate::relay::{self, Context};
use crate::store::people::Enrolment;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The record's id.
    document: DocumentId,
    /// The device's id.
    device: DeviceId,
}

impl Explain {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        let (now_ms, entropy, limits) = (desk.now_ms, desk.entropy, desk.limits());
        desk.file.read::<_, AdminError>(|tx| {
            let missing = || AdminError::Unknown {
                what: "device",
                given: self.device.to_string(),
                why: "there is none of this id",
            };
            // Before the context: a database that no relay ever served has no run to explain in, and no device.
            tx.device(self.device)?.ok_or_else(missing)?;
            let context = Context::read(tx, now_ms, entropy)?.within(limits);
            let found = relay::explain(tx, &context, self.device, self.document, |_| Ok(true))?;
            let found = found.ok_or_else(missing)?;
            let access = found.access.map(|access| format!("{access:?}").to_lowercase());
            let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let text = format!(
                "{}\naccess    {}\nseq       {}, applied up to {}\nwaits     {}\npending   {}\ncontact   {}\ncomplete  {}",
                found.presence.code(),
                access.as_deref().unwrap_or("-"),
                number(found.seq),
                number(found.cursor),
                if found.waits.is_empty() { "-".to_owned() } else { found.waits.join(", ") },
                number(found.pending.map(u64::from)),
                instant_or_dash(found.contact_at_ms),
                instant_or_dash(found.complete_at_ms),
            );
            let json = json!({
                "presence": found.presence.code(), "scope": found.scope, "access": access, "seq": found.seq,
                "cursor": found.cursor, "waits": found.waits, "pending": found.pending,
                "contact_at": found.contact_at_ms.map(instant), "complete_at": found.complete_at_ms.map(instant),
            });
            Ok(Answer::new(text, json))
        })
    }
}
