//! Tokens: short-lived, so that they run out all the time.

use anyhow::{Context as _, Result, bail};
use ed25519_dalek::Signer as _;
use satchel_core::clock::Clock;
use satchel_server::identity::{IdentityError, session, token};
use satchel_server::relay::Sender;
use satchel_server::store::StoreError;

use crate::plant::Plant;
use crate::world::World;

/// As the relay has it by default. Steps take up to an hour.
const LIFETIME_S: u32 = 15 * 60;

impl World {
    /// Who a phone's request comes from, by its token; it brings another where that has run out. `None` where the relay
    /// cannot answer.
    pub(crate) fn session(&mut self, phone: usize) -> Result<Option<Sender>> {
        for _ in 0..2 {
            let now_ms = self.relay.clock.now_ms();
            if let Some(bearer) = self.phones[phone].token.clone() {
                let found = self
                    .relay
                    .write::<_, StoreError>(|tx| session::find(tx, &bearer, now_ms))?;
                if let Some(session) = found {
                    return Ok(Sender::of(&session));
                }
                self.count("token ran out");
            }
            let Some(bearer) = self.sign_in(phone)? else {
                return Ok(None);
            };
            self.phones[phone].token = Some(bearer);
        }
        bail!("{} has a fresh token that does not hold", self.phones[phone].name)
    }

    fn sign_in(&mut self, phone: usize) -> Result<Option<String>> {
        let device = self.phones[phone].identity.device;
        let entropy = std::sync::Arc::clone(&self.relay.entropy);
        let now_ms = self.relay.clock.now_ms();
        let challenge = self.relay.challenges.give(device, now_ms, entropy.as_ref())?;
        let text = token::signed_text(device, &challenge);
        let proof = token::Proof {
            device,
            challenge,
            signature: self.phones[phone].key.sign(text.as_bytes()).to_bytes(),
        };
        match self.relay.sign_in(&proof, LIFETIME_S) {
            Ok(bearer) => Ok(Some(bearer)),
            Err(IdentityError::Store(_)) if self.relay.is_full => Ok(None),
            Err(error) => Err(error).context("signing in"),
        }
    }

    /// Whether the phone takes a refusal of its token for an answer: a bug under test.
    pub(crate) fn believes_refusals(&mut self) -> bool {
        self.plant == Some(Plant::TakesRefusalsForReceipts) && self.dice.chance(10)
    }
}
