//! Values of several parts that are written and read as one.

mod money;
mod place;
mod round;
mod stamp;

pub use money::{Currency, Money};
pub use place::{Address, Place, Position, PositionSource};
pub use round::{clamped, div_half_even};
pub use stamp::{Moment, Stamp};
