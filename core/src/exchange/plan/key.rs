//! Ids of imported records, the same on every device.

use unicode_normalization::UnicodeNormalization;

use crate::ids::{DocumentId, OrgId};

/// A name as it stands for a record: half width, lower case, single spaces.
#[must_use]
pub fn name_key(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The id of an imported record: from its id in the source, else from its natural key (its [`name_key`], below the
/// customer it hangs on).
#[must_use]
pub fn derived_id(namespace: OrgId, source: &str, kind: &str, key: &NaturalKey<'_>) -> DocumentId {
    // The parts are told apart by a character that no name has after folding.
    let name = match key {
        NaturalKey::RecordId(id) => format!("import\n{source}\n{kind}\nid\n{id}"),
        NaturalKey::Name { name, customer: None } => format!("import\n{source}\n{kind}\nname\n{}", name_key(name)),
        NaturalKey::Name {
            name,
            customer: Some(customer),
        } => {
            format!("import\n{source}\n{kind}\nname\n{customer}\n{}", name_key(name))
        }
    };
    DocumentId::derived(namespace.as_bytes(), &name)
}

/// What tells a record in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NaturalKey<'a> {
    /// Its id there.
    RecordId(&'a str),
    /// Its name, among those of one customer where it hangs on one.
    Name {
        /// The name.
        name: &'a str,
        /// The customer.
        customer: Option<DocumentId>,
    },
}
