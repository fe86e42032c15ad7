//! Who this device is.

use serde::{Deserialize, Serialize};

use super::{Engine, Error};
use crate::clock::random;
use crate::ids::{ActorId, DeviceId, MemberId, OrgId};
use crate::policy::Role;
use crate::store::{Reader, Transaction};

pub(super) const IDENTITY: &str = "identity";
pub(super) const ACTOR: &str = "actor";

/// Whose device this is, as enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The organisation.
    pub org: OrgId,
    /// The person.
    pub member: MemberId,
    /// The device.
    pub device: DeviceId,
    /// What the person is in the organisation, as of the enrolment; the directory knows better later.
    pub role: Role,
}

impl Engine {
    /// Whose device this is; `None` before it is enrolled.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn identity(&self) -> Result<Option<Identity>, Error> {
        self.read(identity)
    }

    /// Notes whose device this is, and takes a new incarnation where it has none or was another's.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn enrol(&self, identity: &Identity) -> Result<(), Error> {
        self.transact(|tx| {
            let before = self::identity(tx)?;
            let json = serde_json::to_vec(identity).map_err(crate::store::Error::from)?;
            tx.set_meta(IDENTITY, Some(&json))?;
            let same = before.is_some_and(|before| before.device == identity.device);
            if !same {
                super::sync::forget_wipe(tx)?;
            }
            if !same || tx.meta(ACTOR)?.is_none() {
                self.renew_actor(tx)?;
            }
            Ok(())
        })
    }

    /// The present incarnation of this device.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`], [`Error::Store`].
    pub fn actor(&self) -> Result<ActorId, Error> {
        self.read(actor)
    }

    /// Takes a new incarnation: the one before was used twice (a restored backup, a clone).
    pub(crate) fn renew_actor(&self, tx: &Transaction<'_>) -> Result<ActorId, Error> {
        let actor = ActorId(random(self.0.entropy.as_ref()));
        tx.set_meta(ACTOR, Some(&actor.0))?;
        Ok(actor)
    }
}

/// Whose device this is.
pub(crate) fn identity(reader: &Reader<'_>) -> Result<Option<Identity>, Error> {
    let json = reader.meta(IDENTITY)?;
    let read = json.map(|json| serde_json::from_slice(&json).map_err(crate::store::Error::from));
    Ok(read.transpose()?)
}

/// The present incarnation.
pub(crate) fn actor(reader: &Reader<'_>) -> Result<ActorId, Error> {
    let bytes = reader.meta(ACTOR)?.ok_or(Error::NotEnrolled)?;
    let bytes = bytes.try_into().map_err(|_| crate::store::Error::DatabaseDamaged)?;
    Ok(ActorId(bytes))
}
