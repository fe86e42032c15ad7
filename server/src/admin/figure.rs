//! `satchel admin figures`: whether what is kept of figures is what the records say.

use clap::Subcommand;
use serde_json::json;

use super::output::Answer;
use super::{AdminError, Desk};
use crate::figure::count;
use crate::store::figure::Figures as _;

#[derive(Debug, Subcommand)]
pub(super) enum Figures {
    /// Count everything again from the records, beside what is kept, and say whether both agree: with status 0 where they
    /// do. Nothing is changed. A running relay cannot write meanwhile, and refuses to after five seconds: phones
    /// try again.
    Check,
    /// Count everything from the records, and keep that. A running relay cannot write meanwhile, as under `check`.
    Rebuild,
}

impl Figures {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<Answer, AdminError> {
        desk.file.write::<_, AdminError>(|tx| match self {
            Self::Check => {
                let found = count::check(tx)?;
                if found.differing > 0 {
                    return Err(AdminError::FiguresDiffer {
                        differing: found.differing,
                    });
                }
                let text = format!("figures agree with the records: {} cells", found.cells);
                Ok(Answer::new(text, json!({ "cells": found.cells, "differing": 0 })))
            }
            Self::Rebuild => {
                count::rebuild(tx)?;
                let state = tx.figure_state()?;
                let zone = state.map_or_else(String::new, |(zone, _)| zone);
                let text = format!("figures are counted from the records, days in {zone}");
                Ok(Answer::new(text, json!({ "zone": zone })))
            }
        })
    }
}
