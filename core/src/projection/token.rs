//! Search tokens: words and their prefixes for Latin scripts, pairs of characters for Chinese, Japanese and Korean.
//!
//! FTS5's trigram tokenizer finds nothing for a query of two characters, and most Chinese words have two. So a run of
//! ideographs becomes its overlapping pairs (and its single characters, for queries of one), and everything else becomes
//! whole words, which FTS5 finds by prefix.

use unicode_normalization::UnicodeNormalization;

/// One piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A word, folded; a query finds it by any prefix.
    Word(String),
    /// Two neighbouring ideographs.
    Pair(String),
    /// One ideograph.
    Single(String),
}

impl Token {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Pair(text) | Self::Single(text) => text,
        }
    }
}

/// The text as search compares it: compatibility forms unified (full width to half width), marks dropped, lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    let decomposed = text
        .nfkd()
        .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter));
    decomposed.flat_map(char::to_lowercase).nfc().collect()
}

/// The tokens under which a text is indexed.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let folded = fold(text);
    let mut found = Vec::new();
    let mut word = String::new();
    let mut previous: Option<char> = None;
    for letter in folded.chars() {
        if is_ideograph(letter) {
            flush(&mut word, &mut found);
            found.push(Token::Single(letter.to_string()));
            if let Some(before) = previous {
                found.push(Token::Pair([before, letter].iter().collect()));
            }
            previous = Some(letter);
        } else {
            previous = None;
            if letter.is_alphanumeric() {
                word.push(letter);
            } else {
                flush(&mut word, &mut found);
            }
        }
    }
    flush(&mut word, &mut found);
    found
}

fn flush(word: &mut String, found: &mut Vec<Token>) {
    if !word.is_empty() {
        found.push(Token::Word(std::mem::take(word)));
    }
}

/// Whether a character belongs to a script that is written without spaces.
#[must_use]
pub fn is_ideograph(letter: char) -> bool {
    matches!(u32::from(letter),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ideographs_are_a_pair_and_words_stay_whole() {
        let texts: Vec<String> = tokens("北京Ｃafé-24 店")
            .iter()
            .map(|token| token.text().to_owned())
            .collect();
        assert_eq!(texts, ["北", "京", "北京", "cafe", "24", "店"]);
    }
}
