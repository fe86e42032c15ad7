//! What the tests from outside and the demo share.

pub mod arbitrary;
pub mod attack;
pub mod demo;
pub mod field;
pub mod fuzz;
pub mod stage;
