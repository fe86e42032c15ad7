//! Codes, tokens and keys: made at random, shown once, kept as SHA-256 only and found by it. A look-up by hash compares
//! nothing byte by byte with what a guesser controls.

use data_encoding::{BASE64URL_NOPAD, Encoding, Specification, SpecificationError};
use satchel_core::clock::{Entropy, random};
use sha2::{Digest, Sha256};

use crate::store::people::Hash;

/// SHA-256 of a secret.
pub fn hash(secret: &[u8]) -> Hash {
    Sha256::digest(secret).into()
}

/// 256 random bits as text, behind a prefix that tells what it is for.
pub fn random_text(entropy: &dyn Entropy, prefix: &str) -> String {
    format!("{prefix}{}", BASE64URL_NOPAD.encode(&random::<32>(entropy)))
}

/// The code of an invite: 80 random bits in Crockford's base32, in groups of four for whoever types it.
pub fn invite_code(entropy: &dyn Entropy) -> String {
    let text = crockford()
        .map(|base32| base32.encode(&random::<10>(entropy)))
        .unwrap_or_default();
    let groups: Vec<&str> = (0..text.len())
        .step_by(4)
        .filter_map(|at| text.get(at..at + 4))
        .collect();
    groups.join("-")
}

/// The hash of a code as somebody typed it: case, dashes, blanks and look-alikes (O for 0, I and L for 1) do not matter.
/// `None` for a text that no code can be.
pub fn invite_hash(code: &str) -> Option<Hash> {
    let bytes = crockford().ok()?.decode(code.as_bytes()).ok()?;
    (bytes.len() == 10).then(|| hash(&bytes))
}

fn crockford() -> Result<Encoding, SpecificationError> {
    let mut base32 = Specification::new();
    base32.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    base32.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    base32.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    base32.ignore.push_str("- ");
    base32.encoding()
}

#[cfg(test)]
mod tests {
    use satchel_core::clock::SeededEntropy;

    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for seed in 0..50 {
            let code = invite_code(&SeededEntropy::new(seed));
            assert_eq!(code.len(), 19, "seed {seed}: {code}");
            let expected = invite_hash(&code).unwrap();
            let sloppy = code
                .to_lowercase()
                .replace('-', " ")
                .replace('0', "o")
                .replace('1', "l");
            assert_eq!(invite_hash(&sloppy), Some(expected), "seed {seed}: {sloppy}");
        }
        assert_eq!(invite_hash("ABCD"), None);
        assert_eq!(invite_hash("客户-0000-0000-0000"), None);
        assert_ne!(invite_code(&SeededEntropy::new(1)), invite_code(&SeededEntropy::new(2)));
    }
}
