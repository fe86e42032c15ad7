//! One device, as the app uses it: the engine over a real database.

#![expect(clippy::unwrap_used, reason = "what the tests share fails like the tests")]

#[path = "device/change.rs"]
mod change;
#[path = "device/delta.rs"]
mod delta;
#[path = "device/earn.rs"]
mod earn;
#[path = "device/forget.rs"]
mod forget;
#[path = "device/list.rs"]
mod list;
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
#[path = "device/two.rs"]
mod two;

use std::path::PathBuf;
use std::sync::Arc;

use satchel_core::clock::{ManualClock, SeededEntropy};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch};
use satchel_core::engine::{Engine, Identity, Options};
use satchel_core::ids::{DeviceId, MemberId, OrgId};
use satchel_core::policy::Role;
use satchel_core::wire::{self, Frame, Hello, Point, Push, Receipt, ReceiptState, Welcome};
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

/// An exchange that is answered by hand: what `rest` makes of the request follows on the relay's welcome.
fn answered(engine: &Engine, rest: impl FnOnce(Hello, Vec<Push>) -> Vec<Frame>) {
    let (mut ongoing, request) = engine.begin_exchange(0).unwrap();
    let (mut hello, mut pushes) = (None, Vec::new());
    for frame in wire::decode(&request).unwrap() {
        match frame {
            Frame::Hello(told) => hello = Some(told),
            Frame::Push(push) => pushes.push(push),
            _ => {}
        }
    }
    let hello = hello.unwrap();
    let welcome = Welcome {
        exchange: hello.exchange,
        clock_s: 0,
        token_s: 900,
        new_epoch: None,
        revoked: None,
        features: None,
    };
    let answer: Vec<Frame> = std::iter::once(welcome.into()).chain(rest(hello, pushes)).collect();
    ongoing.receive(&wire::encode(&answer).unwrap()).unwrap();
}

/// What a relay answers to a push that it let in.
fn let_in(push: Push, readable: bool) -> Frame {
    let receipt = Receipt {
        id: push.id,
        state: ReceiptState::Ok,
        code: None,
        heads: push.heads,
        point: Point::default(),
        readable,
    };
    receipt.into()
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
