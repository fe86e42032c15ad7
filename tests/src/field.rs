//! The field: a real relay process, and real phones that reach it over real sockets.

mod phone;
mod proxy;
mod relay;
mod team;

pub use phone::Phone;
pub use proxy::{Line, Proxy};
pub use relay::Relay;
pub use team::{Person, Team};
