//! The kinds of record, one file each, and the one list of them.
//!
//! A new kind is one file here and one line in the list; `docs/how-to/add-a-record-kind.md` walks through it.

pub mod event;

use crate::schema::Kind;

/// Takes the list of kinds and makes the modules, the table [`KINDS`], and the macro [`for_each_kind!`] through which
/// other crates go through the same list.
macro_rules! kinds {
    ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
        $(
            pub mod $module;
            pub use $module::{$entity, $id, $patch};
        )*

        /// Every kind of record, in the order of the list.
        pub const KINDS: &[&Kind] = &[$(<$entity as crate::schema::Entity>::KIND),*];

        /// Calls the given macro with the list of kinds: `module: Entity, Patch, Id;` each.
        #[macro_export]
        macro_rules! for_each_kind {
            ($callback:path) => { $callback! { $($module: $entity, $patch, $id;)* } };
        }
    };
}

kinds! {
    customer: Customer, CustomerPatch, CustomerId;
    contact: Contact, ContactPatch, ContactId;
    visit: Visit, VisitPatch, VisitId;
    deal: Deal, DealPatch, DealId;
    note: Note, NotePatch, NoteId;
    task: Task, TaskPatch, TaskId;
    comment: Comment, CommentPatch, CommentId;
    process_template: ProcessTemplate, ProcessTemplatePatch, ProcessTemplateId;
    sales_credit: SalesCredit, SalesCreditPatch, SalesCreditId;
    product: Product, ProductPatch, ProductId;
    sales_order: SalesOrder, SalesOrderPatch, SalesOrderId;
    kpi: Kpi, KpiPatch, KpiId;
    sales_target: SalesTarget, SalesTargetPatch, SalesTargetId;
    visit_route: VisitRoute, VisitRoutePatch, VisitRouteId;
    survey_response: SurveyResponse, SurveyResponsePatch, SurveyResponseId;
    fiscal_calendar: FiscalCalendar, FiscalCalendarPatch, FiscalCalendarId;
    holiday_calendar: HolidayCalendar, HolidayCalendarPatch, HolidayCalendarId;
    exchange_rate: ExchangeRate, ExchangeRatePatch, ExchangeRateId;
}

/// The kind of that name (singular), if this version knows it.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The kind of that plural (a REST collection, an SQL table), if this version knows it.
#[must_use]
pub fn kind_by_plural(plural: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.plural == plural)
}
