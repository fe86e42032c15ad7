//! Stages of a list against the stages of a process.

use super::super::mapping::folded;
use super::Options;
use crate::domain::ProcessTemplate;
use crate::domain::deal::{LostReason, StageMove};
use crate::domain::process_template::{Stage, StageType};

/// What other systems call the ends of a process.
const WON: &[&str] = &["closedwon", "won", "赢单", "已赢单", "成交", "已成交", "签单成功"];
const LOST: &[&str] = &[
    "closedlost",
    "lost",
    "输单",
    "已输单",
    "丢单",
    "closedlosttocompetition",
    "失败",
];

/// The stages that Zoho, Espo and Suite ship, each with its probability in percent: they are put into the open stage
/// whose probability is nearest.
const SHIPPED: &[(&str, i64)] = &[
    ("prospecting", 10),
    ("qualification", 10),
    ("needsanalysis", 20),
    ("perceptionanalysis", 50),
    ("valueproposition", 40),
    ("identifydecisionmakers", 60),
    ("iddecisionmakers", 60),
    ("proposal", 50),
    ("proposalpricequote", 75),
    ("negotiation", 80),
    ("negotiationreview", 90),
];

/// The move that puts a deal into the stage that the list names; absent where the process has none.
pub(super) fn move_to(template: &ProcessTemplate, options: &Options, text: &str) -> Option<StageMove> {
    let wished = options.stages.iter().find(|(name, _)| folded(name) == folded(text));
    if let Some((_, code)) = wished {
        return template.move_to(code);
    }
    template.move_to(&find(template, &folded(text))?.code)
}

/// Why a deal was lost, where its stage says so.
pub(super) fn lost_reason(text: &str) -> Option<LostReason> {
    (folded(text) == "closedlosttocompetition").then_some(LostReason::Competition)
}

fn find<'a>(template: &'a ProcessTemplate, name: &str) -> Option<&'a Stage> {
    let named = |stage: &&Stage| {
        [&stage.code, &stage.name_zh, &stage.name_en]
            .iter()
            .any(|known| folded(known) == name)
    };
    if let Some(stage) = template.stages.iter().find(named) {
        return Some(stage);
    }
    let of_type = |ty| template.stages.iter().find(|stage| stage.stage_type == ty);
    if WON.contains(&name) {
        return of_type(StageType::Won);
    }
    if LOST.contains(&name) {
        return of_type(StageType::Lost);
    }
    let (_, percent) = SHIPPED.iter().find(|(known, _)| *known == name)?;
    let open = template
        .stages
        .iter()
        .filter(|stage| matches!(stage.stage_type, StageType::Open | StageType::Ongoing));
    // The first of equals: the earlier stage promises less.
    open.min_by_key(|stage| (stage.probability_bp - percent * 100).abs())
}
