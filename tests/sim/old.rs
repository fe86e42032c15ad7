//! Apps that are behind: they lack kinds and fields that the relay and other phones have.

use std::sync::LazyLock;

use satchel_core::domain::KINDS;
use satchel_core::schema::{Field, Kind, Merge};

use crate::dice::Dice;
use crate::phone::Phone;

/// What the first, the second and the third release of an app do not know: a kind, or a field of one.
const UNKNOWN: &[&[(&str, Option<&str>)]] = &[
    &[
        ("comment", None),
        ("contact", None),
        ("customer", Some("industry")),
        ("customer", Some("needs")),
        ("visit", Some("next_action")),
        ("deal", Some("next_step")),
        ("task", Some("details")),
    ],
    &[
        ("comment", None),
        ("customer", Some("industry")),
        ("deal", Some("next_step")),
    ],
    &[("customer", Some("industry"))],
];

static RELEASES: LazyLock<Vec<&'static [&'static Kind]>> =
    LazyLock::new(|| UNKNOWN.iter().map(|unknown| without(unknown)).collect());

fn without(unknown: &[(&str, Option<&str>)]) -> &'static [&'static Kind] {
    let known = |kind: &Kind, field: Option<&str>| !unknown.contains(&(kind.name, field));
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for kind in KINDS.iter().copied().filter(|kind| known(kind, None)) {
        let fields: Vec<Field> = kind
            .fields
            .iter()
            // What a seed makes is in every release of its step: only plain values come later.
            .filter(|field| known(kind, Some(field.name)) || field.merge != Merge::Register)
            .map(|field| Field { ..*field })
            .collect();
        kinds.push(Box::leak(Box::new(Kind {
            fields: Box::leak(fields.into_boxed_slice()),
            ..*kind
        })));
    }
    Box::leak(kinds.into_boxed_slice())
}

impl Phone {
    /// Puts an older app on a phone that holds nothing yet.
    pub(crate) fn downgrade(&mut self, dice: &mut Dice) {
        self.install(dice.below(RELEASES.len()));
    }

    /// Puts the first, second or third release on it.
    pub(crate) fn install(&mut self, release: usize) {
        self.kinds = RELEASES[release];
        self.first_kinds = self.kinds;
        self.rise();
    }

    pub(crate) fn is_old(&self) -> bool {
        !std::ptr::eq(self.kinds, KINDS)
    }

    /// Installs the newest app.
    pub(crate) fn update(&mut self) {
        self.kinds = KINDS;
        self.rise();
    }
}
