//! The demo: a small sales team, its phones and its relay through one working day on a real customer list.
//!
//! The script acts; what is printed is read back from a phone or from the relay. Where two of them say different things,
//! both are printed and the demo fails.

mod agreement;
mod calendar;
mod cast;
mod conflict;
mod day;
mod desk;
mod evening;
mod finding;
mod history;
mod list;
mod paper;
mod record;
mod scene;
mod tongue;
mod walk;

use std::path::PathBuf;

use anyhow::{Context, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;
use satchel_core::clock::{Clock as _, SystemClock};

use calendar::Calendar;
use cast::Cast;
use desk::{Desk, Office};
use paper::Paper;

/// How the demo runs.
#[derive(Debug)]
pub struct Arguments {
    /// End the relay and remove its files afterwards.
    pub exit: bool,
    /// Everything random in the day comes from it.
    pub seed: u64,
    /// The list of orders from which the customers are taken.
    pub data: PathBuf,
}

/// Plays the day; whether everybody agreed in the evening.
///
/// # Errors
/// Where something cannot be started, written or read.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let orders = std::fs::read(&arguments.data)
        .with_context(|| format!("the list of orders at {}", arguments.data.display()))?;
    let mut paper = Paper::default();
    let mut rng = StdRng::seed_from_u64(arguments.seed);

    paper.headline("The team 团队");
    let office = Office::open()?;
    let calendar = Calendar::from(SystemClock.now())?;
    let cast = Cast::enrol(&office, calendar)?;
    let desk = Desk::of(&office)?;
    paper.line(format!("Seed {} · relay at {}", arguments.seed, office.relay.url()));
    cast.introduce(&mut paper, &desk)?;

    paper.headline("The customer list 客户名单");
    let template = list::publish_process(&cast.admin)?;
    list::import(&mut paper, &cast.admin, &orders)?;
    list::hand_out(&mut paper, &cast, &desk)?;

    paper.headline("The year before 过去一年");
    let planted = history::write(&mut paper, &cast, calendar, &mut rng, &orders)?;

    let scenes = scene::prepare(&cast, &desk, template)?;
    day::play(&mut paper, &cast, &desk, &mut rng, &scenes)?;
    conflict::show(&mut paper, &cast, &desk, &scenes)?;
    conflict::settle(&mut paper, &cast, &scenes)?;
    evening::look(&mut paper, &cast)?;
    agreement::check(&mut paper, &cast, &desk, &scenes)?;
    finding::show(&mut paper, &cast, &desk, &planted)?;

    let agreed = paper.verdict();
    if arguments.exit {
        office.close()?;
    } else {
        let manager = &cast.managers[0].phone;
        let member = manager.member;
        let secret = desk.new_key(member, "demo: for the curious")?;
        drop(cast);
        office.leave(&mut paper, &member.to_string(), &secret)?;
    }
    Ok(agreed)
}
