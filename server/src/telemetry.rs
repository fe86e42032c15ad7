//! What an operator sees: logs, metrics, and one line for each request. Never a customer's data.

pub mod log;
pub mod metric;
pub mod request;
