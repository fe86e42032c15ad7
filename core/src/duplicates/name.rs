//! Names of customers as they are compared.
//!
//! Two measures, because a character weighs differently. In Latin script a letter is a fraction of a word, and the usual
//! slip is one letter typed wrong: the edit distance over the longer name (`strsim`, with neighbours swapped counting
//! once) says how much of the name is left. Jaro-Winkler was tried and is too kind to long names that begin alike,
//! which chains and company names do. In Chinese a character is a word and one differing character is another shop
//! (华联 and 华润), so the measure is Dice over pairs of neighbouring characters, where each differing character costs
//! two pairs.

use unicode_normalization::UnicodeNormalization;

/// Endings that say what a business is in law or in a chain, not which one it is. Longest first.
const HAN_ENDINGS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "分公司",
    "总公司",
    "公司",
    "集团",
    "股份",
    "门店",
    "分店",
    "总店",
    "商行",
    "店",
];

/// Words of the same sense in Latin script.
const LATIN_ENDINGS: &[&str] = &[
    "co",
    "company",
    "ltd",
    "limited",
    "inc",
    "incorporated",
    "llc",
    "llp",
    "lp",
    "plc",
    "corp",
    "corporation",
    "gmbh",
    "ag",
    "sa",
    "srl",
    "bv",
    "pty",
    "pte",
    "kk",
    "group",
    "holdings",
    "branch",
];

const HAN_NUMERALS: &str = "一二三四五六七八九十百";

/// A name taken apart for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The words that tell the business: half width, lower case, legal endings dropped, one space between.
    core: String,
    /// Its numbers in order; two branches of a chain differ in nothing else.
    numbers: Vec<String>,
    han: bool,
}

impl Name {
    /// Takes a name apart.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded: String = text
            .nfkc()
            .flat_map(char::to_lowercase)
            .map(|c| if c.is_alphanumeric() { c } else { ' ' })
            .collect();
        let mut words: Vec<&str> = folded.split_whitespace().collect();
        while words.len() > 1 && words.last().is_some_and(|word| LATIN_ENDINGS.contains(word)) {
            words.pop();
        }
        if words.len() > 1 && words[0] == "the" {
            words.remove(0);
        }
        let joined = words.join(" ");
        let core = without_endings(&without_divisions(&joined)).to_owned();
        let han = core.chars().any(is_han);
        let numbers = numbers(&core);
        Self { core, numbers, han }
    }

    /// The words that tell the business.
    #[must_use]
    pub fn core(&self) -> &str {
        &self.core
    }

    fn compact(&self) -> String {
        self.core.chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// How alike two names are, from 0 to 10 000 basis points.
    #[must_use]
    pub fn likeness_bp(&self, other: &Self) -> u32 {
        if self.core.is_empty() || other.core.is_empty() {
            return 0;
        }
        let share = if self.han || other.han {
            dice(&self.compact(), &other.compact())
        } else {
            // "Dragon Golden Foods" is "Golden Dragon Foods" typed from another list.
            let straight = strsim::normalized_damerau_levenshtein(&self.core, &other.core);
            straight.max(strsim::normalized_damerau_levenshtein(&self.sorted(), &other.sorted()))
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of one, so between 0 and 10 000"
        )]
        let bp = (share.clamp(0.0, 1.0) * 10_000.0).round() as u32;
        if self.is_another_number(other) {
            bp.min(5_000)
        } else {
            bp
        }
    }

    /// Outlet 12 and outlet 13 of one chain are two outlets, however much else is the same.
    fn is_another_number(&self, other: &Self) -> bool {
        !self.numbers.is_empty() && !other.numbers.is_empty() && self.numbers != other.numbers
    }

    /// Whether the names are partly the same: one stands in the other, or enough of them is alike. Only together with
    /// other evidence does that say anything.
    #[must_use]
    pub fn is_partly(&self, other: &Self) -> bool {
        if self.is_another_number(other) {
            return false;
        }
        let (a, b) = (self.compact(), other.compact());
        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        let enough = if short.chars().any(is_han) { 2 } else { 4 };
        (short.chars().count() >= enough && long.contains(&short)) || self.likeness_bp(other) >= 4_000
    }

    /// The core with its words in the order of the alphabet.
    #[must_use]
    pub fn sorted(&self) -> String {
        let mut words: Vec<&str> = self.core.split_whitespace().collect();
        words.sort_unstable();
        words.join(" ")
    }
}

