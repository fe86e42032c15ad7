//! One device, as the app uses it: the engine over a real database.

#![expect(clippy::unwrap_used, reason = "what the tests share fails like the tests")]

#[path = "device/change.rs"]
mod change;
#[path = "device/earn.rs"]
mod earn;
#[path = "device/forget.rs"]
mod forget;
#[path = "device/look.rs"]
mod look;
#[path = "device/observe.rs"]
mod observe;
#[path = "device/pack.rs"]
mod pack;
#[path = "device/rebuild.rs"]
mod rebuild;
#[path = "device/same.rs"]
mod same;

use std::path::PathBuf;
use std::sync::Arc;

use satchel_core::clock::{ManualClock, SeededEntropy};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch};
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DeviceId, MemberId, OrgId};
use satchel_core::policy::Role;
use tempfile::TempDir;

/// 2026-03-02T01:00:00Z: nine in the morning in Shanghai.
const MORNING_MS: i64 = 1_772_413_200_000;

/// A rep's phone.
struct Phone {
    dir: TempDir,
    clock: Arc<ManualClock>,
    engine: Engine,
}

impl Phone {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(MORNING_MS));
        let engine = open(&dir.path().join("device.db"), &clock);
        engine.enrol(&me(Role::Rep)).unwrap();
        Self { dir, clock, engine }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("device.db")
    }

    fn customer(&self, name: &str) -> CustomerId {
        self.clock.advance_ms(1000);
        let patch = CustomerPatch {
            name: Some(name.to_owned()),
            ..CustomerPatch::default()
        };
        self.engine.of::<Customer>().create(patch).unwrap()
    }
}

fn open(path: &std::path::Path, clock: &Arc<ManualClock>) -> Engine {
    let clock: Arc<ManualClock> = Arc::clone(clock);
    let options = Options {
        clock,
        entropy: Arc::new(SeededEntropy::new(7)),
        ..Options::new("Asia/Shanghai")
    };
    Engine::open(path, options).unwrap()
}

fn me(role: Role) -> Identity {
    Identity {
        org: OrgId::from_bytes([1; 16]),
        member: MemberId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([3; 16]),
        role,
    }
}
