//! What the tests from outside and the demo share.

pub mod arbitrary;
pub mod demo;
pub mod field;
