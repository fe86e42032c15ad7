//! Task 任务: something to do, a call back 电话回访 among others.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use satchel_derive::{choice, entity, value};

use super::event::{Order, Stamped};
use crate::ids::{DocumentId, MemberId};
use crate::schema::value::{Moment, Stamp};

/// Something to do. Its state is derived from logged events: done work beats cancelled.
#[entity("task", loose = assignees, urgency = urgency, derived(state, done_at))]
pub struct Task {
    /// The record it hangs on; a loose task belongs to its first assignee.
    #[field(parent, index)]
    pub parent: Option<DocumentId>,
    /// Title.
    #[field(required, search, max_len = 255)]
    pub title: String,
    /// Kind of task.
    pub task_kind: Option<TaskKind>,
    /// Who is to do it.
    #[field(merge = set, max_len = 20)]
    pub assignees: Vec<MemberId>,
    /// When it is due.
    #[field(index)]
    pub due_at: Option<DateTime<Utc>>,
    /// The zone in which it is due, with the instant; a whole-day task is due by the end of that civil day.
    pub due: Option<Moment>,
    /// Whether it is due on a day rather than at an instant.
    pub all_day: Option<bool>,
    /// Priority.
    pub priority: Option<Priority>,
    /// Starts, completions, cancellations, deferrals and reopenings.
    #[field(merge = log, max_len = 500)]
    pub events: Vec<TaskEvent>,
    /// Minutes before the due instant at which to remind.
    #[field(min = 0)]
    pub reminder_min: Option<i64>,
    /// Recurrence (RFC 5545 RRULE).
    #[field(max_len = 255)]
    pub recurrence: Option<String>,
    /// What came of a call.
    pub outcome: Option<CallOutcome>,
    /// Items to tick; an item is done where its value is `true`.
    #[field(merge = map, max_len = 100)]
    pub checklist: HashMap<String, bool>,
    /// More on it; two people may write at once.
    #[field(merge = text, search, max_len = 32_000)]
    pub details: String,
}

/// Kind of task.
#[choice]
pub enum TaskKind {
    /// 电话回访.
    CallBack,
    /// 拜访准备.
    VisitPrep,
    /// 报价.
    SendQuote,
    /// 催款.
    CollectPayment,
    /// 内部.
    Internal,
    /// 入职.
    Onboarding,
}

/// Priority of a task.
#[choice]
pub enum Priority {
    /// Low.
    Low,
    /// Normal.
    Normal,
    /// High.
    High,
    /// Urgent.
    Urgent,
}

/// State of a task, derived.
#[choice]
pub enum TaskState {
    /// 未开始.
    Open,
    /// 进行中.
    InProgress,
    /// 完成.
    Done,
    /// 取消.
    Cancelled,
    /// 推迟.
    Deferred,
}

/// What came of a call.
#[choice]
pub enum CallOutcome {
    /// 接通.
    Reached,
    /// 无人接听.
    NoAnswer,
    /// 号码错误.
    WrongNumber,
    /// 改期.
    Rescheduled,
    /// 拒绝.
    Refused,
    /// 已解决.
    Resolved,
}

/// What happened to a task.
#[choice]
pub enum TaskEventKind {
    /// Begun.
    Start,
    /// Done.
    Complete,
    /// Called off.
    Cancel,
    /// Put off.
    Defer,
    /// Opened again.
    Reopen,
}

/// One thing that happened to a task.
#[value]
pub struct TaskEvent {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// What happened.
    pub event: TaskEventKind,
    /// Why.
    pub reason: Option<String>,
}

impl Stamped for TaskEvent {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

impl Task {
    /// The places of the events that no reopening has overruled. A reopening overrules every event that had not seen it:
    /// a completion made apart from it counts as before it, which is the safe side (the work is looked at again).
    fn standing(&self, order: &Order<'_, TaskEvent>) -> Vec<usize> {
        let reopens = |event: &TaskEvent| event.event == TaskEventKind::Reopen;
        let mut stands: Vec<bool> = self.events.iter().map(|event| !reopens(event)).collect();
        for reopening in order.newest_among(|_, event| reopens(event)) {
            for (stands, after) in stands.iter_mut().zip(order.after(reopening)) {
                *stands &= after;
            }
        }
        (0..self.events.len()).filter(|at| stands[*at]).collect()
    }

    /// Among what no reopening has overruled, done beats everything, whoever wrote apart or later: work done is never
    /// erased. Else the newest event tells; of several made apart cancelled beats deferred beats begun.
    pub fn state(&self) -> TaskState {
        let order = Order::of(&self.events);
        let standing = self.standing(&order);
        let done = |at: &usize| self.events[*at].event == TaskEventKind::Complete;
        if standing.iter().any(done) {
            return TaskState::Done;
        }
        let newest = order.newest_among(|at, _| standing.binary_search(&at).is_ok());
        let happened = |kind| newest.iter().any(|at| self.events[*at].event == kind);
        if happened(TaskEventKind::Cancel) {
            TaskState::Cancelled
        } else if happened(TaskEventKind::Defer) {
            TaskState::Deferred
        } else if happened(TaskEventKind::Start) {
            TaskState::InProgress
        } else {
            TaskState::Open
        }
    }

    /// Work to be done comes to a new device first.
    pub(crate) fn urgency(&self) -> u8 {
        match self.state() {
            TaskState::Open | TaskState::InProgress | TaskState::Deferred => 2,
            TaskState::Done | TaskState::Cancelled | TaskState::Unknown => 0,
        }
    }

    /// When it was first done; absent while it is not.
    pub fn done_at(&self) -> Option<DateTime<Utc>> {
        let standing = self.standing(&Order::of(&self.events));
        let done = standing
            .iter()
            .map(|at| &self.events[*at])
            .filter(|event| event.event == TaskEventKind::Complete);
        done.map(|event| event.stamp.at).min()
    }
}

#[cfg(test)]
mod tests;
