//! The field: a real relay process, and real phones that reach it over real sockets.

mod phone;
mod relay;
mod team;

pub use phone::Phone;
pub use relay::Relay;
pub use team::{Person, Team};
