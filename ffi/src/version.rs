//! The version of a record as the app holds it.

use satchel_core::ids::{ChangeHash, Heads, InvalidId};

/// The version of a record on which a form was opened: given back with an edit, looked into by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(crate) Heads);

uniffi::custom_type!(Version, String, {
    lower: |version| version.text(),
    try_lift: |text| Ok(Version::read(&text)?),
});

impl Version {
    fn text(&self) -> String {
        let hashes: Vec<String> = self.0.hashes().iter().map(ToString::to_string).collect();
        hashes.join("-")
    }

    fn read(text: &str) -> Result<Self, InvalidId> {
        let hashes = text.split('-').filter(|hash| !hash.is_empty());
        let hashes: Result<Vec<ChangeHash>, InvalidId> = hashes.map(str::parse).collect();
        Ok(Self(Heads::new(hashes?)))
    }
}

impl From<Heads> for Version {
    fn from(heads: Heads) -> Self {
        Self(heads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_was_written() {
        let hashes = [[1; 32], [255; 32]].map(ChangeHash);
        for heads in [&hashes[..0], &hashes[..1], &hashes[..]] {
            let version = Version(Heads::new(heads.to_vec()));
            assert_eq!(Version::read(&version.text()), Ok(version));
        }
        assert!(Version::read("nonsense").is_err());
    }
}
