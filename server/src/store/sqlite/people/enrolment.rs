//! [`Enrolment`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{DeviceId, MemberId};

use super::super::Transaction;
use super::super::column::{all, first, from_limit, from_seq, id, optional_id, seq};
use crate::store::StoreError;
use crate::store::people::{ApiKey, Device, Enrolment, Hash, Invite, Token, WipeReceipt};

const DEVICE: &str = "SELECT id, member, name, platform, public_key, created_at, last_seen_at, revoked_at FROM device";
const KEY: &str = "SELECT id, hash, member, name, created_at, revoked_at FROM api_key";

impl Enrolment for Transaction<'_> {
    fn invite(&self, code_hash: &Hash) -> Result<Option<Invite>, StoreError> {
        let sql = self.sql(
            "SELECT id, code_hash, member, created_at, expires_at, used_at, device FROM invite WHERE code_hash = ?1",
        )?;
        first(sql, [code_hash], |row| {
            Ok(Invite {
                id: row.get(0)?,
                code_hash: row.get(1)?,
                member: id(row, 2, MemberId::from_bytes)?,
                created_at_ms: row.get(3)?,
                expires_at_ms: row.get(4)?,
                used_at_ms: row.get(5)?,
                device: optional_id(row, 6, DeviceId::from_bytes)?,
            })
        })
    }

    fn put_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO invite (id, code_hash, member, created_at, expires_at, used_at, device)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET
             expires_at = excluded.expires_at, used_at = excluded.used_at, device = excluded.device",
        )?
        .execute(params![
            invite.id,
            invite.code_hash,
            invite.member.as_bytes(),
            invite.created_at_ms,
            invite.expires_at_ms,
            invite.used_at_ms,
            invite.device.as_ref().map(DeviceId::as_bytes)
        ])?;
        Ok(())
    }

    fn prune_invites(&mut self, ms: i64) -> Result<(), StoreError> {
        self.sql("DELETE FROM invite WHERE used_at IS NULL AND expires_at < ?1")?
            .execute([ms])?;
        Ok(())
    }

    fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        first(
            self.sql(&format!("{DEVICE} WHERE id = ?1"))?,
            [id.as_bytes()],
            read_device,
        )
    }

    fn wipe_receipt(&self, device: DeviceId) -> Result<Option<WipeReceipt>, StoreError> {
        let sql = self.sql("SELECT documents, digest, at FROM wipe_receipt WHERE device = ?1")?;
        first(sql, [device.as_bytes()], |row| {
            Ok(WipeReceipt {
                documents: seq(row, 0)?,
                digest: row.get(1)?,
                at_ms: row.get(2)?,
            })
        })
    }

    fn put_wipe_receipt(&mut self, device: DeviceId, receipt: &WipeReceipt) -> Result<bool, StoreError> {
        let rows = self
            .sql("INSERT OR IGNORE INTO wipe_receipt (device, documents, digest, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                device.as_bytes(),
                from_seq(receipt.documents),
                receipt.digest,
                receipt.at_ms
            ])?;
        Ok(rows == 1)
    }

    fn device_by_key(&self, public_key: &[u8; 32]) -> Result<Option<Device>, StoreError> {
        first(
            self.sql(&format!("{DEVICE} WHERE public_key = ?1"))?,
            [public_key],
            read_device,
        )
    }

    fn devices(
        &self,
        member: Option<MemberId>,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Result<Vec<Device>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        let member = member.map(|id| *id.as_bytes());
        let sql = self.sql(&format!(
            "{DEVICE} WHERE id > ?1 AND (?2 IS NULL OR member = ?2) ORDER BY id LIMIT ?3"
        ))?;
        all(sql, params![after, member, from_limit(limit)], read_device)
    }

    fn put_device(&mut self, device: &Device) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO device (id, member, name, platform, public_key, created_at, last_seen_at, revoked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, last_seen_at = excluded.last_seen_at, revoked_at = excluded.revoked_at",
        )?
        .execute(params![
            device.id.as_bytes(),
            device.member.as_bytes(),
            device.name,
            device.platform,
            device.public_key,
            device.created_at_ms,
            device.last_seen_at_ms,
            device.revoked_at_ms
        ])?;
        Ok(())
    }

    fn token(&self, hash: &Hash) -> Result<Option<Token>, StoreError> {
        first(
            self.sql("SELECT hash, device, revoked, expires_at FROM token WHERE hash = ?1")?,
            [hash],
            |row| {
                Ok(Token {
                    hash: row.get(0)?,
                    device: id(row, 1, DeviceId::from_bytes)?,
                    revoked: row.get(2)?,
                    expires_at_ms: row.get(3)?,
                })
            },
        )
    }

    fn put_token(&mut self, token: &Token) -> Result<(), StoreError> {
        self.sql("INSERT INTO token (hash, device, revoked, expires_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                token.hash,
                token.device.as_bytes(),
                token.revoked,
                token.expires_at_ms
            ])?;
        Ok(())
    }

    fn remove_tokens_of(&mut self, device: DeviceId) -> Result<(), StoreError> {
        self.sql("DELETE FROM token WHERE device = ?1")?
            .execute([device.as_bytes()])?;
        Ok(())
    }

    fn prune_tokens(&mut self, ms: i64) -> Result<(), StoreError> {
        self.sql("DELETE FROM token WHERE expires_at < ?1")?.execute([ms])?;
        Ok(())
    }

    fn key_by_hash(&self, hash: &Hash) -> Result<Option<ApiKey>, StoreError> {
        first(self.sql(&format!("{KEY} WHERE hash = ?1"))?, [hash], read_key)
    }

    fn keys(&self, after: Option<[u8; 16]>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.to_vec());
        let sql = self.sql(&format!("{KEY} WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        all(sql, params![after, from_limit(limit)], read_key)
    }

    fn key(&self, id: &[u8; 16]) -> Result<Option<ApiKey>, StoreError> {
        first(self.sql(&format!("{KEY} WHERE id = ?1"))?, [id], read_key)
    }

    fn put_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO api_key (id, hash, member, name, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at",
        )?
        .execute(params![
            key.id,
            key.hash,
            key.member.as_bytes(),
            key.name,
            key.created_at_ms,
            key.revoked_at_ms
        ])?;
        Ok(())
    }
}

fn read_device(row: &Row<'_>) -> Result<Device, StoreError> {
    Ok(Device {
        id: id(row, 0, DeviceId::from_bytes)?,
        member: id(row, 1, MemberId::from_bytes)?,
        name: row.get(2)?,
        platform: row.get(3)?,
        public_key: row.get(4)?,
        created_at_ms: row.get(5)?,
        last_seen_at_ms: row.get(6)?,
        revoked_at_ms: row.get(7)?,
    })
}

fn read_key(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.get(0)?,
        hash: row.get(1)?,
        member: id(row, 2, MemberId::from_bytes)?,
        name: row.get(3)?,
        created_at_ms: row.get(4)?,
        revoked_at_ms: row.get(5)?,
    })
}
