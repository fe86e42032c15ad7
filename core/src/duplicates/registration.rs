//! Registration codes of businesses.

use unicode_normalization::UnicodeNormalization;

/// The characters of a unified social credit code in the order of their values (GB 32100-2015): no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether `code` is a well-formed unified social credit code 统一社会信用代码: 18 characters of the standard's
/// alphabet, the last one checking the others (weights 3^i modulo 31).
#[must_use]
pub fn is_valid_uscc(code: &str) -> bool {
    let Some(values) = values(code) else { return false };
    let Some((check, body)) = values.split_last() else {
        return false;
    };
    let mut weight = 1;
    let mut sum = 0;
    for value in body {
        sum = (sum + value * weight) % 31;
        weight = weight * 3 % 31;
    }
    *check == (31 - sum) % 31
}

fn values(code: &str) -> Option<Vec<usize>> {
    if code.len() != 18 {
        return None;
    }
    code.bytes()
        .map(|byte| ALPHABET.iter().position(|known| *known == byte))
        .collect()
}

/// The code as it is compared: half width, upper case, without spaces and hyphens; absent where nothing is left.
#[must_use]
pub fn normalised(code: &str) -> Option<String> {
    let clean: String = code
        .nfkc()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    Some(clean).filter(|code| !code.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_tells_a_code_from_a_misspelt_one() {
        // The worked example of GB 32100-2015, and codes that companies print on their own sites.
        for code in ["91350100M000100Y43", "91110000802100433B", "91440300708461136T"] {
            assert!(is_valid_uscc(code), "{code}");
            let swapped: String = [&code[..5], &code[6..7], &code[5..6], &code[7..]].concat();
            assert!(swapped == code || !is_valid_uscc(&swapped), "{swapped}");
        }
        assert!(!is_valid_uscc("91350100M000100Y44"));
        assert!(!is_valid_uscc("91350100I000100Y43"), "I is not in the alphabet");
        assert!(!is_valid_uscc("91350100M000100Y4"));
        assert!(!is_valid_uscc("九1350100M000100Y43"));
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        let code = "91350100M000100Y43";
        for at in 0..18 {
            for wrong in ALPHABET.iter().map(|byte| char::from(*byte)) {
                let mut changed = code.to_owned();
                changed.replace_range(at..=at, &wrong.to_string());
                assert_eq!(is_valid_uscc(&changed), changed == code, "{changed}");
            }
        }
    }

    #[test]
    fn width_case_and_spaces_do_not_count() {
        assert_eq!(
            normalised(" ９１３５０１００ m000-100y43 ").as_deref(),
            Some("91350100M000100Y43")
        );
        assert_eq!(normalised(" - "), None);
    }
}
