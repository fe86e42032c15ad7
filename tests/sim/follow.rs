//! Following one change through a run: whenever somebody gets or loses it, the trace says so.

use satchel_core::ids::{ChangeHash, Heads};

use crate::world::World;

/// The change of which `SATCHEL_SIM_FOLLOW` gives the hash.
pub(crate) fn asked() -> Option<ChangeHash> {
    let text = std::env::var("SATCHEL_SIM_FOLLOW").ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("SATCHEL_SIM_FOLLOW must be the hash of a change")),
    )
}

impl World {
    /// Who has a change now: phones by name, the relay's log, and what the relay keeps apart.
    pub(crate) fn who_has(&self, hash: ChangeHash) -> Vec<&'static str> {
        let mut names = Vec::new();
        for phone in &self.phones {
            let ids = self.ledger.records.keys();
            let mut held = ids.filter_map(|id| phone.load(*id));
            if held.any(|mut document| document.contains(&Heads::new(vec![hash]))) {
                names.push(phone.name);
            }
        }
        if self.relay.has_change(hash) {
            names.push("the relay");
        }
        if self.relay.parked_changes().contains(&hash) {
            names.push("the relay apart");
        }
        names
    }
}
