//! Forgetting everything.

use rusqlite::params_from_iter;

use super::{Error, Transaction};

impl Transaction<'_> {
    /// Forgets everything that is beside the documents: notices, scopes, people, points, what is to be dropped, what was
    /// fetched of packs, and all small values but those named. Documents are deleted one by one
    /// ([`Transaction::delete_document`]).
    ///
    /// # Errors
    /// As every write.
    pub fn forget_all_but(&self, kept: &[&str]) -> Result<(), Error> {
        self.conn.execute_batch(
            "DELETE FROM notice; DELETE FROM scope; DELETE FROM member; DELETE FROM team; DELETE FROM sync_point;
             DELETE FROM loading; DELETE FROM pending_out; DELETE FROM pack; DELETE FROM blocking_key;
             DELETE FROM unknown_row; DELETE FROM search_pending;",
        )?;
        let places = vec!["?"; kept.len()].join(", ");
        self.conn.execute(
            &format!("DELETE FROM meta WHERE key NOT IN ({places})"),
            params_from_iter(kept),
        )?;
        Ok(())
    }
}
