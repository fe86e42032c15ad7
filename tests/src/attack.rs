//! Damaged and crafted bytes, and something to send them to: what the hostile suite and the fuzz targets share.

mod chunk;
mod dice;
mod forge;
mod ground;

pub use chunk::{Chunk, Column};
pub use dice::Dice;
pub use forge::{Forged, Known, damage, forge};
pub use ground::{Ground, Side};
