//! Blocking: the few keys by which a customer is found again, so that a hundred thousand are not compared pair by pair.
//!
//! - a phone number and a registration code, as they are;
//! - the two halves of the name. Two names that are one edit apart share the half without the edit, so names of
//!   likeness 0.95 up to forty characters are never missed;
//! - the cell of a grid of at least [`NEAR_M`] metres. Whatever is nearer than that stands in the same cell or in one
//!   of its eight neighbours.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::Candidate;
use super::name::Name;
use super::registration;
use crate::schema::value::Position;

/// How near two customers must be for their nearness to count, in metres.
pub const NEAR_M: f64 = 150.0;

/// Height of a cell in ten-millionths of a degree of latitude: just over 150 m.
const CELL_E7: i64 = 13_500;

/// One key. Two customers worth comparing share at least one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Digits of a phone number with its country.
    Phone(String),
    /// A registration code.
    Registration(String),
    /// The first half of a name.
    Head(String),
    /// The last half of a name.
    Tail(String),
    /// A cell of the grid: band of latitude, cell of longitude within it.
    Cell(i64, i64),
}

impl fmt::Display for Key {
    /// As it is kept in a database.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(digits) => write!(f, "phone {digits}"),
            Self::Registration(code) => write!(f, "code {code}"),
            Self::Head(half) => write!(f, "head {half}"),
            Self::Tail(half) => write!(f, "tail {half}"),
            Self::Cell(band, column) => write!(f, "cell {band} {column}"),
        }
    }
}

/// The keys under which a customer is kept.
#[must_use]
pub fn keys(candidate: &Candidate) -> BTreeSet<Key> {
    let mut keys = identities(candidate);
    for name in &candidate.names {
        for chars in spellings(name) {
            keys.extend(halves(&chars, chars.len() / 2));
        }
    }
    if let Some(position) = &candidate.position {
        let band = band(position.lat_e7);
        keys.insert(Key::Cell(band, column(position, band)));
    }
    keys
}

/// The keys under which those are kept that a customer may be the same as: its own, the halves that a name one
/// character longer or shorter would have, and the neighbouring cells.
#[must_use]
pub fn probes(candidate: &Candidate) -> BTreeSet<Key> {
    let mut keys = identities(candidate);
    for name in &candidate.names {
        for chars in spellings(name) {
            for length in [
                chars.len().saturating_sub(1) / 2,
                chars.len() / 2,
                chars.len().div_ceil(2),
            ] {
                keys.extend(halves(&chars, length));
            }
        }
    }
    if let Some(position) = &candidate.position {
        let own = band(position.lat_e7);
        for band in own - 1..=own + 1 {
            let column = column(position, band);
            let (low, high) = (column - 1, column + 1);
            keys.extend((low..=high).map(|column| Key::Cell(band, column)));
            // Round the antimeridian the first and the last cell of a band are neighbours.
            let last = columns(band);
            if low < 0 {
                keys.insert(Key::Cell(band, last - 1));
            }
            if high >= last - 1 {
                keys.insert(Key::Cell(band, 0));
            }
        }
    }
    keys
}

fn identities(candidate: &Candidate) -> BTreeSet<Key> {
    let phones = candidate
        .phones
        .iter()
        .filter_map(|phone| phone_key(phone))
        .map(Key::Phone);
    let code = candidate
        .registration_code
        .as_deref()
        .and_then(registration::normalised);
    phones.chain(code.map(Key::Registration)).collect()
}

/// A phone number as it is compared: its last ten digits, so that a country's code or a trunk zero more or less does not
/// count. A number that tells nothing of one customer has none: too short, or a hotline (400, 800) that every outlet of
/// a chain puts on its door.
pub(super) fn phone_key(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let hotline = digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    let key = digits.get(digits.len().saturating_sub(10)..).unwrap_or_default();
    (digits.len() >= 7 && !hotline).then(|| key.to_owned())
}

/// A name without its spaces, as it stands and with its words in the order of the alphabet: what is compared.
fn spellings(name: &str) -> BTreeSet<Vec<char>> {
    let name = Name::of(name);
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect();
    [letters(name.core()), letters(&name.sorted())].into()
}

fn halves(chars: &[char], length: usize) -> Vec<Key> {
    if length == 0 {
        // A name of one character is kept whole.
        return if chars.is_empty() {
            Vec::new()
        } else {
            vec![Key::Head(chars.iter().collect())]
        };
    }
    let head = chars.iter().take(length).collect();
    let tail = chars.iter().skip(chars.len().saturating_sub(length)).collect();
    vec![Key::Head(head), Key::Tail(tail)]
}

const fn band(lat_e7: i64) -> i64 {
    lat_e7.div_euclid(CELL_E7)
}

/// How many cells go round the earth in a band: as many as are all at least as wide as high, at the band's edge nearer
/// to the pole, where a degree of longitude is shortest.
fn columns(band: i64) -> i64 {
    let edge_e7 = (band * CELL_E7).abs().max(((band + 1) * CELL_E7).abs());
    #[expect(
        clippy::cast_precision_loss,
        reason = "ten-millionths of a degree fit a double exactly"
    )]
    let width = (edge_e7 as f64 / 1e7).to_radians().cos().max(0.0) * 3_600_000_000.0 / CELL_E7 as f64;
    #[expect(clippy::cast_possible_truncation, reason = "at most 266 666")]
    let columns = width.floor() as i64;
    columns.max(1)
}

fn column(position: &Position, band: i64) -> i64 {
    let east = i128::from((position.lon_e7 + 1_800_000_000).rem_euclid(3_600_000_000));
    let column = east * i128::from(columns(band)) / 3_600_000_000;
    i64::try_from(column).unwrap_or(0)
}

/// How many customers a half of a name may lead to. One that more of them share (the town, "convenience store") tells
/// nothing, and following it would compare everybody with everybody; their phones, codes and positions still lead to
/// one another.
pub const SHARED_HALF: usize = 100;

/// Customers by their keys, each by a number of the caller's.
#[derive(Debug, Default)]
pub struct Index {
    entries: HashMap<Key, Vec<usize>>,
}

impl Index {
    /// Keeps a customer.
    pub fn insert(&mut self, at: usize, candidate: &Candidate) {
        for key in keys(candidate) {
            self.entries.entry(key).or_default().push(at);
        }
    }

    /// Those worth comparing with `candidate`, each once, in the order of their numbers.
    #[must_use]
    pub fn near(&self, candidate: &Candidate) -> BTreeSet<usize> {
        let tells =
            |key: &Key, found: &[usize]| !matches!(key, Key::Head(_) | Key::Tail(_)) || found.len() <= SHARED_HALF;
        probes(candidate)
            .iter()
            .filter_map(|key| self.entries.get(key).filter(|found| tells(key, found)))
            .flatten()
            .copied()
            .collect()
    }
}
