use satchel_derive::{choice, value};

use crate::schema::shape::Sound;

/// A point on the earth, in WGS-84. Other datums are only ever converted at the edge of a map.
#[value(checked)]
pub struct Position {
    /// Latitude in ten-millionths of a degree.
    pub lat_e7: i64,
    /// Longitude in ten-millionths of a degree.
    pub lon_e7: i64,
    /// Radius in metres within which the true position lies, where the source tells.
    pub accuracy_m: Option<i64>,
    /// Height above the ellipsoid in metres.
    pub altitude_m: Option<i64>,
    /// Where the position came from.
    pub source: Option<PositionSource>,
    /// How old the fix was when it was taken, in milliseconds.
    pub fix_age_ms: Option<i64>,
    /// Whether the phone said that the position was simulated.
    pub mock: Option<bool>,
}

/// Where a position came from.
#[choice]
pub enum PositionSource {
    /// Satellites.
    Gnss,
    /// Cells and wireless networks.
    Network,
    /// The phone's mix of both.
    Fused,
    /// Typed in.
    Manual,
    /// Picked on a map.
    MapPick,
}

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

impl Position {
    /// A position without further detail.
    #[must_use]
    pub fn new(lat_e7: i64, lon_e7: i64) -> Self {
        Self {
            lat_e7,
            lon_e7,
            ..Self::default()
        }
    }

    /// Whether both coordinates lie on the earth.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.lat_e7.unsigned_abs() <= 900_000_000 && self.lon_e7.unsigned_abs() <= 1_800_000_000
    }

    /// Great-circle distance in metres (haversine, radius 6 371 008.8 m).
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "ten-millionths of a degree fit a double exactly"
    )]
    pub fn distance_m(&self, other: &Self) -> f64 {
        let radians = |e7: i64| (e7 as f64 / 1e7).to_radians();
        let (lat_a, lat_b) = (radians(self.lat_e7), radians(other.lat_e7));
        let half_lat = (lat_b - lat_a) / 2.0;
        let half_lon = (radians(other.lon_e7) - radians(self.lon_e7)) / 2.0;
        let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }
}

impl Sound for Position {
    fn is_sound(&self) -> bool {
        self.is_valid() && self.accuracy_m.is_none_or(|metres| metres >= 0)
    }
}

/// A postal address, from large to small.
#[value]
pub struct Address {
    /// Country, as in `CN`.
    pub country: Option<String>,
    /// Province or state.
    pub province: Option<String>,
    /// City.
    pub city: Option<String>,
    /// District.
    pub district: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Administrative code (GB/T 2260).
    pub adcode: Option<String>,
}

/// Where something is: address and position as one, so that the halves of two edits never mix.
#[value]
pub struct Place {
    /// Postal address.
    pub address: Option<Address>,
    /// Position.
    pub position: Option<Position>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousandth_of_a_degree_of_longitude_at_beijing_is_85_metres() {
        let west = Position::new(399_042_000, 1_164_074_000);
        let east = Position::new(399_042_000, 1_164_084_000);
        assert!((west.distance_m(&east) - 85.3).abs() < 0.1);
        assert!(west.distance_m(&west).abs() < f64::EPSILON);
    }
}
