//! Many fresh seeds, for a while, and what came of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::world::Counts;
use crate::{add, run, seed};

/// What a hunt did.
struct Sitting {
    first: u64,
    runs: u64,
    failed: Vec<u64>,
    counts: Counts,
    took: Duration,
    /// Processor time of this process: on a busy machine a sitting is worth less than its minutes say.
    worked_s: u64,
}

/// Plays fresh seeds for so many minutes, prints the story of each that fails, and writes what it did to `report`, as
/// TOML. Returns the seeds that failed.
pub(crate) fn hunt(minutes: u64, report: Option<&str>) -> Vec<u64> {
    let began = Instant::now();
    let until = began + Duration::from_secs(minutes * 60);
    let mut sitting = Sitting {
        first: seed::fresh(),
        runs: 0,
        failed: Vec::new(),
        counts: BTreeMap::new(),
        took: Duration::ZERO,
        worked_s: 0,
    };
    let worked_s = worked_s();
    while Instant::now() < until {
        let seed = sitting.first + sitting.runs;
        match run(seed, None) {
            Ok((counts, _)) => add(&mut sitting.counts, counts),
            Err(error) => {
                println!("{error}");
                sitting.failed.push(seed);
            }
        }
        sitting.runs += 1;
        if sitting.runs.is_multiple_of(50) {
            println!("{} runs, {} failed", sitting.runs, sitting.failed.len());
        }
    }
    sitting.took = began.elapsed();
    sitting.worked_s = self::worked_s() - worked_s;
    let text = sitting.toml();
    println!("{text}");
    if let Some(report) = report {
        std::fs::write(report, text).unwrap();
    }
    sitting.failed
}

/// Processor time that this process has had, in seconds.
fn worked_s() -> u64 {
    u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap()
}

impl Sitting {
    fn toml(&self) -> String {
        let seconds = self.took.as_secs().max(1);
        let count = |what: &str| self.counts.get(what).copied().unwrap_or(0);
        let (days, steps) = (count("simulated days"), count("steps"));
        let faults: u64 = crate::fault_names().map(count).sum();
        let mut text = format!(
            "minutes = {}\ncpu_seconds = {}\nfirst_seed = {}\nruns = {}\nruns_per_second = {}.{:02}\nsteps = {steps}\nsimulated_days = {days}\nfaults = {faults}\nviolations = {:?}\n",
            seconds.div_ceil(60),
            self.worked_s,
            self.first,
            self.runs,
            self.runs / seconds,
            self.runs * 100 / seconds % 100,
            self.failed,
        );
        text.push_str("[sitting.by_kind]\n");
        for name in crate::fault_names() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:?} = {}", count(name));
        }
        text
    }
}