/// Dice's coefficient over pairs of neighbouring characters, as a share of one. Not `strsim::sorensen_dice`: it divides
/// by bytes (strsim issue 79), which makes Chinese names a third as alike as they are.
fn dice(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let pairs = |text: &str| text.chars().zip(text.chars().skip(1)).collect::<Vec<_>>();
    let (mut left, right) = (pairs(a), pairs(b));
    let all = left.len() + right.len();
    if all == 0 {
        return 0.0;
    }
    // Each pair counts as often as both have it.
    let shared = right
        .iter()
        .filter(|pair| {
            let found = left.iter().position(|one| one == *pair);
            found.map(|at| left.swap_remove(at)).is_some()
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    let share = 2.0 * shared as f64 / all as f64;
    share
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Drops 省 and 市 after the name of a division at the beginning: 福建省福州市永辉 is 福建福州永辉. The 市 of 超市 and
/// 市场 is part of a word and stays.
fn without_divisions(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut begin = 0;
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let length = at - begin;
        let last = at + 1 == chars.len();
        let division = at < 9 && (2..=4).contains(&length) && !last && chars[begin..at].iter().all(|c| is_han(*c));
        let in_word = *c == '市' && (chars[at - usize::from(at > 0)] == '超' || chars.get(at + 1) == Some(&'场'));
        if division && matches!(c, '省' | '市') && !in_word {
            begin = at + 1;
        } else {
            out.push(*c);
        }
    }
    out
}

fn without_endings(text: &str) -> &str {
    let mut core = text;
    // A name that is nothing but an ending keeps it.
    while let Some(shorter) = HAN_ENDINGS
        .iter()
        .find_map(|ending| core.strip_suffix(ending))
        .map(str::trim_end)
        .filter(|shorter| shorter.chars().count() >= 2)
    {
        core = shorter;
    }
    core
}

/// Runs of digits, without leading zeroes, and a Chinese numeral at the end (一店, whose 店 is gone by now).
fn numbers(core: &str) -> Vec<String> {
    let digits = core.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let mut found: Vec<String> = digits.map(|run| run.trim_start_matches('0').to_owned()).collect();
    let ordinal: Vec<char> = core.chars().rev().take_while(|c| HAN_NUMERALS.contains(*c)).collect();
    if !ordinal.is_empty() {
        found.push(ordinal.into_iter().rev().collect());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_which_business_is_dropped() {
        let cases = [
            ("福建省福州市永辉超市股份有限公司", "福建福州永辉超市"),
            ("永辉超市", "永辉超市"),
            ("华南农贸市场", "华南农贸市场"),
            ("Ａcme Trading Co., Ltd.", "acme trading"),
            ("The ACME Corporation", "acme"),
            ("全家便利店（人民路分店）", "全家便利店 人民路"),
            ("有限公司", "有限公司"),
            ("Company", "company"),
            ("", ""),
        ];
        for (name, core) in cases {
            assert_eq!(Name::of(name).core(), core, "{name}");
        }
    }

    #[test]
    fn chinese_names_are_measured_in_characters() {
        let likeness = |a: &str, b: &str| Name::of(a).likeness_bp(&Name::of(b));
        // 4 of 5 and 5 pairs; 1 of 3 and 3; none where there is no pair.
        assert_eq!(likeness("北京永辉超市", "永辉超市（北京）"), 8_000);
        assert_eq!(likeness("华联超市", "华润超市"), 3_333);
        assert_eq!(likeness("永", "辉"), 0);
        assert_eq!(likeness("永永永", "永永"), 6_667);
    }

    #[test]
    fn numbers_keep_the_outlets_of_a_chain_apart() {
        let likeness = |a: &str, b: &str| Name::of(a).likeness_bp(&Name::of(b));
        assert!(likeness("7-Eleven Convenience Store 101", "7-Eleven Convenience Store 102") <= 5_000);
        assert!(likeness("上海永辉超市浦东南路一店", "上海永辉超市浦东南路二店") <= 5_000);
        assert_eq!(likeness("Store 007", "store 7"), 7_778);
        assert_eq!(likeness("永辉超市一店", "永辉超市一店"), 10_000);
    }
}
