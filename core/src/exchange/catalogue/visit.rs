//! Columns of a list of visits.

use super::{Cell, Column};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("started_at", "拜访日期", "Visited At", Cell::Instant, &[]),
    Column::new("ended_at", "签退时间", "Ended At", Cell::Instant, &[]),
    Column::new("visitors", "拜访人", "Visitors", Cell::Texts, &[]),
    Column::new("visit_kind", "拜访方式", "Visit Type", Cell::Choice("visit_kind"), &[]),
    Column::new("purpose", "拜访目的", "Purpose", Cell::Choice("visit_purpose"), &[]),
    Column::new("outcome", "拜访结果", "Outcome", Cell::Choice("visit_outcome"), &[]),
    Column::new("status", "状态", "Status", Cell::Choice("visit_status"), &[]),
    Column::new(
        "verification",
        "位置核验",
        "Verification",
        Cell::Choice("verification"),
        &[],
    ),
    Column::new("summary", "拜访总结", "Summary", Cell::Text, &[]),
];
