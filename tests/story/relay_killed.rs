//! The relay is killed with SIGKILL while it acknowledges. Nothing that was acknowledged is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch};
use satchel_core::net::SyncOptions;
use satchel_tests::field::Team;

/// Times the relay is killed.
const KILLS: usize = 5;

#[test]
fn nothing_acknowledged_is_lost() -> Result<()> {
    let mut team = Team::new()?;
    let (ann, manager) = (team.rep("Ann")?, team.manager("Wang Wei")?);
    let customers = ann.engine.of::<Customer>();
    let mut made = Vec::new();
    for round in 0..KILLS {
        for number in 0..40 {
            let name = Some(format!("Shop {round}-{number}"));
            made.push(customers.create(CustomerPatch {
                name,
                ..CustomerPatch::default()
            })?);
        }
        // Ann pushes without end while the relay dies under her.
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| -> Result<()> {
            let pushing = scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    // The error is the point: the relay is gone in the middle of it.
                    drop(
                        ann.runtime()
                            .block_on(ann.client.sync(&ann.engine, SyncOptions::default())),
                    );
                }
            });
            let before = ann.engine.sync_status()?.pending;
            let begun = Instant::now();
            // Killed as soon as something of this round was acknowledged (or after a while, before anything was).
            while ann.engine.sync_status()?.pending == before && begun.elapsed() < Duration::from_secs(20) {
                std::thread::yield_now();
            }
            team.relay.kill()?;
            stop.store(true, Ordering::SeqCst);
            ensure!(pushing.join().is_ok(), "the phone panicked");
            Ok(())
        })?;
        let acknowledged: Vec<_> = {
            let mut clean = Vec::new();
            for id in &made {
                if ann.engine.get((*id).into())?.is_some_and(|record| !record.pending) {
                    clean.push(*id);
                }
            }
            clean
        };
        ensure!(!acknowledged.is_empty(), "nothing was acknowledged before the kill");
        team.relay.restart()?;
        manager.sync()?;
        for id in acknowledged {
            ensure!(manager.has(id)?, "{id} was acknowledged and is lost");
        }
    }
    ann.sync()?;
    manager.sync()?;
    assert_eq!(manager.records()?, made.len() as u64);
    assert_eq!(manager.engine.sync_status()?.agreed, Some(true));
    Ok(())
}
