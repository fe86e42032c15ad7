//! Stories: each file is a promise, kept by the real parts together.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod add_a_record_kind;
mod attainment_moves;
mod comment_put_away;
mod customer_handed_over;
mod deal_won_and_lost_apart;
mod duplicates_merged;
mod every_kind;
mod explained;
mod first_sync;
mod form_opened_before;
mod live;
mod lost_phone;
mod new_app;
mod note_by_two;
mod offline_day;
mod old_app;
mod one_field_changed;
mod private_note;
mod protocol_client;
mod purge_shown;
mod relay_killed;
mod relay_restored;
mod revoked_and_wiped;
mod rows_alone;
mod same_field_twice;
mod teammates_customer;
mod two_reps_one_customer;
